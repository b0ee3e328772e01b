"""Whatever is painted, in whatever order and size: what the driver sends leaves the screen that whole frames would leave."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from support.link_screen import LinkScreen
from tarmac.driver import FrameDriver
from tarmac.terminal_writer import TerminalWriter

# So small that most pieces meet others.
SIZE = (14, 3)
SYNC = ("\x1b[?2026h", "\x1b[?2026l")
STYLES = (
    *("", "", "", "1", "1;48;5;17", "2", "7", "9", "1;2", "4;31", "21", "53", "48;5;17", "1;97;104", "3;5;8"),
    *("2;38;5;231", "38;5;231;48;5;17", "1;3;38;2;10;20;30;48;2;1;2;3"),
)
LINKS = ("", "", "", "https://example.com/a", "https://example.com/b?x=1&y=@", "file:///tmp/r%C3%A9sum%C3%A9")
TEXTS = (
    *(
        "a",
        "b",
        "ab",
        "ba",
        " ",
        "  ",
        "total  104,200",
        "dataset_00001",
        "dataset_00002",
        "        ",
        "─┐│",
        "ok ▸",
        "…",
    ),
    *("顧客", "漢", "a字b", "데이터", "é́", "nai\u0308ve", "לקוחות\u200e", "لقمة\u200e", "a\u0301"),
    *("👩‍🔬", "👍🏽", "🇩🇪", "❤️ ", "\u0301first", "✔ rows"),
)


class Sent:
    """In place of the writer: what reaches the terminal. `is_behind` as if nobody read."""

    def __init__(self) -> None:
        self.data: list[str] = []
        self.is_behind = False

    def takes_frame(self) -> bool:
        return not self.is_behind

    def write(self, text: str, *, must: bool = False) -> None:
        self.data.append(text)

    def take(self) -> str:
        text = "".join(self.data)
        self.data.clear()
        return text


class Driven:
    """A driver without a terminal, in an app of some size."""

    def __init__(self, size: tuple[int, int] = SIZE, driver: type[FrameDriver] = FrameDriver) -> None:
        self.driver = driver.__new__(driver)
        self.sent = Sent()
        self.driver._writer = cast("TerminalWriter", self.sent)
        self.resize(*size)

    def resize(self, columns: int, rows: int) -> None:
        app = SimpleNamespace(size=SimpleNamespace(width=columns, height=rows))
        self.driver._app = cast("object", app)  # type: ignore[assignment]  # all of it that the driver asks

    def send(self, *pieces: str) -> str:
        for piece in pieces:
            self.driver.write(piece)
        return self.sent.take()


Piece = tuple[int, int, str, str, str]
PIECES = st.lists(
    st.tuples(
        st.sampled_from((0, 0, 0, 1, 2, 2, 4, 6, 9, 12, 13)),
        st.sampled_from((0, 0, 0, 1, 2)),
        st.lists(st.sampled_from(TEXTS), min_size=1, max_size=2).map("".join),
        st.sampled_from(STYLES),
        st.sampled_from(LINKS),
    ),
    min_size=1,
    max_size=6,
)
FRAME = st.tuples(st.just("frame"), PIECES, st.booleans())
RESIZE = st.tuples(st.just("resize"), st.sampled_from((4, 9, 14, 20)), st.sampled_from((1, 3, 4)))
OTHER = st.tuples(st.just("other"), st.sampled_from(["\x1b[?25l", "\x1b]2;title\x07", "\x07", "\x1b[22;2t"]))
FORGET = st.tuples(st.just("forget"))


def painted(pieces: list[Piece], size: tuple[int, int], ids: list[int]) -> str:
    """Write as Textual does: position, link with a number of its own, colours, text, reset, end of the link."""
    out = []
    for x, y, text, style, link in pieces:
        if y >= size[1] or x + sum(map(cell_len, text)) > size[0]:
            continue
        inside = f"\x1b[{style}m{text}\x1b[0m" if style else text
        if link:
            ids.append(len(ids))
            inside = f"\x1b]8;id={len(ids)}-7;{link}\x1b\\{inside}\x1b]8;;\x1b\\"
        out.append(f"\x1b[{y + 1};{x + 1}H{inside}")
    return "".join(out)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(FRAME, FRAME, FRAME, FRAME, RESIZE, OTHER, FORGET), min_size=2, max_size=12))
def test_the_screen_is_that_of_whole_frames(steps: list[tuple[object, ...]]) -> None:
    driven, size, ids = Driven(), SIZE, list[int]()
    whole, changed = LinkScreen(*SIZE), LinkScreen(*SIZE)
    for step in steps:
        if step[0] == "frame":
            frame = painted(cast("list[Piece]", step[1]), size, ids)
            if not frame:
                continue
            pieces = (SYNC[0], frame, SYNC[1]) if step[2] else (frame,)
            assert whole.show(frame) == changed.show(driven.send(*pieces))
            assert changed.link == "", "what comes next is no part of a link"
        elif step[0] == "resize":
            size = cast("tuple[int, int]", step[1:])
            driven.resize(*size)
            if driven.driver.painted_size == size:  # back before anything was painted: the app has all painted again
                driven.driver.forget_screen()
            for screen in (whole, changed):
                screen.resize(size[1], size[0])
        elif step[0] == "forget":
            driven.driver.forget_screen()
        else:
            assert driven.send(str(step[1])) == step[1]


def test_wide_text_costs_nothing_again_and_is_sent_in_one_piece_when_it_changed() -> None:
    driven = Driven()
    driven.send(painted([(0, 0, "顧客 1 é́", "1", "")], SIZE, []))
    assert driven.send(painted([(0, 0, "顧客 1 é́", "1", "")], SIZE, [])) == ""
    # A terminal may count these otherwise than we do: a cell in the middle could be another one there.
    assert driven.send(painted([(0, 0, "顧客 2 é́", "1", "")], SIZE, [])).endswith("顧客 2 é́")


def test_a_frame_that_did_not_change_costs_nothing_links_or_not() -> None:
    driven = Driven()
    pieces: list[Piece] = [(0, 1, "see ", "1", ""), (4, 1, "docs", "4", LINKS[3]), (8, 1, " more", "", "")]
    first = driven.send(painted(pieces, SIZE, []))
    # Rich numbers a link anew with every style: another number is no change.
    assert driven.send(painted(pieces, SIZE, [1, 2, 3])) == ""
    assert first.count(LINKS[3]) == 1
    assert first.endswith(" more")
    assert first.index("\x1b]8;;\x1b\\") < first.index(" more"), "closed before the cell behind it"


def test_a_changed_cell_of_a_link_is_a_link_again_and_closed() -> None:
    driven = Driven()
    driven.send(painted([(0, 0, "run 1 docs", "", LINKS[3])], SIZE, []))
    changed = driven.send(painted([(0, 0, "run 2 docs", "", LINKS[3])], SIZE, []))
    assert changed == f"\x1b[1;5H\x1b]8;;{LINKS[3]}\x1b\\2\x1b]8;;\x1b\\"
    gone = driven.send(painted([(0, 0, "run 2 docs", "", "")], SIZE, []))
    assert gone.endswith("run 2 docs")
    assert LINKS[3] not in gone
    other = driven.send(painted([(0, 0, "run", "", LINKS[4])], SIZE, []))
    assert LINKS[4] in other


@pytest.mark.parametrize(
    "name",
    [
        "x\x1b]2;owned\x07",
        "x\x1b]52;c;b3duZWQ=\x07",
        "x\x1b[2J",
        "x\x9b2J",
        "x\x9d2;owned\x9c",
        "x\x07\x05\x0e",
        "x\x1bc",
        "x\x1b]8;;https://evil.example\x1b\\y",
        "x\rroot# ",
        'x\x1bP$q"p\x1b\\',
        "x\x1b_G\x1b\\",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("where", ["text", "address"])
def test_no_text_commands_the_terminal(name: str, where: str) -> None:
    """Names are made plain long before; were one not, it still could do nothing but look odd."""
    driven = Driven((80, 6))
    text, link = (name, "") if where == "text" else ("docs", f"https://example.com/{name}")
    sent = driven.send(painted([(0, 0, "before ", "1", ""), (10, 2, text, "4", link)], (80, 6), []))
    allowed = without_paint(sent)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in allowed), repr(sent)
    screen = LinkScreen(80, 6)
    shown = screen.show(sent)
    assert screen.titles == []
    assert screen.link == ""
    assert [str(getattr(cell, "data", "")) for cell, _ in shown[0][:6]] == list("before")


def without_paint(data: str) -> str:
    """What is left when colours, positions and whole links are taken away."""
    return re.sub(r"\x1b\[[\d;]*[mHCG]|\x1b\]8;[^;\x00-\x1f\x80-\x9f]*;[^\x00-\x1f\x80-\x9f]*\x1b\\|\n", "", data)


def test_what_textual_says_besides_painting_is_handed_on() -> None:
    driven = Driven()
    for said in ("\x1b[?1049h", "\x1b[?2004l", "\x1b[<u", "\x1b[>25u", "\x1b]52;c;aGk=\x07", "\x07", "\x1b[2 q"):
        assert driven.send(said) == said


def test_frames_that_nobody_takes_are_not_sent_and_the_next_is_whole() -> None:
    driven = Driven()
    whole = LinkScreen(*SIZE)
    first = painted([(0, 0, "one", "1", ""), (0, 1, "two", "", "")], SIZE, [])
    whole.show(first)
    terminal = LinkScreen(*SIZE)
    terminal.show(driven.send(first))
    driven.sent.is_behind = True
    assert driven.send(SYNC[0], painted([(0, 0, "ONE", "1", "")], SIZE, []), SYNC[1]) == ""
    assert driven.send("\x07", "\x1b]2;run ended\x07") == "\x07\x1b]2;run ended\x07", "calls are no frames"
    driven.sent.is_behind = False
    again = painted([(0, 0, "ONE", "1", ""), (0, 1, "two", "", "")], SIZE, [])
    sent = driven.send(again)
    assert "two" in sent, "nobody knows what the terminal shows"
    assert terminal.show(sent) == whole.show(again)


def test_a_frame_before_there_is_a_terminal_is_nobodys() -> None:
    driven = Driven()
    driven.driver._writer = None
    assert driven.send("\x1b[1;1Hx") == ""
