"""Landed: the files of one run with their rows, the proof, how long it all lasts, and code that reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tarmac.screens.base import TarmacScreen
from tarmac.screens.landed_lines import FILE_COLUMNS, file_row, summary_lines, title_of
from tarmac.terms.errors import TarmacError
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.rows import Cell, RowList, Tone
from tarmac.widgets.tab_line import TabLine
from tarmac.widgets.text_pane import Line, TextPane

if TYPE_CHECKING:
    from tarmac.services.landed_view import LandedView
    from tarmac.services.receipt import Receipt

_FILES, _READ_SET = "files", "read set"
_TABS = (_FILES, _READ_SET, "paths", "pandas", "polars", "pyarrow", "duckdb", "spark")


class LandedScreen(TarmacScreen):
    """One receipt, opened from the Runs screen."""

    MODE: ClassVar[str] = "runs"
    TITLE_TEXT: ClassVar[str] = "Landed"
    HELP_TEXT: ClassVar[str] = """\
What one run left in the storage, and how that was proved.

✔ agrees   ✘ does not agree   ? could not be checked, or says nothing by itself; the words behind it say why
Rows were counted in the files themselves: from Parquet footers, or line by line in JSON.

The read set is the list of folders that together make the dataset now: after increments, the last full export and
everything since. left and right turn the tabs: the files, the read set, and code that reads it. The code takes
credentials from environment variables; there is no secret in it. y copies what the tab shows.

Two clocks: the landing zone deletes files some days after they landed, and its credentials end at a time of their own."""

    CSS = """
    LandedScreen #summary { height: auto; max-height: 13; }
    LandedScreen #files, LandedScreen #code { height: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "tab(1)", "next tab", key_display="→", priority=True, id="landed.next"),
        Binding("left,h", "tab(-1)", "tab before", key_display="←", priority=True, id="landed.previous"),
        Binding("y", "copy_shown", "copy", id="landed.copy"),
        Binding("escape", "back", "runs", id="app.back"),
    ]

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self._receipt: Receipt | None = None
        self._view: LandedView | None = None

    def body(self) -> ComposeResult:
        """Summary, tabs, and what the tab shows."""
        summary = TextPane(["Reading the receipt…"], title="Landed", id="summary")
        summary.can_focus = False
        yield summary
        yield TabLine(_TABS)
        yield LineTable(FILE_COLUMNS, empty="The run wrote no file.", id="files")
        yield TextPane(id="code", wrap=False)

    def on_mount(self) -> None:
        """Read the receipt and ask for the clocks, as tasks of the app."""
        super().on_mount()
        self._show_tab()
        self.tarmac.work_on(self._load(), "landed")

    async def _load(self) -> None:
        from tarmac.services.landed_view import open_receipt, view_of

        try:
            self._receipt = await open_receipt(self._file)
        except TarmacError as error:
            self.query_one("#summary", TextPane).show([Cell(error.message, Tone.BAD), error.meaning, error.next_step])
            return
        self._show()
        workspace = self.session.workspace
        self._view = await view_of(workspace, self._receipt, self._file)
        if self._view.problem is None:
            self.session.answered(workspace.now())
        if self.is_attached:
            self._show()

    def _show(self) -> None:
        receipt = self._receipt
        if receipt is None:
            return
        now = self.session.workspace.now()
        summary = self.query_one("#summary", TextPane)
        summary.show(summary_lines(receipt, str(self._file), self._view, now, self.size.width - 2), title_of(receipt))
        self.query_one("#files", LineTable).show(RowList(file_row(each) for each in receipt.files))
        total = len(receipt.files)
        self.query_one("#files", LineTable).say(f"{total:,} file{'' if total == 1 else 's'} in the folder above")
        self._show_tab()
        if self._view is not None and self._view.problem is not None:
            self.report(self._view.problem)

    @property
    def _tab(self) -> str:
        return self.query_one(TabLine).name_shown

    def _show_tab(self) -> None:
        files, code = self.query_one("#files", LineTable), self.query_one("#code", TextPane)
        files.display, code.display = self._tab == _FILES, self._tab != _FILES
        (files if files.display else code).focus()
        if code.display:
            code.show(self._lines())
            code.to_top()

    def _lines(self) -> list[Line]:
        receipt, view = self._receipt, self._view
        if receipt is None:
            return []
        if self._tab == _READ_SET:
            return list(receipt.read_set) or ["No folder makes the whole dataset yet."]
        if view is None:
            return ["Asking for the address of the storage…"]
        if view.request is None:
            problem = view.problem
            return ["The address of the storage is not known, so no code can be written.", *_words(problem)]
        from tarmac.services.reader_code import ReaderStyle, reader_text

        return list(reader_text(ReaderStyle(self._tab), view.request).rstrip("\n").split("\n"))

    def action_tab(self, by: int) -> None:
        """Turn the tabs."""
        if self.query_one(TabLine).turn(by):
            self._show_tab()

    async def action_copy_shown(self) -> None:
        """Copy what the tab shows."""
        receipt = self._receipt
        if receipt is None:
            return
        if self._tab == _FILES:
            await self.tarmac.copy_text("\n".join(each.path for each in receipt.files), "the list of files")
        else:
            await self.tarmac.copy_text(self.query_one("#code", TextPane).text, self._tab)


def _words(error: TarmacError | None) -> list[Line]:
    return [] if error is None else [error.message, error.next_step]
