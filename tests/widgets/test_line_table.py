"""The table on screen: what it draws, and that it repaints no more than what changed."""

from __future__ import annotations

from typing import ClassVar

import pytest
from textual.geometry import Region

from support.stage import lines, on_stage
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.placed_columns import PlacedColumns
from tarmac.widgets.rows import Cell, Column, Row, RowList, Tone

COLUMNS = (
    Column("name", "NAME", min_width=20),
    Column("rows", "ROWS", width=10, right=True),
    Column("state", "STATE", width=10, drop=1),
)


class Watched(LineTable):
    """Notes every repainted region; `whole` counts repaints of everything."""

    def __init__(self, *, can_mark: bool = False, empty: str = "Nothing here.") -> None:
        super().__init__(COLUMNS, can_mark=can_mark, empty=empty)
        self.regions: list[Region] = []
        self.whole = 0

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Watched:
        self.regions += regions
        self.whole += not regions
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self

    def start_watching(self) -> None:
        self.regions, self.whole = [], 0

    @property
    def repainted_cells(self) -> int:
        return sum(region.area for region in self.regions)


def rows(count: int, state: str = "ready") -> RowList:
    return RowList(Row(f"k{at}", (f"dataset {at}", f"{at * 1000:,}", state)) for at in range(count))


async def test_it_draws_titles_rows_marker_and_position() -> None:
    table = Watched()
    async with on_stage(table) as pilot:
        table.show(rows(3))
        table.say("3 datasets")
        await pilot.pause()
        assert lines(pilot)[:6] == [
            " 3 datasets" + "1/3".rjust(68),
            "  NAME".ljust(57) + "      ROWS  STATE",
            "▸ dataset 0".ljust(57) + "         0  ready",
            "  dataset 1".ljust(57) + "     1,000  ready",
            "  dataset 2".ljust(57) + "     2,000  ready",
            "",
        ]


async def test_a_cursor_move_repaints_two_markers_and_two_names() -> None:
    table = Watched()
    async with on_stage(table) as pilot:
        table.show(rows(5))
        await pilot.pause()
        table.start_watching()
        await pilot.press("down")
        assert table.whole == 0
        assert table.repainted_cells <= 2 * (3 + len("dataset 0")) + len("1/5")
        assert lines(pilot)[3].startswith("▸ dataset 1")
        assert lines(pilot)[2].startswith("  dataset 0")


async def test_the_same_rows_again_repaint_nothing() -> None:
    table = Watched()
    async with on_stage(table) as pilot:
        table.show(rows(5))
        await pilot.pause()
        table.start_watching()
        table.show(rows(5))
        await pilot.pause()
        assert (table.whole, table.regions) == (0, [])


async def test_a_changed_cell_repaints_that_cell_only() -> None:
    table = Watched()
    async with on_stage(table) as pilot:
        table.show(rows(5))
        await pilot.pause()
        table.start_watching()
        changed = [*rows(5).rows[:3], Row("k3", ("dataset 3", "3,000", Cell("FAILED", Tone.BAD))), rows(5).rows[4]]
        table.show(RowList(changed))
        await pilot.pause()
        assert table.whole == 0
        assert [region.size for region in table.regions] == [(10, 1)]
        assert lines(pilot)[5].endswith("3,000  FAILED")


async def test_update_row_asks_the_source_again() -> None:
    table = Watched()
    async with on_stage(table) as pilot:
        source = rows(5)
        table.show(source)
        await pilot.pause()
        source.rows = (*source.rows[:1], Row("k1", ("dataset 1", "7", "ready")), *source.rows[2:])
        table.start_watching()
        table.update_row("k1")
        table.update_row("k2")
        table.update_row("not there")
        await pilot.pause()
        assert [region.size for region in table.regions] == [(10, 1)]
        assert "          7  ready" in lines(pilot)[3]


