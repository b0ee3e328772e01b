"""Datasets that can be exported: find one, mark several, look inside, go on to a destination."""

from __future__ import annotations

import asyncio
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer

from tarmac.screens.base import TarmacScreen
from tarmac.screens.dataset_rows import COLUMNS, Catalogue, Order
from tarmac.screens.dataset_status import DatasetStatus
from tarmac.screens.waiting import Waiting
from tarmac.terms.errors import TarmacError
from tarmac.trouble import in_full, in_short
from tarmac.widgets.filter_line import FilterLine
from tarmac.widgets.finding import Finding
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.messages import DatasetsChosen
from tarmac.widgets.rows import Tone
from tarmac.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from datetime import datetime

    from tarmac.services.catalogue.dataset_cache import ListedDataset
    from tarmac.services.catalogue.dataset_detail import DatasetDetail
    from tarmac.services.workspace import Workspace

_DETAIL_DELAY_S = 0.25
_LIST = "list"  # what its notices are about


class DatasetsScreen(TarmacScreen):
    """The first screen."""

    MODE: ClassVar[str] = "datasets"
    TITLE_TEXT: ClassVar[str] = "Datasets"
    HELP_TEXT: ClassVar[str] = """\
Every dataset of the sandbox that Experience Platform can export. To find one type / and a part of its name,
or its id, of which the first four characters are enough.

enter goes on to the destination with the dataset under the cursor, or with all marked ones. Marked datasets are planned one
after another: each gets a dataflow of its own, with the destination, format and schedule that the form holds.

i shows what is inside: schema, tags, how fresh it is, what the platform's limits mean for it, some rows."""

    CSS = """
    DatasetsScreen.-detail #datasets { height: auto; min-height: 5; max-height: 50%; }
    """
    NEED_A_ROW: ClassVar[frozenset[str]] = frozenset({"copy_id"})

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "find", "find", id="datasets.find"),
        Binding("i", "detail", "details", id="datasets.detail"),
        Binding("s", "sort", "sort", id="datasets.sort"),
        Binding("r", "reload", "reload", id="datasets.reload"),
        Binding("Y", "copy_id", "copy id", show=False, id="datasets.copy"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._catalogue = Catalogue()
        self._is_complete = False
        self._remembered_at: datetime | None = None
        self._remembered_total = 0
        self._read_at: datetime | None = None
        self._failure: TarmacError | None = None
        self._waiting: Waiting | None = None
        self._loaded_from: Workspace | None = None
        self._finding = Finding()
        self._pane: TextPane | None = None  # made when it is first asked for
        self._detail_of: str | None = None
        self._detail: DatasetDetail | None = None
        self._detail_timer: Timer | None = None
        self._row_of_last_time: str | None = None

    def body(self) -> ComposeResult:
        """The list, the line to find, the details."""
        yield LineTable(COLUMNS, can_mark=True, empty="Reading the catalogue…", id="datasets")
        yield FilterLine()

    @property
    def table(self) -> LineTable:
        """The list."""
        return self.query_one("#datasets", LineTable)

    # arriving

    def on_mount(self) -> None:
        """Show at once what was there last time."""
        super().on_mount()
        remembered = self.tarmac.remembered
        text, row = self.place_of_last_time()
        if remembered is not None:
            self._remembered_at, self._remembered_total = remembered.at, remembered.total
            self._catalogue.put(remembered.rows, stale=True)
        if text:
            self._finding.text = text
            self.query_one(FilterLine).open(text)
        self._row_of_last_time = row
        self._show()
        self.table.focus()

    def arrived(self) -> None:
        """Read the catalogue of the profile that is open, once."""
        self.session_changed()

    def session_changed(self) -> None:
        """Another profile, another catalogue."""
        if not self.session.is_open or self.session.workspace is self._loaded_from:
            return
        if self._loaded_from is not None:
            self._catalogue, self._is_complete = Catalogue(), False
            self._remembered_at, self._remembered_total = None, 0
        self._loaded_from = self.session.workspace
        self._load()

    def remember(self) -> tuple[str | None, str | None]:
        """The filter and the row."""
        return self.query_one(FilterLine).text or None, self.table.cursor_key

    # reading the catalogue

    def _load(self) -> None:
        if self._is_complete:
            self._remembered_at, self._remembered_total = self._read_at, len(self._catalogue)
        self._is_complete, self._failure, self._read_at = False, None, None
        workspace = self.session.workspace
        self._waiting = waiting = Waiting(workspace, self._show)
        waiting.worker = self.tarmac.work_on(self._read(workspace, waiting), "datasets")
        self._show()

    async def _read(self, workspace: Workspace, waiting: Waiting) -> None:
        try:
            await waiting.run(self._read_pages(workspace, waiting))
        except TarmacError as error:
            self.session.failed(error)
            self._fail(error)
            return
        self._waiting = None
        self.settled(_LIST)
        self._show()
        await asyncio.to_thread(self._keep, workspace)

    def _fail(self, error: TarmacError) -> None:
        """Keep what is there with its age; the cause is said below it, or in its place where there is nothing."""
        self._waiting, self._failure = None, error
        if len(self._catalogue):
            self.say(in_short(error), Tone.BAD, _LIST)
        self._show()

    async def _read_pages(self, workspace: Workspace, waiting: Waiting) -> None:
        services = await asyncio.to_thread(_services)
        self._catalogue.make_stale()
        async for update in services.exportable(workspace):
            now = workspace.now()
            waiting.go_on()
            match update:
                case services.DatasetPage(rows=rows, is_last=is_last):
                    self._catalogue.put(rows)
                    if is_last:
                        self._catalogue.forget_stale()
                        self._is_complete = True
                case services.Facts(rows=facts):
                    self._catalogue.put(facts.values())
                case services.ExportedBy(flows=flows):
                    self._catalogue.exported_by = flows
            self._read_at, self._remembered_at = now, None if self._is_complete else self._remembered_at
            self.session.answered(now)
            self._show()

    def _keep(self, workspace: Workspace) -> None:
        from tarmac.services.catalogue.dataset_cache import remembered_file, write_remembered

        file = remembered_file(workspace.places, workspace.profile.name)
        rows = self._catalogue.in_order()
        write_remembered(file, workspace.profile.platform.sandbox, rows, len(rows), workspace.now())

    # showing

    def _show(self) -> None:
        table, text = self.table, self.query_one(FilterLine).text
        view = self._catalogue.view(text)
        if not len(view):
            table.say_empty(self._empty_words(text))
        table.show(view)
        if self._row_of_last_time is not None and (table.go_to(self._row_of_last_time) or self._is_complete):
            self._row_of_last_time = None
        table.say(self._status_words(len(view), text))

    def _status_words(self, found: int, text: str) -> str:
        status = DatasetStatus(
            total=len(self._catalogue),
            is_complete=self._is_complete,
            has_failed=self._failure is not None,
            read_at=self._read_at,
            before=self._remembered_total,
            before_at=self._remembered_at,
            waited="" if self._waiting is None else self._waiting.words,
            found=found,
            text=text,
        )
        order = self._catalogue.order
        now = self.session.workspace.now() if self.session.is_open else None
        return status.words("" if order is Order.LISTED else order.value, len(self.table.marked), now)

    def _empty_words(self, text: str) -> str:
        if text:
            return f"No dataset has {text!r} in its name, or an id that begins so.\nesc shows all again."
        if self._failure is not None:
            return in_full(self._failure)
        if self._is_complete:
            return (
                "No dataset of this sandbox can be exported.\n"
                "Make one with Data Distiller (CREATE TABLE … AS SELECT …), then press r."
            )
        return "Reading the catalogue…"

    # keys

    def key_words_now(self) -> dict[str, str]:
        """In the details: how to read on and how to leave; in the list: what enter does."""
        if self._pane is not None and self._pane.has_focus:
            return {"text.page_down": "more", "app.focus_next": "list", "app.back": "close details"}
        return {"table.choose": "destination", "table.mark": "mark"}

    def action_find(self) -> None:
        """Open the line to find."""
        self.query_one(FilterLine).open()

    def action_back(self) -> None:
        """Stop a reading that lasts; close the details, then the filter, then the marks."""
        line = self.query_one(FilterLine)
        if self._waiting is not None and self._waiting.words:
            self._fail(self._waiting.stop())
        elif self._shows_detail:
            self.action_detail()
        elif line.text:
            line.open("")
            self.table.focus()
        elif self.table.marked:
            self.table.mark_only(())
        else:
            super().action_back()

    def action_sort(self) -> None:
        """Sort by the next thing."""
        self._catalogue.next_order()
        self._show()

    def action_reload(self) -> None:
        """Read the catalogue again."""
        if self.session.is_open:
            self._load()

    def as_command(self) -> list[str]:
        """The same list."""
        text = self.query_one(FilterLine).text
        return ["datasets", "--find", text] if text else ["datasets"]

    async def action_copy_id(self) -> None:
        """Copy the id of the dataset."""
        if self.table.cursor_key is not None:
            await self.tarmac.copy_text(self.table.cursor_key, "dataset id")

    def action_detail(self) -> None:
        """Show or hide the details."""
        if self._pane is None:
            self._pane = TextPane(title="Details", id="dataset-detail")
            self.query_one("#body").mount(self._pane)
        else:
            self._pane.display = not self._pane.display
        self.set_class(self._shows_detail, "-detail")
        if self._shows_detail:
            self._ask_detail()
        else:
            self.table.focus()

    @property
    def _shows_detail(self) -> bool:
        return self._pane is not None and bool(self._pane.display)

    # what the widgets say

    def on_filter_line_changed(self, message: FilterLine.Changed) -> None:
        """Show what is found so far."""
        message.stop()
        self._finding.look_for(message.text, self.table, self._show)

    def on_filter_line_left(self, message: FilterLine.Left) -> None:
        """Back to the list."""
        message.stop()
        if message.keeps:
            self._finding.keep()
        self.table.focus()

    def on_line_table_moved(self, message: LineTable.Moved) -> None:
        """The details follow the cursor, once it rests."""
        message.stop()
        if self._shows_detail:
            self._ask_detail()

    def on_line_table_marked(self, message: LineTable.Marked) -> None:
        """Say what marking several means."""
        message.stop()
        self._show()
        if len(message.keys) > 1:
            self.say(f"{len(message.keys)} datasets: they will share one destination and one schedule")
        else:
            self.say("")

    def on_line_table_chosen(self, message: LineTable.Chosen) -> None:
        """Go on with what was chosen."""
        message.stop()
        chosen = [self._catalogue.get(key) for key in message.keys]
        self.post_message(DatasetsChosen(tuple(dataset for dataset in chosen if dataset is not None)))

    # details

    def _ask_detail(self) -> None:
        if self._detail_timer is not None:
            self._detail_timer.stop()
        self._detail_timer = self.set_timer(_DETAIL_DELAY_S, self._read_detail)

    def _read_detail(self) -> None:
        key, pane = self.table.cursor_key, self._pane
        if key is None or pane is None or not self.session.is_open or key == self._detail_of:
            return
        dataset: ListedDataset | None = self._catalogue.get(key)
        pane.show(["Reading schema and some rows…"], f"Details: {dataset.name if dataset else key}")
        self.tarmac.work_on(self._show_detail(self.session.workspace, key), "dataset detail")

    async def _show_detail(self, workspace: Workspace, key: str) -> None:
        from tarmac.screens.dataset_words import detail_lines
        from tarmac.services.catalogue.dataset_detail import describe_dataset

        self._detail_of = key
        detail: DatasetDetail | None = None
        try:
            detail = await describe_dataset(workspace, key)
            lines = detail_lines(detail, self._detail_width)
        except TarmacError as error:
            self._detail_of = None
            lines = [error.message, error.meaning, error.next_step]
        if self.table.cursor_key == key and self._pane is not None:
            self._detail = detail
            self._pane.show(lines)
            self._pane.to_top()

    @property
    def _detail_width(self) -> int:
        return self.size.width - 2  # a pane has a blank at each side

    def on_resize(self, event: events.Resize) -> None:
        """Names in the details take the width there is now."""
        super().on_resize(event)
        if self._pane is not None and self._detail is not None and self._detail.dataset.id == self._detail_of:
            from tarmac.screens.dataset_words import detail_lines

            self._pane.show(detail_lines(self._detail, self._detail_width))


def _services() -> ModuleType:
    """Import what reads the catalogue: slow, so in a thread."""
    from tarmac.services.catalogue import datasets

    return datasets
