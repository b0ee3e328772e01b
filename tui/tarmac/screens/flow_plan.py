"""A reviewed change of flows: what will be sent, and what came of each flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tarmac.screens.confirm import ConfirmScreen
from tarmac.terms.text import plain
from tarmac.widgets.lines import middle_cut, width_of
from tarmac.widgets.rows import Cell, Tone
from tarmac.widgets.text_pane import Line

if TYPE_CHECKING:
    from tarmac.services.flows.changes import FlowItem, FlowPlan, ItemResult

_NAME_CELLS = 44
_SIGN_TONES = {"~": Tone.WARN, "-": Tone.BAD}


class FlowPlanScreen(ConfirmScreen):
    """The plan, wide enough to read; answers True for a clear yes."""

    WIDE = True


def plan_title(plan: FlowPlan) -> str:
    """Write what the plan does, in one line."""
    count = sum(1 for item in plan.items if item.steps)
    noun = "connection" if plan.action.value == "clean up" else "flow"
    return f"{plan.action.value.capitalize()} {count} {noun}{'' if count == 1 else 's'}?"


def plan_lines(plan: FlowPlan) -> list[Line]:
    """Return the plan to read: every flow with what changes, then what was looked at."""
    lines: list[Line] = []
    for item in plan.items:
        lines += _item_lines(item)
    for check in plan.checks:
        tone = Tone.WARN if check.confirm else Tone.DIM
        lines.append(Cell(f"{check.verdict.sign} {plain(check.title)}", tone))
        if check.detail:
            lines.append(f"    {plain(check.detail)}")
    return lines


def refused_title(plan: FlowPlan) -> str:
    """Write why nothing of the plan is sent: it cannot be, or it is so already."""
    return "Not possible" if any(item.refused is not None for item in plan.items) else "Nothing to change"


def result_title(results: Sequence[ItemResult]) -> str:
    """Write how many of them are done: `done`, `all 3 done`, `2 of 3 done`."""
    good = sum(1 for result in results if result.outcome.is_good)
    if good < len(results):
        return f"{good} of {len(results)} done"
    return f"all {good} done" if good > 1 else "done"


def result_lines(results: Sequence[ItemResult]) -> list[Line]:
    """Return what came of each flow, the troublesome ones first."""
    lines: list[Line] = []
    for result in sorted(results, key=lambda each: each.is_good):
        tone = Tone.GOOD if result.outcome.is_good else Tone.BAD
        lines.append(Cell(f"{result.outcome.sign} {_short(result.item.name)}: {result.outcome.value}", tone))
        lines += [
            f"    {each.field}: {plain(each.have)} when planned, {plain(each.want)} now" for each in result.differences
        ]
        if result.differences:
            lines.append("    it was left alone; plan again to go on from there")
        lines += [f"    {plain(kept)}" for kept in result.kept]
        if result.error is not None:
            lines.append(f"    {plain(result.error.message)}")
            if result.error.next_step:
                lines.append(f"    Next: {plain(result.error.next_step)}")
    return lines


def _short(name: str) -> str:
    """Leave out the middle of a long name: a word that no line holds would be broken."""
    shown = plain(name)
    return middle_cut(shown, min(width_of(shown), _NAME_CELLS))


def _item_lines(item: FlowItem) -> list[Line]:
    name, refused = _short(item.name), item.refused
    if refused is not None:
        why = [text for text in (refused.meaning, refused.next_step) if text]
        return [Cell(f"✘ {name}: {plain(refused.message)}", Tone.BAD), *(f"    {plain(text)}" for text in why)]
    if not item.steps:
        return [Cell(f"= {name}" + (f": {item.notes[0]}" if item.notes else ""), Tone.DIM)]
    lines: list[Line] = []
    for step in item.steps:
        sign = step.action.sign
        summary = plain(step.summary).replace(plain(item.name, 80), name)
        lines.append(Cell(f"{sign} {step.noun.value}  {summary}", _SIGN_TONES.get(sign, Tone.PLAIN)))
        lines += [f"    {each.field}: {plain(each.have)} → {plain(each.want)}" for each in step.differences]
        lines += [Cell(f"    {plain(note)}", Tone.DIM) for note in step.notes]
    return [*lines, *(Cell(f"    {plain(note)}", Tone.DIM) for note in item.notes)]
