"""A frame and its difference must leave the same screen; the difference must be small."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st

from tarmac.frames import FrameDiff, transition

COLUMNS, ROWS = 20, 5
STYLES = [
    "",
    "1",
    "2;38;5;231",
    "38;5;231;48;5;17",
    "1;3;38;2;10;20;30;48;2;1;2;3",
    "7",
    "4;31",
    "48;5;17",
    "1;97;104",
    "2",
    "9",
]

TEXT = st.text(st.sampled_from("abc  ▸é漢字x\u0301"), min_size=1, max_size=8)
PIECE = st.tuples(st.integers(0, COLUMNS - 1), st.integers(0, ROWS - 1), TEXT, st.sampled_from(STYLES))


def write(x: int, y: int, text: str, style: str) -> str:
    """Write a piece as Textual's compositor does: position, colours, text, reset."""
    return f"\x1b[{y + 1};{x + 1}H" + (f"\x1b[{style}m{text}\x1b[0m" if style else text)


def fits(x: int, text: str) -> bool:
    return x + sum(2 if char in "漢字" else 1 for char in text if char != "\u0301") <= COLUMNS


def shown(data: str, screen: pyte.Screen) -> list[list[object]]:
    pyte.Stream(screen).feed(data)
    return [[screen.buffer[y][x] for x in range(COLUMNS)] for y in range(ROWS)]


@given(st.lists(st.lists(PIECE, min_size=1, max_size=6), min_size=1, max_size=6))
def test_the_screen_is_the_same_as_if_all_had_been_sent(frames: list[list[tuple[int, int, str, str]]]) -> None:
    diff = FrameDiff()
    diff.resize(COLUMNS, ROWS)
    whole, changed = pyte.Screen(COLUMNS, ROWS), pyte.Screen(COLUMNS, ROWS)
    for pieces in frames:  # Textual goes down the lines, a line feed between them
        # Textual never cuts a wide character in two, so neither do these frames: each writes its lines from the start.
        lines = {y: (text, style) for _, y, text, style in pieces if text[0] != "\u0301" and fits(0, text)}
        frame = "\n".join(
            write(0, y, text.ljust(COLUMNS - text.count("漢") - text.count("字")), s)
            for y, (text, s) in sorted(lines.items())
        )
        if not frame:
            continue
        answer = diff.update(frame)
        assert answer is not None
        assert shown(frame, whole) == shown(answer, changed)


@given(
    st.lists(
        st.tuples(
            st.integers(0, COLUMNS - 1),
            st.integers(0, ROWS - 1),
            st.text("ab ", min_size=1, max_size=9),
            st.sampled_from(STYLES),
        ),
        max_size=40,
    )
)
def test_pieces_anywhere_leave_the_same_screen(pieces: list[tuple[int, int, str, str]]) -> None:
    diff = FrameDiff()
    diff.resize(COLUMNS, ROWS)
    whole, changed = pyte.Screen(COLUMNS, ROWS), pyte.Screen(COLUMNS, ROWS)
    for x, y, text, style in pieces:
        if not fits(x, text):
            continue
        frame = write(x, y, text, style)
        answer = diff.update(frame)
        assert answer is not None
        assert shown(frame, whole) == shown(answer, changed)


def test_the_same_frame_again_costs_nothing() -> None:
    diff = FrameDiff()
    diff.resize(COLUMNS, ROWS)
    frame = write(0, 0, "dataset_00001  ok", "1;38;5;231")
    assert diff.update(frame)
    assert diff.update(frame) == ""


def test_one_changed_cell_costs_one_cell() -> None:
    diff = FrameDiff()
    diff.resize(COLUMNS, ROWS)
    diff.update(write(0, 2, "dataset_00001  ok", "1;38;5;231"))
    answer = diff.update(write(0, 2, "dataset_00002  ok", "1;38;5;231"))
    assert answer == "\x1b[3;13H2"


def test_what_is_not_known_is_not_touched() -> None:
    diff = FrameDiff()
    diff.resize(COLUMNS, ROWS)
    for strange in ("\x1b[?1049h", "\x1b]52;c;aGk=\x07", "\x1b[2J", "\x1b[1;1Hab\tc", "\x1b[1;19Htoo long"):
        assert diff.update(strange) is None


def test_after_forgetting_all_is_sent_again() -> None:
    diff = FrameDiff()
    diff.resize(COLUMNS, ROWS)
    frame = write(0, 0, "abc", "1")
    first = diff.update(frame)
    diff.forget()
    assert diff.update(frame) == first


def test_style_steps_are_short() -> None:
    assert transition("38;5;231;48;5;17", "38;5;240;48;5;17") == "\x1b[38;5;240m"
    assert transition("1;38;5;231", "38;5;231") == "\x1b[22m"
    assert transition("1;31", "") == "\x1b[m"
    assert transition("1;31;48;5;17", "1;31") == "\x1b[49m"
    assert transition("1;31;48;5;17", "1;48;5;17") == "\x1b[39m"


def test_where_the_cursor_is_counts_for_nothing_behind_what_may_be_counted_otherwise() -> None:
    for before in ("漢", "e\u0301", "👩‍🔬"):
        diff = FrameDiff()
        diff.resize(COLUMNS, ROWS)
        diff.update(write(0, 0, "ab", ""))
        if diff.update(write(0, 1, before, "")) is None:
            diff.forget()
        assert (diff.update(write(2, 1, "c", "")) or "").startswith("\x1b[2;3H")
        diff.forget()
        assert (diff.update(write(3, 1, "c", "")) or "").startswith("\x1b[2;4H")


def test_where_the_width_is_not_known_the_whole_frame_is_sent() -> None:
    diff = FrameDiff()
    diff.resize(COLUMNS, ROWS)
    for joined in ("👩‍👩‍👧 family", "\u2764\ufe0f heart", "🇩🇪 flag", "\u0301 alone"):
        assert diff.update(write(0, 0, joined, "1")) is None


def test_columns_hold_where_ambiguous_characters_are_wide() -> None:
    diff = FrameDiff(counts_ambiguous=False)
    diff.resize(COLUMNS, ROWS)
    assert diff.update(write(0, 1, "a…b", "")) == "\x1b[2;1H\x1b[ma…\x1b[3Gb"
    assert diff.update(write(0, 1, "a…c", "")) == "\x1b[2;3Hc"
