"""Plans for flows that exist: enable, disable, reschedule, extend, delete; one flow or many, compared before they are sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tarmac.platform import requests
from tarmac.platform.reading import obj
from tarmac.services.flows.changes import FlowAction, FlowItem, FlowPlan
from tarmac.services.flows.flow_list import FlowRow, platform_of
from tarmac.services.flows.items import CHANGEABLE, busy, calls, named
from tarmac.services.flows.meanwhile import schedule_changes
from tarmac.services.flows.words import next_runs, schedule_words, zero_runs_words
from tarmac.services.plans.guards import production_guard, sandbox_of
from tarmac.services.plans.hour_steps import step_check
from tarmac.services.plans.live_specs import flow_spec
from tarmac.services.plans.plan import Action, Check, Difference, Noun, PlanStep, Verdict
from tarmac.services.plans.schedule_plan import INCREMENTAL_MONTHS, params_to_send
from tarmac.services.plans.stored_schedule import effective_end, is_ad_hoc, runs_between, schedule_kind
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import TarmacError, UsageError
from tarmac.terms.quantities import both_times
from tarmac.terms.schedules import (
    AD_HOC_LENGTH,
    Schedule,
    ScheduleKind,
    ScheduleParams,
    add_months,
)
from tarmac.terms.states import ObjectState
from tarmac.terms.times import utc

if TYPE_CHECKING:
    from tarmac.platform.client import Platform


# From one flow to what is to be done with it; `Platform` writes requests down as they will be sent.
Make = Callable[["Platform", FlowRow], FlowItem]


async def plan_switch(ws: Workspace, rows: Sequence[FlowRow], *, enable: bool) -> FlowPlan:
    """Plan to enable or disable flows."""
    now = ws.now()
    action = FlowAction.ENABLE if enable else FlowAction.DISABLE
    return await plan_of(ws, rows, action, lambda platform, row: _switch(platform, row, now, enable=enable))


async def plan_reschedule(ws: Workspace, rows: Sequence[FlowRow], schedule: Schedule) -> FlowPlan:
    """Plan another schedule for flows: ad hoc, once, or by the steps that the live flow spec allows."""
    now = ws.now()
    steps = await _live_steps(ws, rows) if schedule.kind is ScheduleKind.INCREMENTAL else {}

    def make(platform: Platform, row: FlowRow) -> FlowItem:
        check = step_check(schedule, steps.get(row.flow.flow_spec_id or "", ()))
        if check is not None and check.verdict is Verdict.BLOCKER:
            bare = FlowItem(row.id, row.name, row.sandbox, FlowAction.RESCHEDULE, flow=row.flow)
            return replace(bare, refused=_refusal(check))
        template = None if row.params is None else row.params.folder_template
        want = params_to_send(schedule, row.params, now, template)
        item = _scheduled_item(platform, row, FlowAction.RESCHEDULE, want, now)
        doubts = (f"{check.title}: {check.detail}",) if check is not None and check.verdict is Verdict.WARNING else ()
        return replace(item, export=row.export, wish=schedule, notes=(*item.notes, *doubts))

    return await plan_of(ws, rows, FlowAction.RESCHEDULE, make)


async def plan_extend(
    ws: Workspace, rows: Sequence[FlowRow], *, until: datetime | None = None, months: int = INCREMENTAL_MONTHS
) -> FlowPlan:
    """Plan a later end for flows: `until`, or so many months after now (for a start that lies ahead: after that).

    An end that is later already stays; nothing else of the schedule changes.
    """
    now = ws.now()
    if until is not None and utc(until) <= now:
        raise UsageError(
            f"an end on {utc(until):%Y-%m-%d %H:%M} UTC lies in the past",
            next_step="Give a moment in the future.",
        )

    def make(platform: Platform, row: FlowRow) -> FlowItem:
        have = row.params
        if have is None or have.start is None:
            error = UsageError(
                f"{row.label} has no schedule, so it has no end to move", next_step="Give it a schedule: reschedule it."
            )
            return FlowItem(row.id, row.name, row.sandbox, FlowAction.EXTEND, flow=row.flow, refused=error)
        end = utc(until) if until is not None else add_months(max(now, have.start), months)
        if is_ad_hoc(have, row.created_at) and until is None and have.start > now:
            # The window only keeps the flow alive: a day after its far start is enough, and no scheduled run is wanted.
            end = have.start + AD_HOC_LENGTH
        end = end.replace(microsecond=0)
        if have.end is not None and have.end >= end:
            return FlowItem(
                row.id,
                row.name,
                row.sandbox,
                FlowAction.EXTEND,
                notes=(f"it ends {both_times(have.end)} already",),
                flow=row.flow,
            )
        item = _scheduled_item(platform, row, FlowAction.EXTEND, replace(have, end=end), now)
        return replace(item, export=row.export, wish=Schedule(end=end))

    return await plan_of(ws, rows, FlowAction.EXTEND, make)


async def plan_of(ws: Workspace, rows: Sequence[FlowRow], action: FlowAction, make: Make) -> FlowPlan:
    """Return the plan of several flows, with the guards of every sandbox in which something would be changed."""
    items: list[FlowItem] = []
    checks: list[Check] = []
    platforms = {name: await platform_of(ws, name) for name in dict.fromkeys(row.sandbox for row in rows)}
    for row in rows:
        item = make(platforms[row.sandbox], row)
        items.append(item)
    for name in platforms:
        if any(item.steps for item in items if item.sandbox == name):
            checks += await _guards(ws, name)
    return FlowPlan(action, tuple(items), ws.now(), tuple(checks))


async def _guards(ws: Workspace, sandbox: str) -> list[Check]:
    guard = production_guard(sandbox, await sandbox_of(await ws.platform(), sandbox))
    return [] if guard is None else [guard]


def _switch(platform: Platform, row: FlowRow, now: datetime, *, enable: bool) -> FlowItem:
    action = FlowAction.ENABLE if enable else FlowAction.DISABLE
    wanted = ObjectState.ENABLED if enable else ObjectState.DISABLED
    bare = FlowItem(row.id, row.name, row.sandbox, action, flow=row.flow)
    if row.state == wanted:
        return replace(bare, notes=(f"it is {wanted} already",))
    if row.state not in CHANGEABLE:
        return replace(bare, refused=busy(row))
    notes = _enabled_notes(row, now) if enable else ("its schedule stays as it is; no run starts until it is enabled",)
    step = PlanStep(
        Noun.FLOW,
        Action.CHANGE,
        f"{wanted}: {named(row)}",
        notes,
        row.id,
        (Difference("state", row.state, wanted),),
        calls(platform, requests.switch_flow_request(row.id, enable=enable)),
    )
    return replace(bare, steps=(step,))


def _enabled_notes(row: FlowRow, now: datetime) -> tuple[str, ...]:
    notes = []
    if row.end is not None and row.end <= now:
        notes.append(f"it ended {row.end:%Y-%m-%d}: enabled alone it does nothing; extend it as well")
    coming = next_runs(row.params, row.end, now, 1)
    if coming:
        notes.append(f"its next run: {both_times(coming[0])}; runs that it missed are not made up for")
    return tuple(notes)


def _scheduled_item(
    platform: Platform,
    row: FlowRow,
    action: FlowAction,
    want: ScheduleParams,
    now: datetime,
) -> FlowItem:
    differences = schedule_changes(row.params, want)
    bare = FlowItem(row.id, row.name, row.sandbox, action, flow=row.flow)
    if not differences:
        return replace(bare, notes=("it is so already",))
    if row.state not in CHANGEABLE:
        return replace(bare, refused=busy(row))
    end = effective_end(want, row.created_at)
    zero = zero_runs_words(want, None, end)
    if zero:
        return replace(bare, refused=UsageError(zero, code="zero-runs", next_step="Choose a later end."))
    wire = {**obj(row.flow.raw.get("scheduleParams")), **want.to_wire()}
    notes = _window_notes(want, end, row, now)
    call = requests.change_flow_request(row.id, row.flow.etag or "", [schedule_change(wire)])
    step = PlanStep(
        Noun.FLOW,
        Action.CHANGE,
        f"{named(row)}: {schedule_words(want, row.created_at)}",
        notes,
        row.id,
        differences,
        calls(platform, call),
    )
    return replace(bare, steps=(step,), schedule=wire)


def schedule_change(wire: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON Patch operation that replaces the whole schedule."""
    return {"op": "replace", "path": "/scheduleParams", "value": dict(wire)}