async def test_the_cursor_stays_on_its_row_when_others_come_and_go() -> None:
    table = Watched()
    async with on_stage(table) as pilot:
        table.show(rows(5))
        table.go_to("k3")
        await pilot.pause()
        table.show(RowList([Row("new", ("new one", "", "")), *rows(5).rows]))
        await pilot.pause()
        assert table.cursor_key == "k3"
        assert lines(pilot)[6].startswith("▸ dataset 3")
        table.show(RowList(rows(5).rows[:3]))
        await pilot.pause()
        assert table.cursor_key == "k2"
        assert sum(line.startswith("▸") for line in lines(pilot)) == 1


async def test_keys_move_page_and_jump() -> None:
    table = Watched()
    async with on_stage(table) as pilot:
        table.show(rows(100))
        seen = []
        for key in ("j", "j", "k", "pagedown", "G", "pageup", "g", "end", "home"):
            await pilot.press(key)
            seen.append(table.cursor_key)
        assert seen == ["k1", "k2", "k1", "k10", "k99", "k90", "k0", "k99", "k0"]
        await pilot.press("G")
        assert lines(pilot)[-1].startswith("▸ dataset 99")
        assert lines(pilot)[0].endswith("100/100")


async def test_holding_down_turns_the_page_only_now_and_then() -> None:
    table = Watched()
    async with on_stage(table) as pilot:
        table.show(rows(100))
        await pilot.pause()
        turned = 0
        for _ in range(50):
            before = lines(pilot)[2][3:]
            await pilot.press("down")
            turned += lines(pilot)[2][3:] != before
        assert turned <= 10
        assert table.cursor_key == "k50"


async def test_an_empty_table_says_what_to_do_and_has_no_cursor() -> None:
    table = Watched(empty="Reading…")
    async with on_stage(table) as pilot:
        assert "Reading…" in lines(pilot)[2]
        table.say_empty("No dataset.\nPress r to read again.")
        await pilot.press("down", "enter", "space")
        assert lines(pilot)[3] == "  Press r to read again."
        assert table.cursor_key is None
        table.show(rows(1))
        await pilot.pause()
        assert lines(pilot)[3] == ""


@pytest.mark.parametrize("width", [60, 80])
async def test_the_words_of_an_empty_table_are_broken_to_its_width(width: int) -> None:
    words = f"No profile can be read: {'a reason that goes on ' * 6}and ends here."
    table = Watched(empty="Reading…")
    table.styles.height = "auto"
    async with on_stage(table, (width, 12)) as pilot:
        assert table.size.height == 3
        table.say_empty(f"{words}\nPress r to read again.")
        await pilot.pause()
        shown = [line for line in lines(pilot)[2:] if line]
        assert table.size.height == 2 + len(shown)
        assert " ".join(line.strip() for line in shown) == f"{words} Press r to read again."
        assert all(line.startswith("  ") and len(line) < width for line in shown)
        assert shown[-1] == "  Press r to read again."


async def test_marks_are_kept_by_key_and_chosen_together() -> None:
    table = Watched(can_mark=True)
    async with on_stage(table) as pilot:
        table.show(rows(4))
        await pilot.press("space", "down", "space", "space", "up", "space")
        assert table.marked == ("k0", "k3")
        assert lines(pilot)[2].startswith(" ✔ dataset 0")
        table.show(RowList(reversed(rows(4).rows)))
        await pilot.pause()
        assert table.chosen_keys == ("k0", "k3")
        assert lines(pilot)[5].startswith(" ✔ dataset 0")


async def test_without_marking_space_does_nothing() -> None:
    table = Watched()
    async with on_stage(table) as pilot:
        table.show(rows(2))
        await pilot.press("space")
        assert table.marked == ()
        assert table.chosen_keys == ("k0",)


async def test_wide_signs_keep_the_columns_straight_and_escapes_are_not_sent() -> None:
    table = Watched()
    async with on_stage(table) as pilot:
        table.show(RowList([Row("a", ("顧客データ", "1", "x")), Row("b", ("evil\x1b[2J[bold]", "2", "y"))]))
        await pilot.pause()
        strips = pilot.app.screen._compositor.render_strips()
        assert {strip.cell_length for strip in strips} == {80}
        assert strips[2].crop(0, 80).text.rstrip().endswith("1  x")
        assert "evil[2J[bold]" in lines(pilot)[3]


