"""Folder names below the base path: the default one and `foldernameTemplate` (§3.7, §7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_MACRO = re.compile(r"%([A-Z_]+)(?:\(([^()%]*)\))?%")
# Java's SimpleDateFormat letters that the templates use.
_DATE_PART = re.compile(r"YYYY|yyyy|MM|dd|DD|HH|mm|ss")
_STRFTIME = {"YYYY": "%Y", "yyyy": "%Y", "MM": "%m", "dd": "%d", "DD": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_MACROS = frozenset(
    {
        "DESTINATION",
        "DESTINATION_NAME",
        "DATASET_ID",
        "DATASET_NAME",
        "DATETIME",
        "EXPORT_TIME",
        "DESTINATION_INSTANCE_NAME",
        "DESTINATION_INSTANCE_ID",
        "SANDBOX_NAME",
        "ORGANIZATION_NAME",
    }
)
_UNSAFE = re.compile(r"[^A-Za-z0-9!\-_.*'()=]+")


@dataclass(frozen=True)
class FolderFacts:
    """What the macros stand for; `moment` is the run's virtual time."""

    moment: datetime
    dataset_id: str
    dataset_name: str
    destination: str
    instance_name: str
    instance_id: str
    sandbox_name: str
    organization: str
    export_time_digits: int = 14

    @property
    def export_time(self) -> str:
        """`exportTime`; 14 digits as they were seen to be, or the documents' 12 (C5)."""
        return f"{self.moment:%Y%m%d%H%M%S}"[: self.export_time_digits]


def unknown_macro(template: str) -> str | None:
    """Return the first macro that the platform does not know, or None."""
    return next((match[0] for match in _MACRO.finditer(template) if match[1] not in _MACROS), None)


def export_folder(base: str, template: str | None, facts: FolderFacts) -> str:
    """Return the complete folder of one export."""
    if template:
        rest = _MACRO.sub(lambda match: _value(match, facts), template)
    else:
        rest = f"{facts.dataset_id}/exportTime={facts.export_time}"
    parts = [part for part in f"{base}/{rest}".split("/") if part not in {"", ".", ".."}]
    return "/".join(parts)


def _value(match: re.Match[str], facts: FolderFacts) -> str:
    if match[1] == "DATETIME":
        return _DATE_PART.sub(lambda part: facts.moment.strftime(_STRFTIME[part[0]]), match[2] or "YYYYMMdd_HHmmss")
    text = {
        "DESTINATION": facts.destination,
        "DESTINATION_NAME": facts.destination,
        "DATASET_ID": facts.dataset_id,
        "DATASET_NAME": facts.dataset_name,
        "EXPORT_TIME": facts.export_time,
        "DESTINATION_INSTANCE_NAME": facts.instance_name,
        "DESTINATION_INSTANCE_ID": facts.instance_id,
        "SANDBOX_NAME": facts.sandbox_name,
        "ORGANIZATION_NAME": facts.organization,
    }.get(match[1], match[0])
    return _UNSAFE.sub("-", text)
