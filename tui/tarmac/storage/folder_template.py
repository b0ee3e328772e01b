"""A custom `foldernameTemplate` (§3.7): what folder it makes, and which folders it made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property

from tarmac.terms.errors import UsageError

# §3.7: EDA's eight, and the two that only DST knows.
MACROS = (
    "DESTINATION",
    "DATASET_ID",
    "DATETIME",
    "EXPORT_TIME",
    "DESTINATION_INSTANCE_NAME",
    "DESTINATION_INSTANCE_ID",
    "SANDBOX_NAME",
    "ORGANIZATION_NAME",
    "DATASET_NAME",
    "DESTINATION_NAME",
)
_MACRO = re.compile(r"%([A-Z_]+)(?:\(([^()%]*)\))?%")
# Java's letters, as the documentation writes them (YYYY and yyyy both mean the year there).
_LETTERS = re.compile(r"YYYY|yyyy|MM|dd|DD|HH|mm|ss|SSS")
_PARTS = {
    "YYYY": "year",
    "yyyy": "year",
    "MM": "month",
    "dd": "day",
    "DD": "day",
    "HH": "hour",
    "mm": "minute",
    "ss": "second",
}
_DEFAULT_DATETIME = "YYYYMMdd_HHmmss"


class FolderTemplate:
    """A template with the values that are known; an unknown macro stands for any name without `/`.

    Raises UsageError for a macro that does not exist.
    """

    def __init__(self, template: str, values: Mapping[str, str] | None = None) -> None:
        self.template = template.strip("/")
        self._values = dict(values or {})
        for match in _MACRO.finditer(self.template):
            if match[1] not in MACROS:
                raise UsageError(
                    f"the folder template holds %{match[1]}%, which does not exist",
                    next_step="Use one of " + ", ".join(f"%{name}%" for name in MACROS) + ".",
                )

    def render(self, moment: datetime) -> str:
        """Return the folder for a run at `moment`; a macro without a known value stays as it is."""

        def fill(match: re.Match[str]) -> str:
            name, argument = match[1], match[2]
            if name == "DATETIME":
                return _LETTERS.sub(lambda letters: _format(letters[0], moment), argument or _DEFAULT_DATETIME)
            if name == "EXPORT_TIME":
                return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")
            return self._values.get(name, match[0])

        return _MACRO.sub(fill, self.template)

    def fits(self, folder: str) -> bool:
        """Whether this template can have made `folder` (relative to the base path)."""
        return self._pattern.fullmatch(folder) is not None

    def moment(self, folder: str) -> datetime | None:
        """Return the time in the folder's name (UTC); None if it has none, or not even a day."""
        match = self._pattern.fullmatch(folder)
        if match is None:
            return None
        found = match.groupdict()
        export_time = found.pop("export_time", None)
        if export_time is not None:
            whole = export_time.ljust(14, "0")[:14]
            found = {"year": whole[:4], "month": whole[4:6], "day": whole[6:8]}
            found |= {"hour": whole[8:10], "minute": whole[10:12], "second": whole[12:]}
        if not {"year", "month", "day"} <= {part for part, value in found.items() if value}:
            return None
        try:
            return datetime(
                int(found["year"]),
                int(found["month"]),
                int(found["day"]),
                int(found.get("hour") or 0),
                int(found.get("minute") or 0),
                int(found.get("second") or 0),
                tzinfo=UTC,
            )
        except ValueError:
            return None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        named: set[str] = set()
        parts: list[str] = []
        end = 0
        for match in _MACRO.finditer(self.template):
            parts.append(re.escape(self.template[end : match.start()]))
            end = match.end()
            parts.append(self._macro_pattern(match[1], match[2], named))
        parts.append(re.escape(self.template[end:]))
        return re.compile("".join(parts))

    def _macro_pattern(self, name: str, argument: str | None, named: set[str]) -> str:
        if name == "DATETIME":
            return _datetime_pattern(argument or _DEFAULT_DATETIME, named)
        if name == "EXPORT_TIME":
            # Its exact form is not documented; the default layout's "exportTime=" may or may not be part of it.
            return r"(?:exportTime=)?" + _group("export_time", r"\d{12,14}", named)
        value = self._values.get(name)
        return re.escape(value) if value is not None else r"[^/]+"


def _datetime_pattern(argument: str, named: set[str]) -> str:
    parts: list[str] = []
    end = 0
    for letters in _LETTERS.finditer(argument):
        parts.append(re.escape(argument[end : letters.start()]))
        end = letters.end()
        digits = rf"\d{{{len(letters[0])}}}"
        part = _PARTS.get(letters[0])
        parts.append(_group(part, digits, named) if part else digits)
    parts.append(re.escape(argument[end:]))
    return "".join(parts)


def _group(name: str, pattern: str, named: set[str]) -> str:
    """A named group; a part that appears again is only matched."""
    if name in named:
        return pattern
    named.add(name)
    return f"(?P<{name}>{pattern})"


def _format(letters: str, moment: datetime) -> str:
    if letters == "SSS":
        return f"{moment.microsecond // 1000:03d}"
    return f"{getattr(moment.astimezone(UTC), _PARTS[letters]):0{len(letters)}d}"
