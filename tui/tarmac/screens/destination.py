"""Destination: the six kinds with their spec IDs and the profile's destinations, then the form of the chosen one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tarmac.screens.base import TarmacScreen
from tarmac.screens.destination_drafts import draft_of, keep_draft
from tarmac.screens.destination_export import export_before, export_name
from tarmac.screens.destination_form import Target
from tarmac.screens.destination_rows import about, destination_columns, destination_row, preview_lines
from tarmac.screens.destination_targets import Targets
from tarmac.screens.destination_test import DestinationTest
from tarmac.screens.destination_words import HELP, datasets_words, out_of_view
from tarmac.screens.target_form import TargetForm
from tarmac.services.values import destination_text
from tarmac.terms.errors import TarmacError
from tarmac.widgets.form import Form
from tarmac.widgets.form_area import FormArea
from tarmac.widgets.form_fields import ChoiceField, FormField
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.messages import DestinationChosen
from tarmac.widgets.rows import RowList, Tone
from tarmac.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from tarmac.services.catalogue.dataset_cache import ListedDataset
    from tarmac.services.storages.destination_facts import DestinationFacts
    from tarmac.services.workspace import Workspace

_TALL = 34
_ABOUT, _PREVIEW = 6, 4  # lines of what stands above a form, with one of air, and below it
_WIDE = 144


class DestinationScreen(TarmacScreen):
    """Choose where the datasets go, and how."""

    MODE: ClassVar[str] = "destination"
    TITLE_TEXT: ClassVar[str] = "Destination"
    HELP_TEXT: ClassVar[str] = HELP

    CSS = """
    DestinationScreen #destinations { height: 1fr; }
    DestinationScreen #about { height: auto; max-height: 8; }
    DestinationScreen #form { height: 1fr; display: none; }
    DestinationScreen #preview { height: auto; max-height: 8; display: none; }
    DestinationScreen.-form #destinations { display: none; }
    DestinationScreen.-form #form, DestinationScreen.-form #preview { display: block; }
    DestinationScreen.-form.-roomy #destinations { display: block; }
    DestinationScreen.-roomy #form { padding: 1 0 0 0; }
    DestinationScreen FormField .label { width: 24; }
    DestinationScreen FormField .note { padding: 0 1 0 24; }
    """

    KEY_WORDS: ClassVar[dict[str, str]] = {
        "table.choose": "fill in the form",
        "destination.review": "review",
        "destination.test": "test",
        "destination.copy": "copy as TOML",
        "app.back": "back",
        "form.jump": "jump to a field",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "go_on", "review", id="destination.review"),
        Binding("t", "test_row", "test", id="destination.test"),
        Binding("ctrl+t", "test", "test", id="destination.test"),
        Binding("ctrl+y", "copy_toml", "copy as TOML", key_display="ctrl+y", id="destination.copy"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._targets = Targets()
        self._form: TargetForm | None = None
        self._wide = False
        self._above = ""
        self._facts_of: Workspace | None = None
        self._facts: DestinationFacts | None = None
        self._named_for: tuple[ListedDataset, ...] = ()

    def body(self) -> ComposeResult:
        """The list, what is known of the selected one, and its form."""
        yield LineTable(destination_columns(wide=False), empty="No destination.", id="destinations")
        about = TextPane(title="Destination", id="about")
        about.can_focus = False
        yield about
        yield FormArea(id="form")
        preview = TextPane(title="Preview", id="preview")
        preview.can_focus = False
        yield preview

    def arrived(self) -> None:
        """Show what there is now; the datasets or the profile may be others."""
        self._fill()
        if self._target is None:
            self._table.focus()
        else:
            self._changed()
            self.run_worker(self._name_anew(self._target), group="export-name", exclusive=True, exit_on_error=False)

    def session_changed(self) -> None:
        """Another profile has other destinations."""
        if self.session.is_open and self.session.workspace is not self._facts_of:
            self._facts, self._facts_of = None, self.session.workspace
        self._fill()

    @property
    def _table(self) -> LineTable:
        return self.query_one("#destinations", LineTable)

    @property
    def _target(self) -> Target | None:
        return None if self._form is None else self._form.target

    def on_resize(self, event: events.Resize) -> None:
        """Whole IDs where there is room, list and form together where there is height."""
        super().on_resize(event)
        self._find_room(anew=True)
        wide = event.size.width >= _WIDE
        if wide != self._wide:
            self._wide = wide
            self._table.set_columns(destination_columns(wide=wide))
            self._fill()

    def _fill(self) -> None:
        words = self._targets.read(self.session)
        if self._target is not None and self._target.key not in self._targets:
            self._close_form()
        table = self._table
        table.show(RowList(destination_row(each, wide=self._wide, typed=self._targets.typed) for each in self._targets))
        table.say(f"{self._dataset_words} · {words}")
        table.styles.height = None if self._target is None else self._targets.height_beside
        self._show_about(table.cursor_key)

    def _find_room(self, *, anew: bool = False, lines: int = 0) -> None:
        """Show list and IDs beside a form as long as all its fields have room, too; then not until it is opened `anew`."""
        form = self._form
        if form is None:
            return
        others = self._targets.height_beside + _ABOUT + max(_PREVIEW, self.query_one("#preview").size.height)
        lines = max(lines, sum(1 for field in form.fields if field.display))
        fits = self.size.height >= _TALL and lines + others <= self.query_one("#body").size.height
        if anew or not fits:
            self.set_class(fits, "-roomy")
            self._show_about(None)

    def on_form_area_moved(self, message: FormArea.Moved) -> None:
        """Say how many fields are out of view."""
        message.stop()
        if self._form is None:
            return
        self._find_room(lines=message.lines)
        self._above = out_of_view(message.above, "above")
        self._show_about(None)
        words = out_of_view(message.below, "below")
        self.query_one("#preview", TextPane).rename(f"{words} · Preview" if words else "Preview")

    @property
    def _dataset_words(self) -> str:
        datasets = self.session.choices.datasets
        if not datasets:
            return "no dataset chosen yet: " + ("press 1" if self._target is None else "esc, then 1")
        return datasets_words(datasets)

    def _show_about(self, key: str | None) -> None:
        target = self._target or self._targets.get(key)
        if target is not None:
            facts = self._facts if self._facts is not None and self._facts.kind is target.kind else None
            differences = () if facts is None or self._target is None else facts.live.differences
            brief = self._target is not None and not self.has_class("-roomy")
            title, lines = about(target, differences, brief=brief)
            if brief:
                title += f" · {self._above or self._dataset_words}"
            self.query_one("#about", TextPane).show(lines, title)

    def on_line_table_moved(self, message: LineTable.Moved) -> None:
        """Show the spec IDs of the kind under the cursor."""
        message.stop()
        self._show_about(message.key)

    async def on_line_table_chosen(self, message: LineTable.Chosen) -> None:
        """Open the form."""
        message.stop()
        target = self._targets.get(message.key)
        if target is not None:
            await self._open_form(target)

    async def _open_form(self, target: Target) -> None:
        before = await export_before(self.session, target)
        self.say("")
        form = self._form = TargetForm(target, before, export_name(self.session, target, before))
        self._named_for = self.session.choices.datasets[:1]
        self._above = ""
        await self.query_one(FormArea).hold(form)
        form.fill(draft_of(self.session, target, before))
        self.add_class("-form")
        self._fill()
        self._changed()
        self._find_room(anew=True)
        self._focus_first()  # before it is painted: what is typed next belongs to the form
        if self.session.is_open:
            self.tarmac.work_on(self._ask_platform(target, self.session.workspace), "destination-facts")
        else:
            form.take(None)

    async def _ask_platform(self, target: Target, workspace: Workspace) -> None:
        """Bring what the sandbox says into the form; without an answer the table's rules stay, and the plan says so."""
        from tarmac.services.storages.destination_facts import destination_facts

        facts = self._facts
        if facts is None or facts.kind is not target.kind:
            try:
                self._facts = facts = await destination_facts(workspace, target.kind)
            except TarmacError:
                facts = None
        form = self._form
        # One that is only about to be mounted asks for itself afterwards.
        if form is not None and form.is_mounted and form.target is target:
            form.take(facts)
            self._show_about(None)

    async def _name_anew(self, target: Target) -> None:
        """Another dataset is another export: under the name of the one before, its dataflow would be changed instead."""
        datasets = self.session.choices.datasets[:1]
        if datasets == self._named_for:
            return
        name = export_name(self.session, target, await export_before(self.session, target))
        if self._form is not None and self._form.target is target:
            self._form.name_export(name)
            self._named_for = datasets

    def _focus_first(self) -> None:
        """Begin where something is to be filled in; where all is filled in already, where no key becomes text."""
        form = self._form
        if form is not None:
            is_filled = form.target.saved is not None
            next(each for each in form.fields if not is_filled or isinstance(each, ChoiceField)).focus()

    def _close_form(self) -> None:
        self._form = None
        self.remove_class("-form")
        self.query_one(FormArea).remove_children()
        self._table.focus()
        self._fill()

    def action_back(self) -> None:
        """From the form to the list, from the list to the datasets."""
        if self._form is not None:
            keep_draft(self.session, self._form)
            self._close_form()
        else:
            super().action_back()

    def on_form_field_changed(self, message: FormField.Changed) -> None:
        """Check what is typed and show the folder that results."""
        message.stop()
        if message.value:
            message.field.check()
        self._changed()

    def _changed(self) -> None:
        form = self._form
        if form is None:
            return
        form.show_what_matters()
        datasets = self.session.choices.datasets
        workspace = self.session.workspace if self.session.is_open else None
        self.query_one("#preview", TextPane).show(preview_lines(form.target, form.values, datasets[:1], workspace))

    def on_form_done(self, message: Form.Done) -> None:
        """The last field is filled in."""
        message.stop()
        self.action_go_on()

    def action_go_on(self) -> None:
        """Check everything and go on to the review."""
        form, session = self._form, self.session
        if form is None:
            return
        if not session.is_open:
            self.say("No connection profile is open: esc, then p to choose or make one.", Tone.WARN)
        elif not session.choices.datasets:
            self.say("No dataset is chosen: esc, then 1, then enter on the dataset to export.", Tone.WARN)
        elif form.check() and form.check_together():
            wish = form.wish(session.choices.datasets[0].id)
            if form.target.saved is None:
                try:
                    session.workspace.keep_typed(wish.destination)
                except TarmacError as error:
                    form.complain("name", error.message)
                    return
                self._fill()
            session.choices.wish, session.choices.plan = wish, None
            self.say("")
            self.post_message(DestinationChosen(wish.destination))

    def action_test(self) -> None:
        """Test the destination of the form, or the one under the cursor."""
        target, form = self._target or self._targets.get(self._table.cursor_key), self._form
        if target is None or not self.session.is_open:
            self.say("No connection profile is open. Press p to choose or make one.", Tone.WARN)
        elif target.saved is not None:
            self.app.push_screen(DestinationTest(self.session.workspace, target.saved))
        elif form is None:
            self.say("Press enter and fill in its form first: then ctrl+t tests it.", Tone.WARN)
        elif form.check():
            destination = form.wish("").destination
            self.app.push_screen(DestinationTest(self.session.workspace, destination))

    def action_test_row(self) -> None:
        """The same where no letter is typed."""
        self.action_test()

    def as_command(self) -> list[str]:
        """Test the destination that is under the cursor, or list them."""
        target = self._target or self._targets.get(self._table.cursor_key)
        return (
            ["destination", "list"]
            if target is None or target.saved is None
            else ["destination", "test", target.saved.name]
        )

    async def action_copy_toml(self) -> None:
        """Copy a new destination as the table for the profile file."""
        form = self._form
        if form is not None and form.check():
            destination = form.wish("").destination
            await self.tarmac.copy_text(destination_text(destination), "the destination as TOML")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Going on and copying need a form; where there is one, a letter belongs to it."""
        if action == "test_row":
            return self._target is None
        if action == "go_on":
            return self._target is not None
        if action == "copy_toml":
            saved = None if self._target is None else self._target.saved
            return self._target is not None and (saved is None or saved.name in self._targets.typed)
        return super().check_action(action, parameters)

    def remember(self) -> tuple[str | None, str | None]:
        """Be on the same row at the next start."""
        return None, self._table.cursor_key
