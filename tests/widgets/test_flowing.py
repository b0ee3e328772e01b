"""Cells beside each other, broken where they are wider than the screen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tarmac.widgets.flowing import flowed
from tarmac.widgets.lines import width_of
from tarmac.widgets.rows import Cell, Tone

CELLS = st.lists(
    st.builds(Cell, st.text(alphabet="ab 顧é", max_size=40), st.sampled_from(list(Tone))), min_size=1, max_size=4
)


def texts(lines: list[tuple[Cell, ...]]) -> list[str]:
    return ["".join(cell.text for cell in line) for line in lines]


def test_further_lines_begin_below_the_second_cell() -> None:
    lines = flowed((Cell("Tags    ", Tone.DIM), Cell("adobe/pqs/table: web_events; format: delta")), 35)
    assert texts(lines) == ["Tags    adobe/pqs/table:", "        web_events; format: delta"]
    assert lines[0][0] == Cell("Tags    ", Tone.DIM)


def test_a_first_cell_that_takes_most_of_the_line_indents_nothing() -> None:
    assert texts(flowed((Cell("a long name of a thing: "), Cell("and what it is")), 30)) == [
        "a long name of a thing: and",
        "what it is",
    ]


def test_one_cell_keeps_its_own_blanks_before_each_line() -> None:
    assert texts(flowed((Cell("  one two three"),), 9)) == ["  one two", "  three"]


def test_what_fits_stays_as_it_is() -> None:
    cells = (Cell("✔ ", Tone.GOOD), Cell("arrived  well "))
    assert flowed(cells, 20) == [cells]


@given(CELLS, st.integers(20, 60))
def test_nothing_is_lost_and_nothing_is_too_wide(cells: list[Cell], width: int) -> None:
    lines = texts(flowed(cells, width))
    assert all(width_of(line.rstrip()) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(cell.text for cell in cells).replace(" ", "")
