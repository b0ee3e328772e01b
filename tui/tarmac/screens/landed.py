"""Landed: the files of one run with their rows, the proof, how long it all lasts, and code that reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tarmac.screens.base import TarmacScreen
from tarmac.screens.landed_lines import (
    FILE_COLUMNS,
    cut_at,
    diff_lines,
    file_row,
    peek_lines,
    read_set_lines,
    summary_lines,
    text_of,
    title_of,
)
from tarmac.screens.show_text import ShowText
from tarmac.terms.errors import TarmacError
from tarmac.terms.quantities import size_words
from tarmac.terms.text import plain
from tarmac.trouble import profile_keys
from tarmac.widgets.ask_line import AskLine
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.message_line import in_one_line
from tarmac.widgets.rows import Cell, RowList, Tone
from tarmac.widgets.tab_line import TabLine
from tarmac.widgets.text_pane import Line, TextPane

if TYPE_CHECKING:
    from tarmac.services.landed.landed_view import LandedView
    from tarmac.services.landed.receipt import Receipt
    from tarmac.services.reading.copying import CopyProgress

_FILES, _READ_SET, _PATHS = "files", "read set", "paths"
_TITLES = {
    _READ_SET: "The folders that make the dataset now, in the order to read them",
    _PATHS: "Where those folders are",
}
_PEEK_ROWS = 20
_ROOMY = 30  # lines of a terminal that has room for the whole summary above code
_TABS = (_FILES, _READ_SET, _PATHS, "pandas", "polars", "pyarrow", "duckdb", "spark")


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
credentials from environment variables; there is no secret in it. Y copies what the tab shows, y the command for it.

Two clocks: the landing zone deletes files some days after they were written, and its key ends at a time of its own.
c copies the read set to a folder of this machine or to another destination before that; given again, it goes on.

p shows the first rows and the schema of the file under the cursor; only that much of it is read.
d compares columns, types, rows and missing values with the export before: a ✘ marks what breaks code that reads it."""

    CSS = """
    LandedScreen #summary { height: auto; max-height: 14; }
    LandedScreen #files, LandedScreen #code { height: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        # The line of tabs itself says how it is turned.
        Binding("right,l", "tab(1)", "next tab", show=False, priority=True, id="landed.next"),
        Binding("left,h", "tab(-1)", "tab before", show=False, priority=True, id="landed.previous"),
        Binding("p", "peek", "first rows", id="landed.peek"),
        Binding("d", "diff", "diff", id="landed.diff"),
        Binding("c", "copy_files", "copy files", id="landed.copy_files"),
        Binding("Y", "copy_shown", "copy", id="landed.copy"),
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
        yield LineTable(FILE_COLUMNS, empty="The run wrote no file.", can_choose=False, id="files")
        yield TextPane(id="code", title=_FILES)
        yield AskLine()

    def on_mount(self) -> None:
        """Read the receipt and ask for the clocks, as tasks of the app."""
        super().on_mount()
        self._show_tab()
        self.tarmac.work_on(self._load(), "landed")

    async def _load(self) -> None:
        from tarmac.services.landed.landed_view import open_receipt, view_of

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

    def on_resize(self, event: events.Resize) -> None:
        """Show as much above code as there is room for."""
        super().on_resize(event)
        self.call_after_refresh(self._show_tab)

    def _show(self) -> None:
        receipt = self._receipt
        if receipt is None:
            return
        self.query_one("#files", LineTable).show(RowList(file_row(each) for each in receipt.files))
        total = len(receipt.files)
        words = f"{total:,} file{'' if total == 1 else 's'} in the folder above" if receipt.folder else "no file"
        self.query_one("#files", LineTable).say(words)
        self._show_tab()
        if self._view is None:
            return
        if self._view.problem is not None:
            self.report(self._view.problem)
        elif receipt.files and self._view.clocks is not None and self._view.clocks.should_copy:
            self.say("These files are deleted soon: c copies them elsewhere.", Tone.WARN)

    @property
    def _tab(self) -> str:
        return self.query_one(TabLine).name_shown

    def _show_tab(self) -> None:
        files, code = self.query_one("#files", LineTable), self.query_one("#code", TextPane)
        files.display, code.display = self._tab == _FILES, self._tab != _FILES
        if self._receipt is not None:
            brief = code.display and self.size.height < _ROOMY
            lines = summary_lines(self._receipt, str(self._file), self._view, brief=brief)
            self.query_one("#summary", TextPane).show(lines, title_of(self._receipt))
        if not self.query_one(AskLine).display:
            (files if files.display else code).focus()
        if code.display:
            lines = self._lines()
            if self._tab != _READ_SET and not self._nothing():
                # Code is broken where the screen ends, as a terminal does it: a blank inside may mean something.
                room = max(20, self.size.width - 2)
                lines = [piece for line in lines for piece in cut_at(text_of(line), room)]
            code.show(lines, _TITLES.get(self._tab, f"Reads the dataset with {self._tab}"))
        self.refresh_bindings()

    def _nothing(self) -> str:
        """Say why there is nothing yet, or at all, where the tab has paths or code; empty where there is."""
        view = self._view
        if self._tab in {_FILES, _READ_SET}:
            return ""
        if view is None:
            return "Asking for the address of the storage…"
        if view.request is None:
            return "The address of the storage is not known, so no code can be written."
        from tarmac.services.reading.reader_code import ReaderStyle, complaint

        return complaint(ReaderStyle(self._tab), view.request.address)

    def _lines(self) -> list[Line]:
        receipt, view = self._receipt, self._view
        if receipt is None:
            return []
        if self._tab == _READ_SET:
            if view is not None and view.read_set is not None:
                return read_set_lines(view.read_set, self.size.width - 2)
            return [plain(folder) for folder in receipt.read_set] or ["No folder makes the whole dataset yet."]
        if reason := self._nothing():
            return [reason, *_words(None if view is None else view.problem)]
        if view is None or view.request is None:
            return []
        from tarmac.services.reading.reader_code import ReaderStyle, reader_text

        return list(reader_text(ReaderStyle(self._tab), view.request).rstrip("\n").split("\n"))

    def action_tab(self, by: int) -> None:
        """Turn the tabs."""
        if self.query_one(TabLine).turn(by):
            self._show_tab()
            self.query_one("#code", TextPane).to_top()

    def key_words_now(self) -> dict[str, str]:
        """Say what is copied, and how to read on in a long text."""
        what = {_FILES: "copy paths", _READ_SET: "copy folders", _PATHS: "copy paths"}
        copied = what.get(self.query_one(TabLine).name_shown, "copy code") if self.query(TabLine) else ""
        return {"text.page_down": "more", "landed.copy": copied}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Letters and arrows belong to what is being typed."""
        if action == "tab":
            return not any(line.display for line in self.query(AskLine))
        return super().check_action(action, parameters)

    def as_command(self) -> list[str] | None:
        """Prove the files again, or print what the tab shows."""
        receipt = self._receipt
        if receipt is None:
            return None
        if self._tab == _FILES:
            return ["verify", receipt.run_id]
        return ["read", receipt.export] if self._tab == _READ_SET else ["read", receipt.export, "--as", self._tab]

    async def action_copy_shown(self) -> None:
        """Copy what the tab shows, if it is more than a reason why there is nothing."""
        receipt = self._receipt
        if receipt is None:
            return
        if reason := self._nothing():
            self.say(f"Nothing to copy. {reason}", Tone.WARN)
        elif self._tab == _FILES:
            await self.tarmac.copy_text("\n".join(each.path for each in receipt.files), "the list of files")
        else:
            await self.tarmac.copy_text("\n".join(text_of(line) for line in self._lines()), self._tab)

    def action_peek(self) -> None:
        """Show the first rows of the file under the cursor."""
        key = self.query_one("#files", LineTable).cursor_key
        receipt = self._receipt
        if receipt is None or not receipt.files:
            self.say("There is no file to look into: the run wrote no rows.", Tone.WARN)
            return
        path = key if key is not None else receipt.files[0].path
        self.say(f"Reading the beginning of {plain(path.rpartition('/')[2])}…")
        self.tarmac.work_on(self._peek(receipt, path), "landed-look")

    async def _peek(self, receipt: Receipt, path: str) -> None:
        from tarmac.services.landed.landed_view import peek_of

        try:
            seen = await peek_of(self.session.workspace, receipt, path, _PEEK_ROWS)
        except TarmacError as error:
            self._told(error)
            return
        self._box(plain(path.rpartition("/")[2]), lambda width: peek_lines(seen, width))

    def action_diff(self) -> None:
        """Compare with the export before."""
        if self._receipt is not None:
            self.say("Comparing with the export before…")
            self.tarmac.work_on(self._diff(self._receipt), "landed-look")

    async def _diff(self, receipt: Receipt) -> None:
        from tarmac.services.landed.landed_view import diff_of

        try:
            found = await diff_of(self.session.workspace, receipt)
        except TarmacError as error:
            if error.code == "nothing-to-compare":
                words = "There are not two whole exports to compare: none before this one, or this one is not whole."
                self._said(f"{words} esc, then t exports again.", Tone.WARN)
            else:
                self._told(error)
            return
        self._box("Since the export before", diff_lines(found))

    def action_copy_files(self) -> None:
        """Ask where the read set is to be copied."""
        if self._receipt is not None:
            self.query_one(AskLine).ask(
                "Copy to a folder, or a destination of the profile:", f"./{self._receipt.export}"
            )

    def on_ask_line_answered(self, message: AskLine.Answered) -> None:
        """Copy; the work is the app's, so it goes on when this screen is left."""
        message.stop()
        if self._receipt is not None and message.text:
            self.tarmac.work_on(self._copy(self._receipt, message.text), f"copy-{self._receipt.run_id}")

    async def _copy(self, receipt: Receipt, to: str) -> None:
        from tarmac.services.landed.landed_view import copy_of

        def progress(event: CopyProgress) -> None:
            words = f"{size_words(event.bytes_done)} of {size_words(event.bytes_total)}"
            self._said(f"copied {words}, {event.files_done:,} of {event.files_total:,} files")

        self._said("Copying…")
        try:
            result = await copy_of(self.session.workspace, receipt, to, progress)
        except TarmacError as error:
            self._told(error)
            return
        if result.verified:
            files = f"{result.files:,} file{'' if result.files == 1 else 's'}"
            words = f"Copied {files}, sizes and rows agree: {plain(result.location)}"
            self._said(words, Tone.GOOD)
        else:
            words = f"{len(result.differences):,} of {result.files:,} copies in {plain(result.location)} differ; copy again."
            self._said(words, Tone.BAD)

    def _box(self, title: str, lines: list[Line] | Callable[[int], list[Line]]) -> None:
        if self.is_attached and self.is_current:
            self.say("")
            self.app.push_screen(ShowText(title, lines))

    def _said(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Say it here, or, when this screen was left, on the one in front."""
        if self.is_attached:
            self.say(text, tone)
        else:
            self.tarmac.say(text, tone)

    def _told(self, error: TarmacError) -> None:
        self._said(f"{in_one_line(error)} {profile_keys(error)}".strip(), Tone.BAD)


def _words(error: TarmacError | None) -> list[Line]:
    return [] if error is None else [error.message, error.next_step]
