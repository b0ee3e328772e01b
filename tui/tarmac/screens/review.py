"""Review: the plan before anything is sent, what was looked at, the schedule, the exact requests; and applying it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tarmac.followed import unexpected
from tarmac.screens.base import TarmacScreen
from tarmac.screens.waiting import Waiting
from tarmac.terms.errors import TarmacError
from tarmac.widgets.ask_line import AskLine
from tarmac.widgets.messages import ApplyChanged, PlanMade
from tarmac.widgets.rows import Tone
from tarmac.widgets.text_pane import Line, TextPane

if TYPE_CHECKING:
    from tarmac.services.catalogue.dataset_cache import ListedDataset
    from tarmac.services.plans.plan import Plan, Wish

_EMPTY: list[Line] = [
    "Nothing to review yet.",
    "",
    "1  choose the dataset, with enter",
    "2  choose the destination, then ctrl+s",
    "",
    "The plan is made then, and nothing is sent before you apply it here.",
]


class ReviewScreen(TarmacScreen):
    """The plan of what was chosen."""

    MODE: ClassVar[str] = "review"
    TITLE_TEXT: ClassVar[str] = "Review"
    HELP_TEXT: ClassVar[str] = """\
What would be done, before anything is.

+ create   = reuse   ~ change   > fire a run
Below a step that changes something: what there is → what is wanted. Below that: the checks. A ✘ keeps the plan from being
applied and says what to do. ? could not be checked. ! is good to know.

