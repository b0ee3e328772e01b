"""The first start: no connection profile yet. Try it without credentials, or make a profile."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from tarmac.screens.base import TarmacScreen
from tarmac.widgets.hanging import paragraphs
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.rows import Column, Row, RowList, Tone
from tarmac.widgets.text_pane import TextPane

_WORDS = """\
tarmac lands Experience Platform datasets where machine-learning code can read them: choose a dataset, choose one of six
storages, review the plan, run it, watch it, and get the proof that all rows arrived.

There is no connection profile yet. What would you like to do?"""


class WelcomeScreen(TarmacScreen):
    """Four ways to begin."""

    MODE: ClassVar[str] = "welcome"
    TITLE_TEXT: ClassVar[str] = "Welcome"
    HELP_TEXT: ClassVar[str] = """\
The local demo starts an emulator of Experience Platform on this machine, with sample datasets and a profile for it.
Nothing leaves the machine, and no credentials are needed. A new profile asks for what the Developer Console shows
for an OAuth server-to-server credential."""

    KEY_WORDS: ClassVar[dict[str, str]] = {"table.choose": "choose"}

    def body(self) -> ComposeResult:
        """Words and choices."""
        yield TextPane(paragraphs(_WORDS), id="welcome-words")
        yield LineTable((Column("what", "CHOICE", width=18), Column("why", "WHAT IT DOES", min_width=40)), id="choices")

    def on_mount(self) -> None:
        """Show the choices."""
        super().on_mount()
        table = self.query_one(LineTable)
        table.show(
            RowList(
                (
                    Row("demo", ("Try the local demo", "an emulator on this machine; needs no credentials")),
                    Row("new", ("New profile", "from what the Developer Console shows you")),
                    Row("import", ("Import", "what aepp, a CMLE notebook, the console or Postman have")),
                    Row("list", ("Profiles", "the profiles there are, and what is wrong with them")),
                )
            )
        )
        table.focus()

    def on_line_table_chosen(self, message: LineTable.Chosen) -> None:
        """Do it."""
        message.stop()
        match message.key:
            case "demo":
                self.say("Starting the emulator and making sample datasets…", Tone.DIM)
                self.tarmac.start_demo()
            case "new":
                from tarmac.screens.new_profile import NewProfileScreen

                self.tarmac.push_screen(NewProfileScreen())
            case "import":
                from tarmac.screens.import_profile import ImportProfileScreen

                self.tarmac.push_screen(ImportProfileScreen())
            case _:
                self.tarmac.go_to("profiles")
