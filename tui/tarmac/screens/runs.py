"""Runs: everything that is followed, live; the selected one in detail."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tarmac.screens.base import TarmacScreen
from tarmac.terms.errors import TarmacError
from tarmac.terms.text import plain
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.messages import FollowChanged
from tarmac.widgets.rows import Row, RowList, Tone
from tarmac.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from tarmac.services.exports.progress import FollowedRun
    from tarmac.widgets.rows import Column

_EMPTY = """\
Nothing is followed yet.

1  choose the dataset, with enter
2  choose the destination, then ctrl+s
3  review the plan; a applies it

The run appears here then, and is followed until its rows are counted."""


# Changes that come within this time are painted together: a few runs at once, many once a second.
_TOGETHER_S, _MANY_TOGETHER_S, _MANY = 0.1, 1.0, 10
_ACTIONS = ("again", "cancel", "test", "raw")


def _columns() -> tuple[Column, ...]:
    from tarmac.screens.run_rows import COLUMNS

    return COLUMNS


class RunsScreen(TarmacScreen):
    """Every run that is followed."""

    MODE: ClassVar[str] = "runs"
    TITLE_TEXT: ClassVar[str] = "Runs"
    HELP_TEXT: ClassVar[str] = """\
Every export that is followed, the newest first. A line changes only when the platform was asked again.

applying             what the plan names is made or changed, one after the other
waiting: not ready   the dataflow is too new for the platform; it is asked again until it is ready, with a deadline
waiting: errors      the platform gives no usable answer; it is asked again all the same, with the same deadline
queued, running      the platform has the run
counting rows        the run is over, its files are listed and counted
landed               files are there; VERIFIED says whether the counted rows agree
MISMATCH, FAILED     the details say why, what it means and what to do
cancelled here       tarmac stopped waiting; the platform did not
in another tarmac    another tarmac on this machine is at work on it; how it ends is shown here
late, missed         a scheduled run has not begun, or never came; delta: the run holds only what was new