a applies the plan: each step shows its id as soon as the platform has answered, then the run is followed under 4 Runs.
r shows every request exactly as it will be sent, without the token and without secrets.
y copies the headless command that does the same, Y the plan as code. s saves the export under a name, to give it again by
that name; before another export of that name is replaced, it asks.
ctrl+r makes the plan anew; so does coming back after a change of dataset or destination."""

    CSS = """
    ReviewScreen #plan { height: 1fr; }
    ReviewScreen #command { height: auto; max-height: 5; }
    ReviewScreen #command.-empty { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "apply", "apply", id="review.apply"),
        Binding("e", "edit", "edit", id="review.edit"),
        Binding("r", "requests", "requests", id="review.requests"),
        Binding("y", "copy_command", "copy as command", id="review.copy"),
        Binding("Y", "copy_as", "copy as code", id="review.copy_as"),
        Binding("s", "save", "save", id="review.save"),
        Binding("ctrl+r", "plan_again", "plan again", id="review.again"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._wish: Wish | None = None
        self._plan: Plan | None = None
        self._error: TarmacError | None = None
        self._waiting: Waiting | None = None
        self._shows_requests = False
        self._run_key: str | None = None
        self._rest: tuple[ListedDataset, ...] = ()  # the marked datasets that come after the one being applied

    def body(self) -> ComposeResult:
        """The plan, the command, the line that asks for a name."""
        yield TextPane(_EMPTY, title="Plan", id="plan")
        command = TextPane(id="command", classes="-empty")
        command.can_focus = False
        yield command
        yield AskLine()

    def arrived(self) -> None:
        """Plan what was chosen, unless that is what is shown."""
        self._pane.focus()
        wish = self.session.choices.wish
        if wish != self._wish:
            self._start_planning()
        self._show()

    def session_changed(self) -> None:
        """Another profile: nothing is chosen any more."""
        if self.session.choices.wish is None and self._wish is not None:
            self._wish = self._plan = self._error = None
            self._show()

    def on_resize(self, event: events.Resize) -> None:
        """Break the lines anew."""
        super().on_resize(event)
        self.call_after_refresh(self._show)

    @property
    def _pane(self) -> TextPane:
        return self.query_one("#plan", TextPane)

    # planning

    def _start_planning(self) -> None:
        wish = self.session.choices.wish
        self._wish, self._plan, self._error, self._run_key = wish, None, None, None
        self._shows_requests = False
        if wish is None or not self.session.is_open:
            self._waiting = None
            return
        self.say("")
        self._waiting = waiting = Waiting(self.session.workspace, self._show)
        waiting.worker = self.tarmac.work_on(self._make_plan(wish, waiting), "plan")

    async def _make_plan(self, wish: Wish, waiting: Waiting) -> None:
        from tarmac.services.plans.export_names import settled
        from tarmac.services.plans.planning import make_plan

        session = self.session
        workspace = session.workspace

        async def planned() -> tuple[Wish, Plan]:
            named = await settled(workspace, wish)
            return named, await make_plan(workspace, named)

        try:
            named, plan = await waiting.run(planned())
        except TarmacError as error:
            if wish == self._wish:
                self._fail(error)
            return
        except Exception as error:
            # The app logs and names it; here it must not look as if planning went on.
            if wish == self._wish:
                self._fail(unexpected(error, "planning"))
            raise
        session.answered(workspace.now())
        if wish == self._wish:
            self._plan, self._waiting = plan, None
            self._wish = session.choices.wish = named
            self._pane.to_top()
            self._show()
            self.post_message(PlanMade(plan))

    def _fail(self, error: TarmacError) -> None:
        self._error, self._waiting = error, None
        self._show()

    def action_plan_again(self) -> None:
        """Read everything again."""
        if self._wish is not None and self._waiting is None and not self._is_applying:
            self._start_planning()
            self._show()

    # showing

    def _show(self) -> None:
        if not self.is_mounted:
            return
        width = max(40, self.size.width - 2)
        if self._shows_requests and self._plan is not None:
            from tarmac.screens.plan_lines import request_lines

            self._pane.show(request_lines(self._plan), "The exact requests · r or esc: back to the plan")
        else:
            title, lines = self._panel(width)
            self._pane.show(lines, title)
        self._show_command()
        self.refresh_bindings()

    def _panel(self, width: int) -> tuple[str, list[Line]]:
        if self._wish is None:
            return "Plan", _EMPTY
        from tarmac.screens.review_panel import failure_lines, panel_title, review_lines

        datasets, plan = self.session.choices.datasets, self._plan
        title = panel_title(self._wish, plan, datasets, width)
        if self._error is not None:
            return title, failure_lines(self._error)
        if plan is None:
            waited = "" if self._waiting is None else self._waiting.words
            return title, ["Planning: reading what exists on the platform, nothing is changed…", waited]
        steps = self.tarmac.follows.steps(self._run_key)
        return title, review_lines(plan, steps, datasets, width, read_only=self.session.read_only)

    def _show_command(self) -> None:
        pane = self.query_one("#command", TextPane)
        pane.set_class(self._plan is None, "-empty")
        if self._plan is None:
            return
        from tarmac.screens.plan_lines import command_of

        command, works = command_of(self._plan, self.session.profile or "", self.session.workspace.typed)
        pane.show([command], "The same as a command" + (f", {works}" if works else ""))

    # keys

    def key_words_now(self) -> dict[str, str]:
        """What the screen is for comes first; `r` shows the requests, and from there the plan again."""
        return {
            "review.apply": "apply",
            "review.edit": "edit",
            "review.requests": "plan" if self._shows_requests else "requests",
            "text.page_down": "more",
            "review.save": "save",
        }

    @property
    def _is_applying(self) -> bool:
        return self._run_key is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what is possible now."""
        if action in {"requests", "copy_command", "copy_as", "save"}:
            return self._plan is not None
        if action == "apply":
            return self._plan is not None and not self._is_applying
        if action == "plan_again":
            is_asked = any(line.display for line in self.query(AskLine))
            return self._wish is not None and not self._is_applying and not is_asked
        return super().check_action(action, parameters)

    def action_apply(self) -> None:
        """Carry the plan out, unless something is in the way; then say what."""
        plan = self._plan
        if plan is None or self._is_applying:
            return
        if self.session.read_only:
            self.say("tarmac runs read-only: nothing can be applied. Start it without --read-only.", Tone.WARN)
        elif plan.blockers:
            first = plan.blockers[0]
            self.say(f"Cannot be applied: {first.title}. {first.next_step or 'e: edit'}".strip(), Tone.BAD)
        elif plan.guards:
            self.tarmac.work_on(self._confirm(plan), "confirm")
        else:
            self._apply(plan)

    async def _confirm(self, plan: Plan) -> None:
        """Ask for the word of every guard: a production sandbox, labelled data."""
        from tarmac.screens.confirm import ConfirmScreen

        for guard in plan.guards:
            details: list[Line] = [guard.detail, "The word is kept with the receipt."]
            if not await self.app.push_screen_wait(ConfirmScreen(guard.title, details, word=guard.confirm)):
                self.say("Nothing was sent.")
                return
        if plan is self._plan and not self._is_applying:
            self._apply(plan, frozenset(guard.confirm for guard in plan.guards))

    def _apply(self, plan: Plan, confirm: frozenset[str] = frozenset()) -> None:
        self._run_key = self.tarmac.follows.start(plan, confirm=confirm)
        choices, self._rest = self.session.choices, ()
        if len(choices.datasets) > 1 and choices.datasets[0].id == plan.dataset.id:
            self._rest = choices.datasets = choices.datasets[1:]
        self.say("Applying: every step is written down before it is sent.")
        self._show()

    def on_apply_changed(self, message: ApplyChanged) -> None:
        """A step began or ended; after the last one the run is followed on its own screen."""
        message.stop()
        if message.key != self._run_key:
            return
        self._show()
        if message.is_over:
            self._after_apply(message.error)

    def _after_apply(self, error: TarmacError | None) -> None:
        key, self._run_key = self._run_key, None
        applied, self._wish = self._wish, None if error is None else self._wish
        if error is not None:
            self._plan, self._error = None, error
            self._show()
            return
        self.say("")
        self.tarmac.follows.selected = key
        if self.tarmac.current_mode == self.MODE:
            self.tarmac.go_to("runs")
            self.tarmac.say("")  # what was said there of the one before
        if applied is not None and self._rest:
            self.tarmac.work_on(self._take_next(applied, self._rest), "next-wish")

    async def _take_next(self, applied: Wish, rest: tuple[ListedDataset, ...]) -> None:
        """Have the same wish ready for the next of the marked datasets, and say how to get to its plan."""
        from tarmac.screens.destination_export import take_next

        if await take_next(self.session, applied, rest):
            more = f" (then {len(rest) - 1} more)" if len(rest) > 1 else ""
            self.tarmac.say(f"Next of the marked datasets: {rest[0].name}{more}. 3 shows its plan.", Tone.ACCENT)

    def action_edit(self) -> None:
        """Back to the destination."""
        self.tarmac.go_to("destination")

    def action_requests(self) -> None:
        """Show the exact requests, or the plan again."""
        self._shows_requests = not self._shows_requests
        self._pane.to_top()
        self._show()

    def action_back(self) -> None:
        """Stop planning that lasts; from the requests to the plan, else back."""
        if self._waiting is not None and self._waiting.words:
            self._fail(self._waiting.stop())
        elif self._shows_requests:
            self.action_requests()
        else:
            super().action_back()

    async def action_copy_command(self) -> None:
        """Copy the headless command; where it does not work yet, say from when on it does."""
        if self._plan is not None:
            from tarmac.screens.plan_lines import command_of

            command, works = command_of(self._plan, self.session.profile or "", self.session.workspace.typed)
            await self.tarmac.copy_text(command, "command", works)

    def action_copy_as(self) -> None:
        """Copy the same as a command, a Python program or a shell script; first of all a destination that was typed."""
        plan = self._plan
        if plan is None:
            return
        from tarmac.screens.copy_as import CopyAs, Wording
        from tarmac.screens.plan_wordings import wordings_of

        def chosen(wording: Wording | None) -> None:
            if wording is not None:
                self.tarmac.work_on(self.tarmac.copy_text(wording.text(), wording.name, wording.works), "copy")

        workspace, name = self.session.workspace, self.session.profile or ""
        self.app.push_screen(CopyAs(wordings_of(plan, workspace.profile, name, workspace.typed)), chosen)

    def action_save(self) -> None:
        """Ask for the name to save the export under."""
        from tarmac.services.values import name_complaint

        if self._wish is not None:
            self.query_one(AskLine).ask("Save the export as", self._wish.export.name, name_complaint)

    def on_ask_line_answered(self, message: AskLine.Answered) -> None:
        """Save it."""
        message.stop()
        if self._wish is not None:
            self.tarmac.work_on(self._save(self._wish, message.text), "save")

    async def _save(self, wish: Wish, name: str) -> None:
        from tarmac.screens.review_saving import save_as

        try:
            saved = await save_as(self.tarmac, self.session.workspace, wish, name)
        except TarmacError as error:
            self.report(error)
            return
        if saved is None:
            self.say(f"Not saved: the export {name} is as it was. s asks for another name.")
            return
        named, file = saved
        self.say(f"Saved as {file}", Tone.GOOD)
        if name != wish.export.name:
            # Its objects carry its name: another name is another export, to be planned anew.
            self.session.choices.wish = named
            self._start_planning()
            self._show()
