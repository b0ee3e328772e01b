from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tarmac.services.plans.marker import destination_marker, export_marker, marked_name, read_marker


def test_the_same_wish_finds_the_same_name_anywhere() -> None:
    assert export_marker("ORG@AdobeOrg", "ml-dev", "churn") == export_marker("ORG@AdobeOrg", "ml-dev", "churn")


@given(st.lists(st.tuples(st.text(), st.text(), st.text()), min_size=2, max_size=2, unique=True))
def test_other_wishes_have_other_markers(pair: list[tuple[str, str, str]]) -> None:
    assert export_marker(*pair[0]) != export_marker(*pair[1])
    assert destination_marker(*pair[0]) != export_marker(*pair[0])


@given(label=st.text(), export=st.text())
def test_names_hold_nothing_that_a_filter_or_a_terminal_could_misread(label: str, export: str) -> None:
    marker = export_marker("o", "s", export)
    name = marked_name(label, marker)
    assert name.isascii()
    assert name.isprintable()
    assert not set(name) & set(",&=<>~!\"'")
    found = read_marker(name)
    assert found is not None
    assert found[1] == marker