def _window_notes(want: ScheduleParams, end: datetime | None, row: FlowRow, now: datetime) -> tuple[str, ...]:
    notes = []
    if is_ad_hoc(want, now) or is_ad_hoc(want, row.created_at):
        notes.append("runs on demand; its first scheduled run lies far ahead")
    else:
        left = runs_between(want, end, now)
        coming = next_runs(want, end, now, 1)
        if coming:
            notes.append(f"next run: {both_times(coming[0])}")
        if left is not None and end is not None:
            notes.append(f"{left:,} {'run' if left == 1 else 'runs'} until {end:%Y-%m-%d}")
        if want.step is not None and schedule_kind(row.params, row.created_at) is not ScheduleKind.INCREMENTAL:
            notes.append("the first run holds everything, later ones what is new")
    if row.state != ObjectState.ENABLED:
        notes.append("it is disabled: nothing runs until it is enabled")
    if len(row.datasets) > 1:
        notes.append(f"all its {len(row.datasets)} datasets share this schedule: {row.dataset_words}")
    return tuple(notes)


async def _live_steps(ws: Workspace, rows: Sequence[FlowRow]) -> dict[str, tuple[int, ...]]:
    """Return the hour steps of each kind's live flow spec, empty where it does not say or cannot be read."""
    platform = await ws.platform()
    found = {}
    for spec_id in {row.flow.flow_spec_id for row in rows if row.flow.kind is not None}:
        if spec_id is not None:
            spec = await flow_spec(platform, spec_id)
            found[spec_id] = () if isinstance(spec, TarmacError) else spec.hour_steps
    return found


def _refusal(check: Check) -> UsageError:
    return UsageError(check.title, code="schedule-step", meaning=check.detail, next_step=check.next_step)
