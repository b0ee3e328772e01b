"""Bringing over what another tool was set up with: its file, a name, and what came of it. That file stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tarmac.screens.base import TarmacScreen
from tarmac.screens.show_text import ShowText
from tarmac.terms.errors import TarmacError
from tarmac.terms.text import plain
from tarmac.widgets.form import Form
from tarmac.widgets.form_fields import TextField
from tarmac.widgets.rows import Cell, Tone
from tarmac.widgets.text_pane import Line, TextPane

if TYPE_CHECKING:
    from tarmac.services.setup.importing import ImportedProfile


class ImportProfileScreen(TarmacScreen):
    """Asks for the file and a name; opens the new profile."""

    MODE: ClassVar[str] = "profiles"
    TITLE_TEXT: ClassVar[str] = "Import"
    HELP_TEXT: ClassVar[str] = """\
What can be imported: the JSON configuration of the aepp package, the config.ini of the Cloud ML Ecosystem notebooks, the
download of a project from the Adobe Developer Console, a Postman environment. The file is only read.

A new profile is written. The secret goes into a file of its own that only you can read, and the profile refers to it.
Where a notebook had made a dataflow, it can be adopted under 5 Flows: your exports go on with it."""

    KEY_WORDS: ClassVar[dict[str, str]] = {
        "import.save": "import",
        "profile.leave": "leave",
        "form.jump": "jump to a field",
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "import", id="import.save"),
        Binding("escape", "back", "leave", id="profile.leave"),
    ]

    def body(self) -> ComposeResult:
        """The form."""
        head = TextPane([Cell("Import the configuration of another tool", Tone.ACCENT), ""], id="form-head")
        head.can_focus = False
        yield head
        yield Form(
            TextField(
                "file",
                "File",
                example="~/cmle/conf/config.ini",
                complaint=lambda text: None if text else "say which file",
                hint="aepp JSON, CMLE config.ini, Developer Console download or Postman environment",
            ),
            TextField("name", "Name", empty="left empty: named after what the file says", complaint=_name_complaint),
            TextField("sandbox", "Sandbox", empty="left empty: the one that the file names"),
        )

    def on_mount(self) -> None:
        """Begin with the file."""
        super().on_mount()
        self.query_one(Form).fields[0].focus()

    def action_save(self) -> None:
        """Import if everything is right."""
        self.query_one(Form).submit()

    def on_form_done(self, message: Form.Done) -> None:
        """Read the file, write the profile, say what was found."""
        message.stop()
        self.tarmac.work_on(self._import(message.form.values), "import")

    async def _import(self, values: dict[str, str]) -> None:
        from tarmac.services.setup.importing import import_profile

        places = self.session.places
        if places is None:
            return
        file = Path(values["file"])
        try:
            imported = await import_profile(
                places, file, name=values["name"] or None, sandbox=values["sandbox"] or None
            )
        except TarmacError as error:
            if not self.is_attached:
                raise  # the app says it where the person is by now
            self.report(error)
            about: Path | None = getattr(error, "file", None)
            self.query_one(Form).fields[0 if about is not None and about.name == file.name else 1].focus()
            return
        if not self.close():
            words = f"Imported as {imported.name}: {imported.file}. p shows the profiles, r reads them again."
            self.tarmac.say(words, Tone.GOOD)
            return
        if imported.missing:
            self.tarmac.show_mode("profiles")
        else:
            self.tarmac.open_profile(imported.name)
            self.tarmac.show_mode("datasets")
        self.tarmac.push_screen(ShowText(f"Imported as {imported.name}", _lines(imported)))


def _lines(imported: ImportedProfile) -> list[Line]:
    found = imported.recognised
    lines: list[Line] = [f"{found.format}", f"taken over: {', '.join(found.found) or 'nothing'}"]
    lines += [Cell(f"! not taken over: {plain(each)}", Tone.WARN) for each in found.ignored]
    lines += [Cell(f"! missing: {each}; e opens the profile in your editor", Tone.WARN) for each in imported.missing]
    lines += [f"the secret is in {path}, for you alone" for path in imported.secret_files]
    lines += ["", f"The profile is {imported.file}"]
    if found.flow_id is not None:
        lines += ["", f"The dataflow {plain(found.flow_id, 60)} can be adopted: press 5, find it, and press a."]
    return lines


def _name_complaint(text: str) -> str | None:
    from tarmac.services.setup.local_files import name_complaint

    return name_complaint(text) if text else None
