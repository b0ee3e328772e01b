"""Top line, key line, message line, filter line, text pane."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.containers import Vertical

from support.stage import Stage, lines, on_stage
from tarmac.widgets.filter_line import FilterLine
from tarmac.widgets.key_line import fitting
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.message_line import MessageLine
from tarmac.widgets.rows import Cell, Column, Tone
from tarmac.widgets.text_pane import TextPane
from tarmac.widgets.top_line import TopLine


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (
            120,
            "tarmac · ml-dev @ acme 1 Datasets 2 Destination [3 Review] 4 Runs 5 Flows ● signed in · 14:02 UTC",
        ),
        (82, "ml-dev @ acme 1 Datasets 2 Destination [3 Review] 4 Runs 5 Flows ● signed in"),
        (60, "ml-dev @ acme 1 2 [3 Review] 4 5 ● signed in"),
        (30, "ml-… 1 2 [3 Review] 4 5 ● si…"),
    ],
)
async def test_the_top_line_gives_way_in_order(width: int, expected: str) -> None:
    line = TopLine("review")
    async with on_stage(line, (width, 3)) as pilot:
        line.tell("ml-dev @ acme", "● signed in", Tone.GOOD, "14:02 UTC")
        await pilot.pause()
        assert lines(pilot)[0].split() == expected.split()
        assert len(lines(pilot)[0]) <= width


async def test_telling_the_top_line_the_same_draws_nothing() -> None:
    class Counting(TopLine):
        drawn = 0

        def render(self) -> object:  # type: ignore[override]
            self.drawn += 1
            return super().render()

    line = Counting("runs")
    async with on_stage(line) as pilot:
        line.tell("a", "● signed in", Tone.GOOD, "14:02 UTC")
        await pilot.pause()
        drawn = line.drawn
        line.tell("a", "● signed in", Tone.GOOD, "14:02 UTC")
        await pilot.pause()
        assert line.drawn == drawn


KEYS = "r: read again · p: profiles, and e there to edit one"
ASKED = "GET /data/foundation/flowservice/connectionSpecs/23598e46-f560-407b-88d5-ea6207e49db0/configs"


@pytest.mark.parametrize("cause", ["Boom: inner", "the gateway in front of it gave up after a while " * 6])
@pytest.mark.parametrize("width", [80, 120])
async def test_the_middle_of_a_long_message_is_left_out_not_the_next_key(cause: str, width: int) -> None:
    line = MessageLine()
    async with on_stage(line, (width, 8)) as pilot:
        line.say(f"{ASKED} was refused with 500: {cause.strip()}. Try again in a few minutes. {KEYS}")
        await pilot.pause()
        shown = " ".join(" ".join(lines(pilot)).split())
        assert shown.startswith("GET /data/")
        assert "was refused with 500: " in shown
        assert shown.endswith((f". Try again in a few minutes. {KEYS}", f"… Try again in a few minutes. {KEYS}"))
        assert "Boom" in shown or cause not in shown
        assert line.size.height <= 3


async def test_a_message_of_one_long_sentence_is_cut_at_its_end() -> None:
    line = MessageLine()
    async with on_stage(line, (40, 8)) as pilot:
        line.say("word " * 60)
        await pilot.pause()
        assert len([each for each in lines(pilot) if each]) == 3
        assert lines(pilot)[2].endswith("…")


def test_the_key_line_drops_from_the_right_but_keeps_help() -> None:
    pairs = (("enter", "destination"), ("space", "mark"), ("/", "find"), ("?", "help"))
    assert fitting(pairs, 80) == list(pairs)
    assert fitting(pairs, 40) == [pairs[0], pairs[1], pairs[3]]
    assert fitting(pairs, 10) == [pairs[3]]


async def test_a_long_notice_takes_a_second_line_and_gives_it_back() -> None:
    line = MessageLine()
    async with on_stage(Vertical(line), (40, 6)) as pilot:
        line.say("The platform refused the request: no right to export. Ask for the permission Manage Destinations.")
        await pilot.pause()
        assert line.size.height == 3
        assert "Manage" in "\n".join(lines(pilot))
        line.say("")
        await pilot.pause()
        assert line.size.height == 1


async def test_a_notice_is_text_not_markup() -> None:
    line = MessageLine()
    async with on_stage(line, (60, 3)) as pilot:
        line.say("dataset [bold]x[/bold] \x1b[31m is gone")
        await pilot.pause()
        assert lines(pilot)[0] == " dataset [bold]x[/bold] [31m is gone"


class Finding(Stage):
    """A list and its filter line."""

    def compose(self) -> ComposeResult:
        yield LineTable((Column("a", "A"),), id="list")
        yield FilterLine()

    def on_filter_line_changed(self, message: FilterLine.Changed) -> None:
        self.said.append(message.text)

    def on_filter_line_left(self, message: FilterLine.Left) -> None:
        self.query_one(LineTable).focus()


def is_shown(line: FilterLine) -> bool:
    return bool(line.display)


async def test_the_filter_line_tells_every_key_and_gives_the_keys_back() -> None:
    async with Finding(LineTable(())).run_test(size=(60, 10)) as pilot:
        app = pilot.app
        assert isinstance(app, Finding)
        line = app.query_one(FilterLine)
        assert not is_shown(line)
        line.open()
        await pilot.pause()
        await pilot.press(*"ch")
        assert (app.said, line.text) == (["c", "ch"], "ch")
        await pilot.press("enter")
        assert app.query_one(LineTable).has_focus
        assert is_shown(line)
        line.open()
        await pilot.press("x", "escape")
        assert app.said[-1] == ""
        assert not is_shown(line)
        assert app.query_one(LineTable).has_focus


async def test_a_text_pane_wraps_scrolls_and_says_where_it_is() -> None:
    pane = TextPane([f"line {at}" for at in range(30)], title="Details")
    async with on_stage(pane, (40, 11)) as pilot:
        assert lines(pilot)[0] == " Details".ljust(32) + "1-10/30"
        await pilot.press("pagedown", "j")
        assert lines(pilot)[1] == " line 10"
        await pilot.press("G")
        assert lines(pilot)[10] == " line 29"
        pane.show([Cell("a word " * 12, Tone.BAD), "end"])
        await pilot.pause()
        text = [line for line in lines(pilot)[1:] if line]
        assert len(text) == 4
        assert text[-1] == " end"
        assert " ".join(text[:-1]).split() == ["a", "word"] * 12
