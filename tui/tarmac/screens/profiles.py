"""Connection profiles: see them, switch, make a new one, open a file in the editor and check it on return."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType

from tarmac.screens.base import TarmacScreen
from tarmac.signals import interrupts_for_others
from tarmac.terms.errors import TarmacError
from tarmac.terms.text import plain
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.message_line import in_one_line
from tarmac.widgets.rows import Cell, Column, Row, RowList, Tone
from tarmac.widgets.text_pane import Line, TextPane

if TYPE_CHECKING:
    from tarmac.services.values import ProfileSummary

_COLUMNS = (
    Column("name", "PROFILE", min_width=14, max_width=32, weight=2),
    Column("sandbox", "SANDBOX", min_width=12, max_width=32),
    Column("org", "ORGANIZATION", width=24, drop=1),
    Column("places", "DESTINATIONS", width=12, right=True, drop=2),
    Column("state", "STATE", min_width=16, max_width=20),
)


class ProfilesScreen(TarmacScreen):
    """Opened with `p`."""

    MODE: ClassVar[str] = "profiles"
    TITLE_TEXT: ClassVar[str] = "Profiles"
    HELP_TEXT: ClassVar[str] = """\
A profile is one set of platform credentials with its destinations: one TOML file, yours to edit. enter switches to it.
e opens the file in $VISUAL or $EDITOR and reads it again when you return. tarmac never rewrites a profile."""

    KEY_WORDS: ClassVar[dict[str, str]] = {"table.choose": "switch to it"}
    NEED_A_ROW: ClassVar[frozenset[str]] = frozenset({"edit"})

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="profiles.new"),
        Binding("i", "import", "import", id="profiles.import"),
        Binding("e", "edit", "edit", id="profiles.edit"),
        Binding("r", "reload", "reload", id="profiles.reload"),
        Binding("escape", "back", "back", id="app.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._profiles: dict[str, ProfileSummary] = {}
        self._is_new = True
        self._is_editing = False

    def body(self) -> ComposeResult:
        """The list, and more about the one under the cursor."""
        yield LineTable(_COLUMNS, empty="Reading the profiles…", id="profiles")
        yield TextPane(title="Profile", id="profile-detail")

    def arrived(self) -> None:
        """Read the files again each time."""
        self.query_one(LineTable).focus()
        self.action_reload()

    def action_reload(self) -> None:
        """Read the files again."""
        self.tarmac.work_on(self._read(), "profiles")

    async def _read(self) -> None:
        from tarmac.services.setup.local_files import list_profiles

        places = self.session.places
        if places is None:
            return
        table = self.query_one(LineTable)
        try:
            found = await list_profiles(places)
        except TarmacError as error:
            table.say_empty(in_one_line(error))
            self.report(error)
            return
        self._profiles = {summary.name: summary for summary in found}
        table.say_empty("No profile yet: n makes one, i imports what another tool was set up with.")
        table.say(f"{len(found)} profile{'' if len(found) == 1 else 's'} in {places.profiles}")
        table.show(RowList(_row(summary, self.session.profile) for summary in found))
        if self._is_new and self.session.profile is not None:
            self._is_new = not table.go_to(self.session.profile)
        self._show_detail()

    def as_command(self) -> list[str]:
        """The same list."""
        return ["profile", "list"]

    def on_line_table_moved(self, message: LineTable.Moved) -> None:
        """More about this one."""
        message.stop()
        self._show_detail()

    def on_line_table_chosen(self, message: LineTable.Chosen) -> None:
        """Switch to it."""
        message.stop()
        summary = self._profiles.get(message.key)
        if summary is None:
            return
        if summary.problem is not None:
            self.say(f"{summary.name} cannot be used: {summary.problem.message}; e opens it in your editor", Tone.BAD)
            return
        self.tarmac.open_profile(summary.name)
        self.tarmac.show_mode("datasets")

    def action_new(self) -> None:
        """Make a new one."""
        from tarmac.screens.new_profile import NewProfileScreen

        self.tarmac.push_screen(NewProfileScreen())

    def action_import(self) -> None:
        """Bring over what another tool was set up with."""
        from tarmac.screens.import_profile import ImportProfileScreen

        self.tarmac.push_screen(ImportProfileScreen())

    def action_edit(self) -> None:
        """Open the file in the editor, wait for it, check the file."""
        summary = self._profiles.get(self.query_one(LineTable).cursor_key or "")
        if summary is not None and not self._is_editing:
            self._is_editing = True
            self.tarmac.work_on(self._edit(summary), "editor")

    async def _edit(self, summary: ProfileSummary) -> None:
        """The editor has the terminal: keys are its own and nothing is painted. What is followed goes on meanwhile."""
        from tarmac.services.setup.local_files import editor_command

        command = editor_command(summary.file)
        try:
            with self.app.suspend(), interrupts_for_others(self.tarmac.exit):
                await _run(command)
        except SuspendNotSupported:
            self.say(f"This terminal cannot be given to an editor; the file is {summary.file}", Tone.WARN)
            return
        except OSError as error:
            self.say(
                f"{plain(command[0])} did not start ({error.strerror}); set EDITOR. File: {summary.file}", Tone.BAD
            )
            return
        finally:
            self._is_editing = False
        self.tarmac.work_on(self._check(summary.name), "profiles")

    async def _check(self, name: str) -> None:
        from tarmac.services.setup.local_files import check_profile

        places = self.session.places
        if places is None:
            return
        checked = await check_profile(places, name)
        await self._read()
        if checked.problem is not None:
            self.report(checked.problem)
            return
        if name == self.session.profile:
            self.tarmac.open_profile(name)
        self.say(f"{name} is right." if not checked.warnings else "  ".join(checked.warnings), Tone.GOOD)

    def _show_detail(self) -> None:
        summary = self._profiles.get(self.query_one(LineTable).cursor_key or "")
        self.query_one(TextPane).show([] if summary is None else _detail(summary), "Profile")


async def _run(command: list[str]) -> None:
    """Run a program in our terminal. When we are ended, so is it. Raises OSError where it cannot be started."""
    process = await asyncio.create_subprocess_exec(*command)
    try:
        await process.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        raise


def _row(summary: ProfileSummary, current: str | None) -> Row:
    profile = summary.profile
    if profile is None:
        return Row(summary.name, (summary.name, "–", "–", "–", Cell("✘ cannot be read", Tone.BAD)))
    state = Cell("● in use", Tone.GOOD) if summary.name == current else Cell("ready", Tone.DIM)
    if summary.warnings:
        state = Cell("! see below", Tone.WARN)
    return Row(
        summary.name,
        (
            summary.name,
            profile.platform.sandbox,
            profile.platform.org_id.removesuffix("@AdobeOrg"),
            str(len(profile.destinations)),
            state,
        ),
    )


def _detail(summary: ProfileSummary) -> list[Line]:
    lines: list[Line] = [_named("File", str(summary.file))]
    if summary.problem is not None:
        problem = summary.problem
        return [*lines, *(Cell(text, Tone.BAD) for text in (f"✘ {problem.message}", problem.next_step) if text.strip())]
    lines += [Cell(f"! {warning}", Tone.WARN) for warning in summary.warnings]
    if summary.profile is not None:
        platform = summary.profile.platform
        lines += [
            _named("Organization", platform.org_id),
            _named("Client", platform.client_id),
            _named("Secret", platform.client_secret.describe()),
            _named("Platform", platform.base_url),
        ]
        for number, destination in enumerate(summary.profile.destinations.values()):
            where = f"{destination.name} · {destination.kind.spec.title} · {destination.place}"
            lines.append(_named("" if number else "Destinations", where))
    return lines


def _named(name: str, text: str) -> Line:
    return (Cell(f"{name:<14}", Tone.DIM), text)