async def test_a_narrow_screen_drops_the_least_important_column() -> None:
    table = Watched()
    async with on_stage(table, (40, 8)) as pilot:
        table.show(rows(2))
        await pilot.pause()
        assert lines(pilot)[1] == "  NAME                             ROWS"
        await pilot.resize_terminal(80, 8)
        await pilot.pause()
        assert "STATE" in lines(pilot)[1]


async def test_a_column_that_fits_grows_with_its_texts_and_never_shrinks() -> None:
    columns = (
        Column("name", "NAME", min_width=8, fits=True, wanted=30),
        Column("rows", "ROWS", width=12, min_width=4, right=True, fits=True),
        Column("kind", "KIND", width=12, drop=2),
    )
    table = LineTable(columns)
    async with on_stage(table, (40, 8)) as pilot:
        table.show(RowList([Row("a", ("churn", "7", "S3"))]))
        await pilot.pause()
        assert lines(pilot)[1] == "  NAME               ROWS  KIND"
        table.show(RowList([Row("a", ("training_set_churn-landing", "104,200", "S3"))]))
        await pilot.pause()
        # The name matters more than the column that may go.
        assert lines(pilot)[2] == "▸ training_set_churn-landing    104,200"
        table.show(RowList([Row("a", ("churn", "7", "S3"))]))
        await pilot.pause()
        assert lines(pilot)[2] == "▸ churn                               7"


class Counted(Row):
    """Counts how often its first cell is asked for."""

    asked: ClassVar[list[str]] = []

    def cell(self, index: int) -> Cell:
        if index == 0:
            self.asked.append(self.key)
        return super().cell(index)


def test_a_row_that_is_shown_again_is_not_measured_again() -> None:
    placed = PlacedColumns((Column("name", "NAME", min_width=6, wanted=30, fits=True),), margin=2)
    first = [Counted(f"k{at}", ("x" * at,)) for at in range(20)]
    assert placed.grow(RowList(first), 60)
    Counted.asked.clear()
    changed = Counted("k3", ("x" * 25,))
    assert placed.grow(RowList([*first[:3], changed, *first[4:]]), 60)
    assert Counted.asked == ["k3"]
    Counted.asked.clear()
    placed.replace(placed.columns, 60)
    placed.grow(RowList(first), 60)
    assert len(Counted.asked) == 20, "other columns, other widths"


async def test_a_name_too_long_for_the_screen_leaves_out_its_middle() -> None:
    table = LineTable((Column("name", "NAME", min_width=8, middle=True), Column("rows", "ROWS", width=6)))
    async with on_stage(table, (35, 6)) as pilot:
        table.show(
            RowList([Row("a", ("training_set_churn daily 00", "1")), Row("b", ("training_set_churn daily 03", "2"))])
        )
        await pilot.pause()
        assert [line[:26] for line in lines(pilot)[2:4]] == ["▸ training_set_c… daily 00", "  training_set_c… daily 03"]


async def test_the_last_cell_stays_free_unless_a_name_would_be_cut_for_it() -> None:
    columns = (Column("name", "NAME", min_width=8, fits=True, wanted=30), Column("rows", "ROWS", width=5, right=True))
    table = LineTable(columns)
    async with on_stage(table, (24, 6)) as pilot:
        table.show(RowList([Row("a", ("loyalty-landin", "104"))]))
        await pilot.pause()
        assert lines(pilot)[2] == "▸ loyalty-landin    104"
        table.show(RowList([Row("a", ("loyalty-landing", "104"))]))
        await pilot.pause()
        assert lines(pilot)[2] == "▸ loyalty-landing    104"
        assert len(lines(pilot)[2]) == 24
