"""What is looked at before anything is sent. A blocker keeps the plan from being applied; what was not seen is said so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tarmac.platform.models import LandingZoneInfo
from tarmac.profiles.models import Export
from tarmac.services.catalogue.guardrails import dataset_guardrails, last_batch
from tarmac.services.plans.folder_words import template_complaint
from tarmac.services.plans.hour_steps import step_check
from tarmac.services.plans.live_specs import LiveSpec
from tarmac.services.plans.plan import Check, Verdict
from tarmac.services.plans.wanted import Wanted
from tarmac.storage.folder_template import MACROS
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import TarmacError
from tarmac.terms.formats import is_supported
from tarmac.terms.schedules import ScheduleKind, ScheduleParams
from tarmac.terms.secrets import Secret
from tarmac.terms.text import plain
from tarmac.terms.times import utc

FLOW_LIMIT = 100
DEFAULT_TTL_DAYS = 7
# S3, Google and Azure agree. `part-00000-tid-<19 digits>-<uuid>-<n>-<m>-c000.gz.parquet` is what comes below the folder (§7).
LONGEST_NAME = 1_024
PART_NAME_LENGTH = 96


@dataclass(frozen=True)
class Findings:
    """What was read for the checks. An error stands for an answer that did not come."""

    is_exportable: bool | TarmacError
    live: LiveSpec
    landing_zone: LandingZoneInfo | TarmacError | None
    flow_count: int | None
    creates_flow: bool
    credentials: dict[str, Secret] | TarmacError | None


def make_checks(
    wanted: Wanted, schedule: ScheduleParams, findings: Findings, now: datetime, folder: str
) -> tuple[Check, ...]:
    """Return all checks in the order in which a person wants to read them; `folder` is where a run now would write."""
    export = wanted.wish.export
    found = [
        _exportable(findings.is_exportable),
        last_batch(wanted.dataset),
        *dataset_guardrails(wanted.dataset, export.format, export.compression),
        _format_pair(wanted, findings.live),
        _location(wanted, findings.live),
        _template(export.folder_template),
        _length(wanted, folder),
        *_credentials(wanted, findings.credentials, findings.live),
        _step(export, findings.live.hour_steps),
        _window(export, schedule, now),
        *_landing_zone(wanted, findings.landing_zone),
        *_flow_cap(findings),
        _spec(findings.live),
    ]
    return tuple(each for each in found if each is not None)


def _exportable(answer: bool | TarmacError) -> Check:
    if isinstance(answer, TarmacError):
        return _unchecked("whether the dataset is exportable is not known", answer)
    if answer:
        return Check(Verdict.OK, "dataset is exportable")
    return Check(
        Verdict.BLOCKER,
        "dataset is not exportable",
        "The platform does not list it among the datasets that this organization may export.",
        "Derived datasets need the Data Distiller licence; profile datasets must be enabled for Profile.",
    )


def _format_pair(wanted: Wanted, live: LiveSpec) -> Check:
    export = wanted.wish.export
    if not live.offers(export.format, export.compression):
        return Check(
            Verdict.BLOCKER,
            f"the platform does not offer {export.format.wire} with {export.compression.wire} for {wanted.spec.title}",
            f"Its specification names {', '.join(live.file_types)} and {', '.join(live.compressions)}.",
            "Choose another format or compression.",
        )
    if is_supported(export.format, export.compression):
        return Check(Verdict.OK, f"{export.format.wire} with {export.compression.wire} is supported")
    return Check(
        Verdict.BLOCKER,
        f"{export.format.wire} with compression {export.compression.wire} is not supported",
        "The platform exports JSON compressed only.",
        'Set compression = "gzip", or format = "parquet".',
    )


def _template(template: str | None) -> Check | None:
    complaint = None if template is None else template_complaint(template)
    if complaint is None:
        return None
    return Check(
        Verdict.BLOCKER,
        complaint[0].upper() + complaint[1:],
        "The platform would make a folder of that name, or refuse the dataflow.",
        f"Use {', '.join(f'%{name}%' for name in MACROS)}.",
    )


def _location(wanted: Wanted, live: LiveSpec) -> Check:
    complaints = [
        complaint
        for field in live.spec.location
        if (complaint := field.complaint(wanted.location.get(field.wire, ""))) is not None
    ]
    if not complaints:
        return Check(Verdict.OK, "folder and names are well-formed")
    return Check(
        Verdict.BLOCKER,
        complaints[0],
        "; ".join(complaints[1:]),
        f"Correct it in the destination {wanted.wish.destination.name} or in the export.",
    )


def _length(wanted: Wanted, folder: str) -> Check | None:
    """Object storages take names of 1,024 characters; an SFTP server's limit is its own."""
    length = len(folder.encode()) + 1 + PART_NAME_LENGTH
    if wanted.spec.kind is DestinationKind.SFTP or length <= LONGEST_NAME:
        return None
    return Check(
        Verdict.BLOCKER,
        f"the files' names would have {length:,} characters, and the storage takes {LONGEST_NAME:,}",
        f"The folder alone has {len(folder.encode()):,}; dataset, time and file name come below the one you give.",
        "Give a shorter folder.",
    )


