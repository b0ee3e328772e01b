"""From what exists to what will be done: the lines of a plan, each with the exact requests it will send."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tarmac.platform import requests
from tarmac.platform.messages import PlannedRequest
from tarmac.platform.models import Flow
from tarmac.services.exports.progress import Band
from tarmac.services.plans.compare import (
    base_differences,
    flow_differences,
    must_be_new,
    source_differences,
    target_differences,
)
from tarmac.services.plans.existing import Existing
from tarmac.services.plans.plan import Action, Difference, Noun, PlannedCall, PlanStep, ScheduleWindow
from tarmac.services.plans.schedule_plan import params_to_send, schedule_differences, wanted_params
from tarmac.services.plans.wanted import Wanted
from tarmac.terms.formats import is_supported
from tarmac.terms.quantities import size_words
from tarmac.terms.schedules import ScheduleKind, ScheduleParams
from tarmac.terms.secrets import MASK, Secret
from tarmac.terms.states import ObjectState
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

# Stand in a planned body for ids that only the platform can give.
NEW_SOURCE = "<id of the new source connection>"
NEW_BASE = "<id of the new base connection>"
NEW_TARGET = "<id of the new target connection>"
NEW_FLOW = "<id of the new dataflow>"
_HIDDEN = Secret(MASK)
_SCHEDULE_FIELDS = {"schedule", "export mode", "schedule step", "folder template", "schedule start", "schedule end"}


class Steps:
    """Builds the steps of one plan. `now` is the platform's time at planning."""

    def __init__(self, platform: Platform, wanted: Wanted, existing: Existing, now: datetime) -> None:
        self._platform = platform
        self._wanted = wanted
        self._existing = existing
        self._now = now
        self.etags: dict[str, str] = {}

    def source(self) -> PlanStep:
        """Reuse the source connection, or make a new one: its datasets cannot be changed (§3.6)."""
        wanted, have = self._wanted, self._existing.source
        dataset = wanted.dataset
        summary = (
            f"{plain(dataset.name, 80)} ({short_id(dataset.id)})   {extent_words(dataset.rows, dataset.size_bytes)}"
        )
        if have is not None:
            differences = source_differences(have, wanted)
            if not differences:
                return PlanStep(Noun.SOURCE, Action.REUSE, summary, existing_id=have.id)
        else:
            differences = ()
        call = requests.create_source_connection_request(wanted.name, [(dataset.id, dataset.name)])
        return PlanStep(Noun.SOURCE, Action.CREATE, summary, differences=differences, calls=self._calls(call))

    def base(self, *, credentials_changed: bool) -> PlanStep:
        """Reuse the base connection, give it other credentials, or make one."""
        wanted, have = self._wanted, self._existing.base
        is_kept = have is not None and wanted.wish.destination.base_connection is not None
        differences = () if have is None or is_kept else base_differences(have, wanted)
        if have is None or _needs_other_auth(differences):
            auth = wanted.auth
            call = requests.create_connection_request(
                wanted.base_name,
                wanted.spec.connection_spec_id,
                None if auth is None else auth.spec_name,
                None if auth is None else self._shown_params(),
            )
            how = "" if auth is None else f" · {auth.title}"
            return PlanStep(
                Noun.BASE,
                Action.CREATE,
                f"{wanted.spec.title} for destination {wanted.wish.destination.name}{how}",
                differences=differences,
                calls=self._calls(call),
            )
        self._remember(have.id, have.etag)
        shown = f'"{plain(have.name, 80)}" ({short_id(have.id)})'
        if credentials_changed and not is_kept:
            differences = (*differences, Difference("secrets", "as given before", "as the profile gives them now"))
        if not differences:
            return PlanStep(Noun.BASE, Action.REUSE, f"reused: {shown}", existing_id=have.id)
        call = requests.rotate_credentials_request(have.id, have.etag or "", self._shown_params())
        return PlanStep(
            Noun.BASE,
            Action.CHANGE,
            f"new credentials for {shown}",
            existing_id=have.id,
            differences=differences,
            calls=self._calls(call),
        )

    def target(self, base: PlanStep) -> PlanStep:
        """Reuse the target connection, change its parameters, or make one."""
        wanted, have = self._wanted, self._existing.target
        export = wanted.wish.export
        where = "/".join(part for part in (*self._container(), wanted.wish.folder) if part) or "the top folder"
        summary = f"{where} · {export.format.wire} · {export.compression.wire}"
        base_id = None if base.action is Action.CREATE else base.existing_id
        differences = () if have is None else target_differences(have, wanted, base_id)
        if have is None or must_be_new(differences) or any(each.field == "base connection" for each in differences):
            calls: tuple[PlannedCall, ...] = ()
            if is_supported(export.format, export.compression):
                calls = self._calls(
                    requests.create_target_connection_request(
                        wanted.name,
                        wanted.spec.connection_spec_id,
                        base_id or NEW_BASE,
                        wanted.location,
                        export.format,
                        export.compression,
                    )
                )
            return PlanStep(Noun.TARGET, Action.CREATE, summary, differences=differences, calls=calls)
        self._remember(have.id, have.etag)
        if not differences:
            return PlanStep(Noun.TARGET, Action.REUSE, summary, existing_id=have.id)
        # What others put into the object stays; what the wish says is set, and the whole is sent (§3.5).
        call = requests.change_target_request(have.id, have.etag or "", {**have.params, **wanted.target_params})
        return PlanStep(
            Noun.TARGET, Action.CHANGE, summary, existing_id=have.id, differences=differences, calls=self._calls(call)
        )

    def flow(self, source: PlanStep, target: PlanStep, window: ScheduleWindow) -> PlanStep:
        """Reuse the dataflow, bring it to the wish, or make one."""
        wanted, have = self._wanted, self._existing.flow
        source_id = None if source.action is Action.CREATE else source.existing_id
        target_id = None if target.action is Action.CREATE else target.existing_id
        if have is None or target_id is None:
            call = requests.create_flow_request(
                wanted.name,
                wanted.spec.flow_spec_id,
                [source_id or NEW_SOURCE],
                [target_id or NEW_TARGET],
                self.schedule(),
            )
            return PlanStep(Noun.FLOW, Action.CREATE, window.words, window.notes, calls=self._calls(call))
        self._remember(have.id, have.etag)
        schedule, template = wanted.wish.export.schedule, wanted.wish.export.folder_template
        differences = (
            *flow_differences(have, wanted, source_id, target_id),
            *schedule_differences(schedule, have.schedule, self._now, template),
        )
        if not differences:
            return PlanStep(Noun.FLOW, Action.REUSE, window.words, window.notes, have.id)
        return PlanStep(
            Noun.FLOW,
            Action.CHANGE,
            window.words,
            window.notes,
            have.id,
            differences,
            self._flow_calls(have, differences, source_id),
        )

    def retired(self) -> tuple[PlanStep, ...]:
        """Disable flows of this export that the wish has left behind: two would both deliver."""
        kept = self._existing.flow
        left = [flow for flow in self._existing.retired if kept is None or flow.id != kept.id]
        return tuple(
            PlanStep(
                Noun.FLOW,
                Action.CHANGE,
                f'disabled: the earlier "{plain(flow.name, 80)}" ({short_id(flow.id)})',
                ("it delivers by an earlier wish, or was made twice; delete it when it is no longer needed",),
                flow.id,
                (Difference("state", flow.state, ObjectState.DISABLED),),
                self._calls(requests.switch_flow_request(flow.id, enable=False)),
            )
            for flow in left
        )

    def run(self, flow: PlanStep, usual: Band | None) -> PlanStep | None:
        """Fire an ad-hoc run; a one-time flow that is new runs by itself at its start."""
        if self._wanted.wish.export.schedule.kind is ScheduleKind.ONCE and flow.action is Action.CREATE:
            return None
        flow_id = flow.existing_id or NEW_FLOW
        if flow.action is Action.REUSE:
            summary = "accepted at once, unless the dataflow is only minutes old"
        else:
            known = "" if usual is None else f" (here usually after {usual.words})"
            summary = f"accepted as soon as the platform is ready{known}"
        call = requests.ad_hoc_request(flow_id, [self._wanted.dataset.id])
        return PlanStep(Noun.RUN, Action.FIRE, summary, calls=self._calls(call))

    def schedule(self) -> ScheduleParams:
        """Return the schedule as it will be stored: of the present flow as far as it fits, else of a new one."""
        export, have = self._wanted.wish.export, self._existing.flow
        if have is None:
            return wanted_params(export.schedule, self._now, export.folder_template)
        return params_to_send(export.schedule, have.schedule, self._now, export.folder_template)

    def _flow_calls(
        self, have: Flow, differences: tuple[Difference, ...], source_id: str | None
    ) -> tuple[PlannedCall, ...]:
        fields = {each.field for each in differences}
        changes: list[Mapping[str, Any]] = []
        if "source connection" in fields:
            changes.append({"op": "replace", "path": "/sourceConnectionIds", "value": [source_id or NEW_SOURCE]})
        if fields & _SCHEDULE_FIELDS:
            changes.append({"op": "replace", "path": "/scheduleParams", "value": self.schedule().to_wire()})
        calls = [requests.change_flow_request(have.id, have.etag or "", changes)] if changes else []
        if have.state != ObjectState.ENABLED:
            calls.append(requests.switch_flow_request(have.id, enable=True))
        return self._calls(*calls)

    def _calls(self, *planned: PlannedRequest) -> tuple[PlannedCall, ...]:
        shown = [self._platform.as_sent(each) for each in planned]
        return tuple(PlannedCall(each.method, each.path, each.body, tuple(each.headers.items())) for each in shown)

    def _shown_params(self) -> dict[str, str | Secret]:
        public = self._wanted.public_params
        return {key: public.get(key, _HIDDEN) for key in self._wanted.secret_refs}

    def _container(self) -> tuple[str, ...]:
        location = self._wanted.wish.destination.location
        return tuple(location[key] for key in ("bucket", "container") if key in location)

    def _remember(self, object_id: str, etag: str | None) -> None:
        if etag is not None:
            self.etags[object_id] = etag


def _needs_other_auth(differences: tuple[Difference, ...]) -> bool:
    """Whether credentials of another form are wanted; only the parameters of a connection can be changed (§3.4)."""
    return must_be_new(differences) or any(each.field == "credentials" for each in differences)


def short_id(object_id: str) -> str:
    """Write a long id as its beginning and end: `66c0…0001`."""
    return object_id if len(object_id) <= 12 else f"{object_id[:4]}…{object_id[-4:]}"


def extent_words(rows: int | None, size_bytes: int | None) -> str:
    """Write rows and size: `120,000 rows · 7.7 MiB`; what is not known is said to be."""
    count = "rows not known" if rows is None else f"{rows:,} rows"
    return count if size_bytes is None else f"{count} · {size_words(size_bytes)}"
