"""Every action by name: type a part of it, `enter` does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual.actions import parse
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

from tarmac.screens.modal import TarmacModal
from tarmac.widgets.form_fields import FieldInput
from tarmac.widgets.key_line import is_typed, key_words, named_words
from tarmac.widgets.line_table import LineTable
from tarmac.widgets.rows import Cell, Column, Row, RowList, Tone

# Moving about is no action to look for by name.
_MOVES = {"app.palette", "form.up", "form.down"} | {
    f"table.{name}" for name in ("up", "down", "page_up", "page_down", "first", "last", "back")
}


@dataclass(frozen=True)
class Command:
    """One action: `group: verb`, the key that does it too, and what to run."""

    name: str
    key: str
    run: Callable[[], object]


class _PaletteInput(FieldInput):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.move(-1)", "up", show=False, id="palette.up"),
        Binding("down", "screen.move(1)", "down", show=False, id="palette.down"),
        Binding("enter", "screen.choose", "do it", id="palette.do"),
    ]


class PaletteScreen(TarmacModal[Command]):
    """Opened with `ctrl+p`."""

    def __init__(self, commands: list[Command]) -> None:
        super().__init__("Actions")
        self._commands = commands

    def content(self) -> ComposeResult:
        """Input and list."""
        yield _PaletteInput("", "type a part of a name", secret=False)
        yield LineTable(
            (Column("name", "ACTION", min_width=20), Column("key", "KEY", width=12)), empty="No action has this name."
        )

    def on_mount(self) -> None:
        """Show all."""
        self._show("")

    def on_input_changed(self, message: Input.Changed) -> None:
        """Show those with the words typed."""
        self._show(message.value)

    def action_move(self, rows: int) -> None:
        """Move in the list while typing."""
        self.query_one(LineTable).action_move(rows)

    def action_choose(self) -> None:
        """Close and do it."""
        key = self.query_one(LineTable).cursor_key
        if key is not None:
            self.dismiss(self._commands[int(key)])

    def on_line_table_chosen(self) -> None:
        """`enter` in the list."""
        self.action_choose()

    def _show(self, text: str) -> None:
        words = text.casefold().split()
        self.query_one(LineTable).show(
            RowList(
                Row(str(at), (command.name, Cell(command.key, Tone.ACCENT)))
                for at, command in enumerate(self._commands)
                if all(word in command.name.casefold() for word in words)
            )
        )


def commands_of(screen: Screen[object]) -> list[Command]:
    """Return every action that can be done on `screen` now, named `group: verb`."""
    found: dict[str, Command] = {}
    named = named_words(screen)
    for key, active in screen.active_bindings.items():
        binding = active.binding
        if binding.id is None or not active.enabled or not binding.description:
            continue
        group = binding.id.split(".")[0]
        if is_typed(screen, key) or binding.id in _MOVES or group in {"text", "choice", "filter", "ask"}:
            continue
        words = named.get(binding.id, binding.description)
        action, node = binding.action, active.node

        async def run(action: str = action, node: object = node) -> None:
            await screen.app.run_action(action, node)  # type: ignore[arg-type]  # the node of the binding

        found.setdefault(binding.id, Command(f"{group}: {words}", key_words(screen.app, binding, key), run))
    for each in _typed_over(screen):
        if each.id is not None and each.id not in found:
            run_it = partial(screen.app.run_action, each.action)
            found[each.id] = Command(f"{each.id.split('.')[0]}: {each.description}", "", run_it)
    return sorted(found.values(), key=lambda command: command.name)


def _typed_over(screen: Screen[object]) -> list[Binding]:
    """Return the app's own actions whose keys are text where something is typed, such as the numbers of the modes."""
    app, focused = screen.app, screen.focused
    if focused is None or screen.is_modal:
        return []
    single = [each for each in app.BINDINGS if isinstance(each, Binding) and len(each.key) == 1]
    return [
        each
        for each in single
        if focused.check_consume_key(each.key, each.key) and app.check_action(*parse(each.action)[1:])
    ]
