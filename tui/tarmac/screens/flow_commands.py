"""The headless commands for what the boxes of the Flows screen ask: `ctrl+y` there gives what a yes would do."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tarmac.widgets.rows import Cell, Tone
from tarmac.widgets.text_pane import Line

if TYPE_CHECKING:
    from tarmac.services.flows.changes import FlowPlan
    from tarmac.services.flows.flow_list import FlowRow
    from tarmac.services.workspace import Workspace

_ASK_FIRST = {"delete", "clean up"}  # these commands ask for a typed word, unless they get --yes


def change_command(workspace: Workspace, plan: FlowPlan, options: Sequence[str]) -> str:
    """Return the command that carries out `plan`; `options` are what was typed for it."""
    changed = [item for item in plan.items if item.steps]
    verb = ["cleanup"] if plan.action.value == "clean up" else ["flow", plan.action.value]
    words = ["tarmac", *verb, *(item.id for item in changed), *options]
    if any(item.sandbox != workspace.profile.platform.sandbox for item in changed):
        words.append("--all-sandboxes")
    if plan.action.value in _ASK_FIRST:
        words.append("--yes")
    for guard in plan.guards:
        words += ["--confirm", guard.confirm]
    return shlex.join([*words, "--profile", workspace.profile.name])


def adopt_command(workspace: Workspace, row: FlowRow, name: str) -> str:
    """Return the command that makes `row` the export `name`."""
    return shlex.join(["tarmac", "flow", "adopt", row.id, "--name", name, "--profile", workspace.profile.name])


def orphans_command(workspace: Workspace, *, everywhere: bool) -> str:
    """Return the command that lists the connections that no flow uses."""
    where = ["--all-sandboxes"] if everywhere else []
    return shlex.join(["tarmac", "flows", "--orphans", *where, "--profile", workspace.profile.name])


def command_lines(command: str) -> list[Line]:
    """Return the lines that name the command below a plan."""
    return ["", Cell("The same as a command:", Tone.DIM), command]
