"""Text in cells, columns in a width, the arithmetic of what is in view."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tarmac.widgets.hanging import paragraphs
from tarmac.widgets.lines import aligned, cut, fitted, middle_cut, wrapped
from tarmac.widgets.rows import Column, Row, RowList, laid_out, safe
from tarmac.widgets.viewport import Viewport

COLUMNS = (
    Column("name", "NAME", min_width=20, weight=3),
    Column("rows", "ROWS", width=12, right=True),
    Column("when", "WHEN", width=16, drop=1),
    Column("by", "BY", min_width=10, weight=1, drop=2),
)


@given(st.text(max_size=30), st.integers(0, 40))
def test_fitted_text_takes_exactly_the_width(text: str, width: int) -> None:
    assert cell_len(fitted(safe(text), width)) == width


@given(st.text(max_size=30), st.integers(1, 40), st.booleans())
def test_aligned_text_takes_exactly_the_width(text: str, width: int, right: bool) -> None:
    assert cell_len(aligned(safe(text), width, right=right)) == width


@given(st.text(max_size=60), st.integers(0, 40))
def test_a_middle_that_is_left_out_leaves_exactly_the_width(text: str, width: int) -> None:
    assert cell_len(middle_cut(safe(text), width)) == width


def test_what_is_left_of_a_long_name_is_its_start_and_its_end() -> None:
    assert middle_cut("part-00000-tid-4368692925634810075-c000.gz.parquet", 30) == "part-00000-tid-436….gz.parquet"
    assert middle_cut("short", 12) == "short       "


def test_wide_signs_are_cut_by_cells_not_by_characters() -> None:
    assert cell_len(fitted("顧客データ", 6)) == 6
    assert fitted("顧客データ", 5) == "顧客…"
    assert aligned("顧客", 6, right=True) == "  顧客"
    assert cut("顧客", 6) == "顧客"


@given(st.text(alphabet="ab 顧é", max_size=120), st.integers(5, 30))
def test_wrapped_text_keeps_its_words_and_the_width(text: str, width: int) -> None:
    pieces = wrapped(text, width)
    assert all(cell_len(piece) <= width for piece in pieces)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")


def test_control_characters_never_reach_a_line() -> None:
    assert safe("a\x1b[31mb\nc\u202e") == "a[31mb c"


@pytest.mark.parametrize("width", [40, 60, 77, 117, 200])
def test_columns_fill_the_width_and_the_least_important_go_first(width: int) -> None:
    shown = laid_out(COLUMNS, width)
    keys = [column.key for _, column, _ in shown]
    assert sum(cells for *_, cells in shown) + 2 * (len(shown) - 1) == width
    expected = {40: ["name", "rows"], 60: ["name", "rows", "when"]}
    assert keys == expected.get(width, ["name", "rows", "when", "by"])


def test_a_column_stops_growing_at_its_largest_width() -> None:
    shown = laid_out((Column("a", "A", min_width=5, max_width=10), Column("b", "B", min_width=5)), 60)
    assert [cells for *_, cells in shown] == [10, 48]


@given(st.lists(st.tuples(st.sampled_from(["move", "to", "page", "count"]), st.integers(-40, 60)), max_size=40))
def test_the_cursor_is_always_in_view(steps: list[tuple[str, int]]) -> None:
    view = Viewport()
    view.count = 50
    view.resize(10)
    for what, by in steps:
        match what:
            case "move":
                view.move_to(view.cursor + by)
            case "to":
                view.move_to(by)
            case "page":
                view.resize(by)
            case _:
                view.count = max(0, by)
                view.move_to(view.cursor)
        if view.count and view.page:
            assert 0 <= view.cursor < view.count
            assert view.line_of(view.cursor) is not None
            assert 0 <= view.top <= max(0, view.count - view.page)


def test_leaving_the_view_turns_by_half_a_page() -> None:
    view = Viewport()
    view.count = 100
    view.resize(10)
    turns = sum(view.move_to(view.cursor + 1) for _ in range(99))
    assert turns <= 99 // 5 + 1


def test_rows_are_found_in_any_case_and_keep_their_keys() -> None:
    rows = RowList([Row("a", ("Churn Daily", "1")), Row("b", ("orders", "CHURN")), Row("c", ("clicks", "3"))])
    found = rows.containing("churn")
    assert [found.key(at) for at in range(len(found))] == ["a", "b"]
    assert found.index("b") == 1
    assert found.index("c") is None


@given(st.text(alphabet="abשלוםسمא 12", max_size=30), st.integers(1, 40), st.booleans())
def test_right_to_left_text_takes_exactly_the_width_too(text: str, width: int, right: bool) -> None:
    assert cell_len(aligned(safe(text), width, right=right)) == width


def test_right_to_left_names_leave_the_next_column_where_it_is() -> None:
    mark = "\N{LEFT-TO-RIGHT MARK}"
    assert fitted("לקוחות", 8) == f"לקוחות{mark}  "
    assert fitted("לקוחות חדשים", 8) == f"לקוחות {mark}…"
    assert aligned("عملاء", 8, right=True) == f"   عملاء{mark}"
    assert mark not in fitted("customers", 12)


def test_signs_of_a_name_that_turn_text_around_are_removed() -> None:
    assert safe("a\N{RIGHT-TO-LEFT OVERRIDE}txt.exe") == "atxt.exe"
    assert safe("x\N{LEFT-TO-RIGHT MARK}\N{FIRST STRONG ISOLATE}y\N{POP DIRECTIONAL ISOLATE}") == "xy"


def test_paragraphs_are_joined_and_indented_lines_stay() -> None:
    assert paragraphs("one\ntwo\n\nthree\n  code\n  more\nfour") == ["one two", "", "three", "  code", "  more four"]
    assert paragraphs("") == [""]


def test_the_lines_of_a_table_are_no_paragraph_and_are_broken_below_their_second_column() -> None:
    table = "queued, running   the platform has it\nlanded            files\n+ create   = reuse   ~ change"
    text = f"One that is\nbroken.\n\n{table}\nThe\nend."
    assert paragraphs(text) == [
        *("One that is broken.", ""),
        *(("queued, running   ", "the platform has it"), ("landed            ", "files")),
        *("+ create   = reuse   ~ change", "The end."),
    ]
