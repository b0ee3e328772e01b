"""Flows, plans of flow changes and their results, as text and as JSON documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tarmac.commands.plan import check_document
from tarmac.commands.words import moment, table
from tarmac.terms.quantities import plural
from tarmac.terms.text import plain
from tarmac.terms.times import iso_z

if TYPE_CHECKING:
    from tarmac.services.flows.changes import FlowItem, FlowPlan, ItemResult
    from tarmac.services.flows.flow_list import FlowRow

_NAME_CELLS = 44


def flow_table(rows: Sequence[FlowRow], *, with_sandbox: bool) -> list[str]:
    """Return the flows as aligned lines."""
    titles = [
        "FLOW",
        "STATE",
        "DESTINATION",
        "DATASETS",
        "SCHEDULE",
        "NEXT RUN",
        "ENDS",
        "LAST RUN",
        "OWNER",
        "WARNINGS",
    ]
    lines = [_cells(row) for row in rows]
    if with_sandbox:
        titles.insert(0, "SANDBOX")
        lines = [[row.sandbox, *cells] for row, cells in zip(rows, lines, strict=True)]
    return table(titles, lines)


def flow_document(row: FlowRow) -> dict[str, Any]:
    """Return one flow as a JSON document."""
    last = row.last_run
    return {
        "id": row.id,
        "name": row.name,
        "sandbox": row.sandbox,
        "state": row.state,
        "destination": {"kind": row.kind, "connection": row.destination},
        "datasets": [{"id": each.id, "name": each.name, "gone": each.is_gone} for each in row.datasets],
        "schedule": row.schedule,
        "next_runs": [iso_z(each) for each in row.next_runs],
        "end": iso_z(row.end),
        "end_is_given": row.end_is_given,
        "runs_left": row.runs_left,
        "last_run_read": row.knows_runs,
        "last_run": None
        if last is None
        else {"id": last.id, "status": last.status, "started_at": iso_z(last.started_at)},
        "owner": row.owner,
        "export": row.export,
        "warnings": [each.value for each in row.warnings],
        "notes": list(row.notes),
    }


def plan_lines(plan: FlowPlan) -> Iterator[str]:
    """Write a plan for people: every flow with what changes, then the checks."""
    for item in plan.items:
        yield from _item_lines(item)
    for check in plan.checks:
        yield f"{check.verdict.sign} {plain(check.title)}" + (f": {plain(check.detail)}" if check.detail else "")
        if check.confirm:
            yield f"    to confirm: --confirm {check.confirm}"
        elif check.next_step:
            yield f"    next: {plain(check.next_step)}"
    yield f"{plan.action.value}: {_changed(plan)}." if plan.has_changes else "Nothing to change."


def plan_document(plan: FlowPlan) -> dict[str, Any]:
    """Return a plan as a JSON document."""
    return {
        "action": plan.action.value,
        "has_changes": plan.has_changes,
        "items": [
            {
                "id": item.id,
                "name": item.name,
                "sandbox": item.sandbox,
                "steps": [
                    {
                        "noun": step.noun.value,
                        "action": step.action.value,
                        "id": step.existing_id,
                        "summary": step.summary,
                        "differences": [_difference(each) for each in step.differences],
                        "notes": list(step.notes),
                        "calls": [{"method": call.method, "path": call.path, "body": call.body} for call in step.calls],
                    }
                    for step in item.steps
                ],
                "notes": list(item.notes),
                "error": None if item.refused is None else item.refused.as_json(),
            }
            for item in plan.items
        ],
        "checks": [check_document(check) for check in plan.checks],
    }


def result_lines(result: ItemResult) -> Iterator[str]:
    """Write what came of one flow."""
    yield f"{result.outcome.sign} {plain(result.item.name, 80)}: {result.outcome.value}"
    for each in result.differences:
        yield f"    {each.field}: {plain(each.have)} when planned, {plain(each.want)} now"
    for kept in result.kept:
        yield f"    {plain(kept)}"
    if result.error is not None:
        yield f"    {plain(result.error.message)}"
        if result.error.next_step:
            yield f"    next: {plain(result.error.next_step)}"


def result_document(result: ItemResult) -> dict[str, Any]:
    """Return one flow's result as a JSON document."""
    document: dict[str, Any] = {
        "id": result.item.id,
        "name": result.item.name,
        "sandbox": result.item.sandbox,
        "outcome": result.outcome.name.lower(),
        "differences": [_difference(each) for each in result.differences],
        "deleted": list(result.deleted),
        "kept": list(result.kept),
    }
    if result.error is not None:
        document["error"] = result.error.as_json()
    return document


def _cells(row: FlowRow) -> list[str]:
    last = row.last_run
    return [
        plain(row.name, _NAME_CELLS),
        row.state,
        row.kind,
        plain(row.dataset_words, 40),
        row.schedule,
        moment(row.next_runs[0]) if row.next_runs else "none",
        moment(row.end) + ("" if row.end_is_given or row.end is None else " (by default)"),
        row.no_run_words if last is None else f"{last.status} {moment(last.started_at)}",
        row.owner if row.export is None else f"{row.owner}: {row.export}",
        ", ".join(row.warnings),
    ]


def _changed(plan: FlowPlan) -> str:
    """Count what changes: of a clean-up every object that is deleted."""
    if plan.action.value != "clean up":
        return plural(sum(1 for item in plan.items if item.steps), "flow")
    nouns = [step.noun.value for item in plan.items for step in item.steps]
    flows = nouns.count("dataflow")
    counts = ((flows, "dataflow"), (len(nouns) - flows, "connection"))
    return " and ".join(plural(number, noun) for number, noun in counts if number)


def _item_lines(item: FlowItem) -> Iterator[str]:
    if item.refused is not None:
        yield f"✘ {plain(item.name, 80)}: {plain(item.refused.message)}"
        if item.refused.meaning:
            yield f"    {plain(item.refused.meaning)}"
        yield f"    next: {plain(item.refused.next_step)}"
        return
    if not item.steps:
        yield f"= {plain(item.name, 80)}" + (f": {plain(item.notes[0])}" if item.notes else "")
        return
    for step in item.steps:
        yield f"{step.action.sign} {step.noun.value:<17}  {plain(step.summary)}"
        for each in step.differences:
            yield f"    {plain(each.field)}: {plain(each.have)} → {plain(each.want)}"
        for note in step.notes:
            yield f"    {plain(note)}"
    for note in item.notes:
        yield f"    {plain(note)}"


def _difference(each: Any) -> dict[str, str]:
    return {"field": each.field, "have": each.have, "want": each.want}
