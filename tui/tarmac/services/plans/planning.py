"""The plan of a wish: what exists, what is wanted, the difference as steps, and what was looked at first (design §4, §6)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from tarmac.platform.errors import PlatformError
from tarmac.platform.models import Dataset, LandingZoneInfo
from tarmac.services.catalogue.datasets import find_dataset, is_exportable
from tarmac.services.errors import PlanRefused, StillRunning
from tarmac.services.exports.history import Duration
from tarmac.services.plans.checks import Findings, make_checks
from tarmac.services.plans.existing import look
from tarmac.services.plans.fingerprints import secrets_changed
from tarmac.services.plans.folder_words import folder_of
from tarmac.services.plans.guards import guards_for
from tarmac.services.plans.live_specs import live_spec, tolerated
from tarmac.services.plans.plan import Action, Plan, PlanStep, Wish
from tarmac.services.plans.schedule_plan import window_of
from tarmac.services.plans.steps import Steps
from tarmac.services.plans.wanted import Wanted, wanted_for
from tarmac.services.together import together
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import TarmacError, UsageError
from tarmac.terms.secrets import Secret
from tarmac.terms.times import format_elapsed

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

ADOPTED = "adopted"
# Reading what exists is given this long even where no time is left for it.
_LEAST_S = 5.0


async def make_plan(ws: Workspace, wish: Wish, *, fire: bool = True) -> Plan:
    """Compare the wish with what exists and return the plan; nothing is changed. `fire`: with an ad-hoc run at the end.

    Raises UsageError for an unknown or ambiguous dataset, and what the platform raises.
    """
    platform = await ws.platform()
    try:
        dataset = await find_dataset(ws, wish.export.dataset)
    except UsageError as error:
        raise wish.export.blamed("dataset", error) from error
    wanted = wanted_for(wish, dataset, ws.profile.platform)
    async with together() as group:
        seen = group.create_task(look(platform, wanted, await adopted_flow(ws, wanted.marker)))
        exportable = group.create_task(_exportable(ws, dataset))
        live = group.create_task(live_spec(platform, wanted.spec.kind))
        landing_zone = group.create_task(_landing_zone(platform, wanted))
        credentials = group.create_task(_credentials(ws, wanted))
        guards = group.create_task(guards_for(ws, dataset, wanted.marker))
    existing, secrets = seen.result(), credentials.result()
    changed = (
        existing.base is not None
        and isinstance(secrets, dict)
        and await secrets_changed(ws.ledger, existing.base.id, secrets)
    )
    now = ws.now()
    steps = Steps(platform, wanted, existing, now)
    source, base = steps.source(), steps.base(credentials_changed=changed)
    target = steps.target(base)
    made_at = now if existing.flow is None else existing.flow.created_at or now
    window = window_of(wish.export.schedule.kind, steps.schedule(), now, made_at=made_at)
    flow = steps.flow(source, target, window)
    run = steps.run(flow, await ws.history.usual(Duration.READY)) if fire else None
    lines: list[PlanStep] = [source, base, target, flow, *steps.retired()]
    findings = Findings(
        is_exportable=exportable.result(),
        live=live.result(),
        landing_zone=landing_zone.result(),
        flow_count=existing.flow_count,
        creates_flow=flow.action is Action.CREATE,
        credentials=secrets,
    )
    folder = folder_preview(wanted, ws.profile.platform.sandbox, now)
    return Plan(
        wish=wish,
        dataset=dataset,
        steps=(*lines, run) if run is not None else tuple(lines),
        checks=(*make_checks(wanted, steps.schedule(), findings, now, folder), *guards.result()),
        window=window,
        folder_preview=folder,
        made_at=now,
        marker=wanted.marker,
        flow_id=None if flow.action is Action.CREATE else flow.existing_id,
        etags=steps.etags,
    )


async def plan_within(ws: Workspace, wish: Wish, left_s: float) -> Plan:
    """Make the plan of an export within that many seconds. Raises StillRunning (`timeout`), and what `make_plan` raises."""
    try:
        async with asyncio.timeout(max(_LEAST_S, left_s)):
            return await make_plan(ws, wish)
    except TimeoutError:
        raise StillRunning(
            f"what exists could not be read within {format_elapsed(left_s)}",
            code="timeout",
            meaning="The platform answers slowly, or not at all. Nothing was sent.",
            next_step="Give the same command again, or allow more time with --timeout.",
        ) from None


def refuse_if_blocked(plan: Plan) -> None:
    """Raise PlanRefused with the first blocker and the number of the others."""
    if not plan.blockers:
        return
    first, more = plan.blockers[0], len(plan.blockers) - 1
    raise PlanRefused(
        first.title + (f" (and {more} more)" if more else ""),
        meaning=f"{first.detail} Nothing was sent.".strip(),
        next_step=first.next_step,
    )


async def adopted_flow(ws: Workspace, marker: str) -> str | None:
    """Return the flow that a person said belongs to this export, from the ledger."""
    notes = [note for note in await ws.ledger.notes(ADOPTED) if note.text("marker") == marker]
    return notes[-1].text("flow_id") if notes else None


def folder_preview(wanted: Wanted, sandbox: str, moment: datetime) -> str:
    """Return the folder that a run at `moment` would write, as far as its macros are known (§3.7, §7)."""
    return folder_of(
        wanted.wish.folder,
        wanted.wish.export.folder_template,
        kind=wanted.spec.kind,
        dataset_id=wanted.dataset.id,
        dataset_name=wanted.dataset.name,
        sandbox=sandbox,
        moment=moment,
    )


async def _exportable(ws: Workspace, dataset: Dataset) -> bool | TarmacError:
    try:
        return await is_exportable(ws, dataset)
    except PlatformError as error:
        return tolerated(error)


async def _landing_zone(platform: Platform, wanted: Wanted) -> LandingZoneInfo | TarmacError | None:
    if wanted.spec.kind is not DestinationKind.DATA_LANDING_ZONE:
        return None
    try:
        await platform.landing_zone.credentials()
        return await platform.landing_zone.info()
    except PlatformError as error:
        return tolerated(error)


async def _credentials(ws: Workspace, wanted: Wanted) -> dict[str, Secret] | TarmacError | None:
    """Resolve the destination's secrets now, so that a missing one is known before anything is sent."""
    if wanted.auth is None or wanted.wish.destination.base_connection is not None:
        return None
    try:
        return await ws.secrets(wanted.secret_refs)
    except UsageError as error:
        return error
