"""Where the platform's documents disagree or say nothing (§11, §12): which reading this emulator follows.

The defaults are the newest documents', or what was seen. `tarmac emulate --reading NAME=VALUE` takes another one, so that a
client can be tried against both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from tarmac.terms.errors import UsageError
from tarmac.terms.schedules import KNOWN_HOUR_STEPS


class HourSteps(StrEnum):
    """The steps of an hourly schedule (C3)."""

    ALL = "all"
    API = "api"
    UI = "ui"

    @property
    def hours(self) -> tuple[int, ...]:
        """What a schedule may hold and the live flow spec shows."""
        left_out = {HourSteps.ALL: None, HourSteps.API: 8, HourSteps.UI: 9}[self]
        return tuple(step for step in KNOWN_HOUR_STEPS if step != left_out)


@dataclass(frozen=True)
class Strictness:
    """One reading of the documents."""

    # C1: JSON with NONE is forbidden by EDA's text and used by EDA's samples.
    json_needs_gzip: bool = True
    # C3: 3, 6, 9, 12 (EDA, DST) or 3, 6, 8, 12 (EDU).
    hour_steps: HourSteps = HourSteps.ALL
    # C5: 14 were seen, 12 are documented.
    export_time_digits: int = 14
    # C7: a missing x-sandbox-name means `prod` (UPD, DEL), or is refused (ERR).
    require_sandbox: bool = False
    # C8: 202 (DST, DEL) or 204 (FLS, DELA).
    delete_status: int = 202
    # C9: a run's end is `completedAtUTC` in all examples and `stoppedAtUTC` in the schema.
    run_stops: bool = False
    # C11: success, processing (examples) or SUCCESS, IN_PROGRESS (FLS).
    upper_status: bool = False
    # C19: the gateway's `error_code` as a text (TRB) or as a number (DST).
    numeric_codes: bool = False
    # §2.1: the export-eligible list with `pageInfo` (EDA) or without (DST's example).
    page_info: bool = True
    # §2.3, §12.13: row counts in Catalog are known from one client only.
    row_counts: bool = True
    # §3.4: answer GET of a base connection without its `auth` at all instead of with masked values.
    hide_auth: bool = False
    # §3.7: whether an ad-hoc run of a flow whose end lies before its start is refused.
    adhoc_needs_open_schedule: bool = False
    # §12.1: the HTTP status of the ad-hoc run's refusals was never recorded.
    adhoc_status: int = 400
    # §12.4: whether PATCH of an object (`/scheduleParams`, `/params`) merges into it or replaces it.
    patch_replaces: bool = False
    # §12.8: whether the next link repeats the filters or holds the token only.
    links_repeat_filters: bool = False


_NUMBERS: Mapping[str, tuple[int, ...]] = {
    "export_time_digits": (14, 12),
    "delete_status": (202, 204),
    "adhoc_status": (400, 200, 404, 409, 422, 500),
}
_TRUTH = {"yes": True, "no": False}


def choices() -> dict[str, dict[str, object]]:
    """Return the readings by name as people write it: each value's text and what it stands for, the default first."""
    found: dict[str, dict[str, object]] = {}
    for field in fields(Strictness):
        if field.name in _NUMBERS:
            values: dict[str, object] = {str(number): number for number in _NUMBERS[field.name]}
        elif isinstance(field.default, HourSteps):
            values = {str(steps): steps for steps in HourSteps}
        else:
            values = dict(sorted(_TRUTH.items(), key=lambda item: item[1] is not field.default))
        found[field.name.replace("_", "-")] = values
    return found


def strictness_of(readings: Iterable[str]) -> Strictness:
    """Read `NAME=VALUE` texts. Raises UsageError with what there is to choose from."""
    chosen: dict[str, object] = {}
    known = choices()
    for reading in readings:
        name, _equals, value = reading.partition("=")
        if name not in known:
            raise _unknown(f"--reading {reading}: there is no {name!r}", f"Choose from {', '.join(known)}.")
        if value not in known[name]:
            raise _unknown(f"--reading {reading}", f"Write {name}= and one of {', '.join(known[name])}.")
        chosen[name.replace("-", "_")] = known[name][value]
    return Strictness(**chosen)  # type: ignore[arg-type]  # the values come from the table above


def _unknown(what: str, next_step: str) -> UsageError:
    return UsageError(f"{what}.", code="emulator-options", next_step=next_step)