def _credentials(wanted: Wanted, given: dict[str, Secret] | TarmacError | None, live: LiveSpec) -> tuple[Check, ...]:
    destination = wanted.wish.destination
    if not wanted.spec.auth or destination.base_connection is not None:
        return ()
    if wanted.auth is None:
        forms = " or ".join(
            ", ".join(field.key for field in variant.fields if field.required) for variant in wanted.spec.auth
        )
        return (
            Check(
                Verdict.BLOCKER,
                f"credentials for {destination.name} are missing",
                f"{wanted.spec.title} needs {forms}.",
                "Add them to the destination in the profile, or name a base_connection there.",
            ),
        )
    if not live.offers_auth(wanted.auth):
        return (
            Check(
                Verdict.BLOCKER,
                f"the platform does not offer to sign in with {wanted.auth.words}",
                f"{wanted.spec.title} offers {', '.join(live.auth_names)}.",
                f"Give {destination.name} other credentials.",
            ),
        )
    if isinstance(given, TarmacError):
        return (Check(Verdict.BLOCKER, given.message, given.meaning, given.next_step),)
    if given is None:
        return ()
    variant = next((each for each in live.spec.auth if each.key == wanted.auth.key), wanted.auth)
    complaints = [
        complaint
        for field in variant.fields
        if (complaint := field.complaint(given[field.wire].reveal() if field.wire in given else "")) is not None
    ]
    if complaints:
        return (Check(Verdict.BLOCKER, complaints[0], "; ".join(complaints[1:]), f"Correct it in {destination.name}."),)
    return (Check(Verdict.OK, "credentials are complete and well-formed"),)


def _step(export: Export, live: tuple[int, ...]) -> Check | None:
    check = step_check(export.schedule, live)
    if check is None or check.verdict is not Verdict.BLOCKER:
        return check
    written = export.written_at("schedule.every")
    return replace(check, detail=f"{check.detail} {written}".strip())


def _window(export: Export, params: ScheduleParams, now: datetime) -> Check:
    schedule, written = export.schedule, export.written_at("schedule.end", "schedule")
    if params.start is None or params.end is None:
        return Check(Verdict.WARNING, "the schedule has no end", "The platform ends it six months after its creation.")
    if params.end <= params.start:
        return Check(
            Verdict.BLOCKER,
            "the schedule ends before it starts",
            f"Start {params.start:%Y-%m-%d %H:%M} UTC, end {params.end:%Y-%m-%d %H:%M} UTC. {written}".strip(),
            "Choose a later end.",
        )
    if schedule.kind is ScheduleKind.INCREMENTAL and params.end <= now:
        return Check(
            Verdict.BLOCKER,
            "the schedule has ended",
            f"Its end was {params.end:%Y-%m-%d %H:%M} UTC. {written}".strip(),
            "Choose an end in the future.",
        )
    if schedule.kind is ScheduleKind.ONCE and schedule.start is not None and utc(schedule.start) < now:
        return Check(
            Verdict.WARNING,
            "the one-time start is in the past",
            f"It was {params.start:%Y-%m-%d %H:%M} UTC; the platform may never run it.",
            "Choose a start in the future, or leave it out.",
        )
    return Check(Verdict.OK, "the schedule's window is open, and its end is set")


def _landing_zone(wanted: Wanted, answer: LandingZoneInfo | TarmacError | None) -> tuple[Check, ...]:
    if wanted.spec.kind is not DestinationKind.DATA_LANDING_ZONE or answer is None:
        return ()
    if isinstance(answer, TarmacError):
        return (
            Check(
                Verdict.UNCHECKED,
                "landing zone could not be looked at",
                answer.message,
                answer.next_step or "Without its credentials, what lands cannot be counted.",
            ),
        )
    days = answer.ttl_days if answer.ttl_days is not None else DEFAULT_TTL_DAYS
    return (
        Check(Verdict.OK, "landing zone reachable"),
        Check(
            Verdict.WARNING,
            f"files are deleted after {days} days",
            "The landing zone keeps nothing longer.",
            "Copy what you need before then, or export to a storage of your own.",
        ),
    )


def _flow_cap(findings: Findings) -> tuple[Check, ...]:
    count = findings.flow_count
    if not findings.creates_flow or count is None:
        return ()
    if count >= FLOW_LIMIT:
        return (
            Check(
                Verdict.BLOCKER,
                f"there are {count} dataflows already, and a sandbox may have {FLOW_LIMIT}",
                "The platform refuses more.",
                "Delete dataflows that are no longer needed: `tarmac flows` lists them.",
            ),
        )
    return (Check(Verdict.OK, f"{count} of {FLOW_LIMIT} dataflows in use"),)


def _spec(live: LiveSpec) -> Check:
    """Say where the platform's own specification and tarmac's table differ; the platform's decides."""
    if live.problem is not None or isinstance(live.flow, TarmacError):
        problem = live.problem or live.flow
        assert isinstance(problem, TarmacError)  # noqa: S101 - one of the two is
        return _unchecked("the platform's own specification could not be read: tarmac's table was used", problem)
    if live.missing:
        return Check(
            Verdict.WARNING,
            f"the platform asks for {', '.join(plain(name, 60) for name in live.missing)}, which tarmac does not know",
            "The target connection may be refused.",
            "Look for a newer tarmac; until then, make this dataflow in the platform's own interface.",
        )
    if live.differences:
        return Check(
            Verdict.WARNING,
            f"{len(live.differences)} things are not as tarmac's table has them; the platform's own word was taken",
            "; ".join(live.differences),
        )
    detail = f"By the platform's own rules: {'; '.join(live.rules)}" if live.rules else ""
    return Check(Verdict.OK, "fields, formats and steps are as the platform's own specification says", detail)


def _unchecked(title: str, error: TarmacError) -> Check:
    return Check(Verdict.UNCHECKED, title, error.message, error.next_step)