ELAPSED is how long is waited so far; of a run that is over, how long it took by the platform's times. USUAL is how long that
phase took before, here. x stops our waiting only. t makes the same wish again: the dataflow is reused and a new run is
fired. enter shows what landed, and before that everything about the run. u lists exports that were interrupted: continue,
adopt, clean up."""

    CSS = """
    RunsScreen #runs { height: 1fr; }
    RunsScreen #run { height: 30%; min-height: 9; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "again", "trigger again", id="runs.again"),
        Binding("x", "cancel", "stop waiting", id="runs.cancel"),
        Binding("c", "test", "test connection", id="runs.test"),
        Binding("o", "raw", "raw answer", id="runs.raw"),
        Binding("u", "unfinished", "unfinished", id="runs.unfinished"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._offered: tuple[object, ...] = ()
        self._is_due = False
        self._profile: str | None = None
        self._drawn: dict[str, tuple[FollowedRun, bool, Row]] = {}

    def body(self) -> ComposeResult:
        """The table and the details."""
        yield LineTable(_columns(), empty=_EMPTY, id="runs")
        detail = TextPane(title="Details", id="run")
        detail.can_focus = False
        yield detail

    def arrived(self) -> None:
        """Show the rows, with the cursor on the newest one if it was just started."""
        self._fill()
        self._table.focus()
        selected, self.tarmac.follows.selected = self.tarmac.follows.selected, None
        if selected is not None:
            self._table.go_to(selected)

    def on_screen_suspend(self) -> None:
        """What was on screen was looked at."""
        self.tarmac.calls.unseen.clear()

    def session_changed(self) -> None:
        """Another profile has other runs; what else may have changed is no matter of this screen."""
        if self.session.profile != self._profile:
            self._fill()

    @property
    def _table(self) -> LineTable:
        return self.query_one("#runs", LineTable)

    @property
    def _run(self) -> FollowedRun | None:
        return self.tarmac.follows.row(self._table.cursor_key)

    def on_follow_changed(self, message: FollowChanged) -> None:
        """Repaint the cells that changed; of fifty runs, several at a time."""
        message.stop()
        if self.is_current and not self._is_due:
            self._is_due = True
            self.set_timer(_MANY_TOGETHER_S if len(self._drawn) > _MANY else _TOGETHER_S, self._fill)

    def _fill(self) -> None:
        from tarmac.screens.run_rows import run_row

        self._is_due, self._profile = False, self.session.profile
        rows, calls = self.tarmac.follows.rows, self.tarmac.calls
        if self.is_current:
            calls.saw(self._table.cursor_key)
        drawn, self._drawn = self._drawn, {}
        for row in rows:
            known, is_news = drawn.get(row.key), row.key in calls.unseen
            # A row that is the same object is the same line: of fifty runs one has changed.
            if known is None or known[0] is not row or known[1] != is_news:
                known = (row, is_news, run_row(row, is_news=is_news))
            self._drawn[row.key] = known
        self._table.show(RowList(line for _, _, line in self._drawn.values()))
        active = sum(1 for row in rows if not row.state.is_final)
        self._table.say(f"{active} under way, {len(rows)} followed" if rows else "")
        self._show_detail()

    def on_line_table_moved(self, message: LineTable.Moved) -> None:
        """Show the details of the row under the cursor; it was looked at."""
        message.stop()
        calls, key = self.tarmac.calls, self._table.cursor_key
        is_news = key in calls.unseen
        calls.saw(key)
        if is_news:
            self._fill()  # its mark goes
        else:
            self._show_detail()

    def _show_detail(self) -> None:
        from tarmac.screens.run_rows import detail_lines, title_of

        run, pane = self._run, self.query_one("#run", TextPane)
        if run is None:
            pane.show([], "Details")
        else:
            can_again = self.tarmac.follows.can_start_again(run.key)
            pane.show(detail_lines(run, can_again=can_again), title_of(run))
        offered = (self.key_words_now(), *(self.check_action(action, ()) for action in _ACTIONS))
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def as_command(self) -> list[str] | None:
        """Watch the selected run; before it has an id, the export once it has a dataflow; else list the runs."""
        run = self._run
        if run is None or (run.run_id is None and run.flow_id is None):
            return ["runs"]
        return ["watch", run.run_id or run.export]

    # keys

    def key_words_now(self) -> dict[str, str]:
        """Say what enter does with the selected run."""
        run = self._run if self.is_mounted else None
        return {} if run is None else {"table.choose": "details" if run.receipt is None else "what landed"}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done with the selected run."""
        if action not in _ACTIONS:
            return super().check_action(action, parameters)
        run = self._run if self.is_mounted else None
        if run is None:
            return False
        match action:
            case "again":
                return self.tarmac.follows.can_start_again(run.key)
            case "cancel":
                return self.tarmac.follows.can_cancel(run.key)
            case "test":
                return run.flow_id is not None and run.error is not None
            case _:
                return run.run_id is not None or run.flow_id is not None or bool(_refusal(run))

    def on_line_table_chosen(self, message: LineTable.Chosen) -> None:
        """`enter` shows what landed, or everything about a run that has not."""
        message.stop()
        self.action_open()

    def action_open(self) -> None:
        """Show what landed; before that, everything about the run as it is now."""
        from tarmac.screens.landed import LandedScreen
        from tarmac.screens.run_rows import all_lines
        from tarmac.screens.show_text import ShowText

        run = self._run
        if run is None:
            return
        if run.receipt is None:
            self.app.push_screen(ShowText(plain(run.export), all_lines(run)))
        else:
            self.app.push_screen(LandedScreen(run.receipt))

    def action_cancel(self) -> None:
        """Ask, then stop our waiting."""
        from tarmac.screens.confirm import ConfirmScreen

        run = self._run
        if run is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.tarmac.follows.cancel(run.key)

        self.app.push_screen(
            ConfirmScreen(
                f"Stop waiting for {run.export}?",
                [
                    "Only tarmac stops: dataflow and run stay at the platform and go on there.",
                    "t takes it up again at any time.",
                ],
            ),
            answered,
        )

    def action_unfinished(self) -> None:
        """List what an earlier tarmac did not finish."""
        from tarmac.screens.unfinished import UnfinishedScreen

        if not self.session.is_open:
            return

        def answered(chain: str | None) -> None:
            self.tarmac.work_on(self._go_on(chain), "unfinished")

        self.app.push_screen(UnfinishedScreen(self.session.workspace), answered)

    async def _go_on(self, chain: str | None) -> None:
        follows = self.tarmac.follows
        key = None if chain is None else await follows.go_on_with(chain)
        await follows.drop_ended()
        self._fill()
        if key is not None:
            self._table.go_to(key)

    def action_again(self) -> None:
        """Make the same wish again: the dataflow is reused, a new run is fired."""
        run, follows = self._run, self.tarmac.follows
        if run is None or not follows.can_start_again(run.key):
            return
        if self.session.read_only:
            self.say("tarmac runs read-only: nothing can be triggered.", Tone.WARN)
            return
        try:
            key = follows.start_again(run.key)
        except TarmacError as error:
            self.report(error)
            return
        self._fill()
        if key is not None:
            self._table.go_to(key)

    def action_test(self) -> None:
        """Let the platform try the base connection."""
        run = self._run
        if run is not None and run.flow_id is not None:
            self.say("Testing the base connection…")
            self.tarmac.work_on(self._test(run.flow_id), "test-connection")

    async def _test(self, flow_id: str) -> None:
        from tarmac.services.runs.run_actions import check_connection

        try:
            found = await check_connection(self.session.workspace, flow_id)
        except TarmacError as error:
            self.report(error)
            return
        words = {True: "works", False: "does not work: check its credentials", None: "cannot be tested by the platform"}
        tone = {True: Tone.GOOD, False: Tone.BAD, None: Tone.WARN}[found.works]
        self.say(f"The base connection {found.name} {words[found.works]}.", tone)

    def action_raw(self) -> None:
        """Show the platform's own answer."""
        run = self._run
        if run is not None and run.run_id is None and _refusal(run):
            self._show_refusal(run)
        elif run is not None:
            self.say("Reading the raw answer…")
            self.tarmac.work_on(self._raw(run), "raw")

    def _show_refusal(self, run: FollowedRun) -> None:
        """Show what the platform said no with, as it came but for secrets."""
        from tarmac.screens.show_text import ShowText

        request_id = "" if run.error is None or not run.error.request_id else f" · request id {run.error.request_id}"
        self.app.push_screen(ShowText(f"The answer{request_id}", list(_refusal(run).split("\n"))))

    async def _raw(self, run: FollowedRun) -> None:
        from tarmac.screens.show_text import ShowText
        from tarmac.services.runs.run_actions import raw_flow, raw_run

        workspace = self.session.workspace
        try:
            if run.run_id is not None:
                title, text = f"Run {run.run_id}", await raw_run(workspace, run.run_id)
            else:
                title, text = f"Dataflow {run.flow_id}", await raw_flow(workspace, run.flow_id or "")
        except TarmacError as error:
            self.report(error)
            return
        self.say("")
        self.app.push_screen(ShowText(title, list(text.split("\n"))))

    def remember(self) -> tuple[str | None, str | None]:
        """Be on the same row at the next start."""
        return None, self._table.cursor_key


def _refusal(run: FollowedRun) -> str:
    """Return the raw answer that a row's error holds, secrets masked; empty for none."""
    raw = getattr(run.error, "raw", "")
    return raw if isinstance(raw, str) else ""
