"""The line above the list of datasets: how many there are, how old that is, and what happens to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tarmac.terms.quantities import moment_words, plural


@dataclass(frozen=True)
class DatasetStatus:
    """What is known of the list. Moments are UTC.

    `total` datasets were read so far, by `read_at`; an earlier list had `before` of them, `before_at`. `waited` says how long
    the reading lasts, once that is worth saying. `found` of them have the `text` that is looked for.
    """

    total: int
    is_complete: bool
    has_failed: bool
    read_at: datetime | None
    before: int
    before_at: datetime | None
    waited: str
    found: int
    text: str

    def words(self, sorted_by: str, marked: int, now: datetime | None) -> str:
        """Return it in words; `now` is what decides how much of a date has to be said."""
        parts = [part for part in (self._count(), f"sorted by {sorted_by}" if sorted_by else "") if part]
        as_of = self.before_at or (self.read_at if self.has_failed and not self.is_complete else None)
        if as_of is not None:
            # Of today the hour is enough where more has to be said.
            is_short = self.waited and now is not None and as_of.date() == now.date()
            parts.append(f"as of {as_of:%H:%M} UTC" if is_short else f"as of {moment_words(as_of)} UTC")
        if self.waited:
            parts.append(f"reading… {self.waited}")
        if marked:
            parts.append(f"{marked} marked")
        return " · ".join(parts)

    def _count(self) -> str:
        if self.is_complete and self.text:
            return f'{self.found:,} of {plural(self.total, "dataset")} match "{self.text}"'
        found = f'{self.found:,} match "{self.text}"' if self.text else ""
        return " · ".join(part for part in (self._how_many(), found) if part)

    def _how_many(self) -> str:
        if self.is_complete:
            return f"{plural(self.total, 'dataset')} can be exported"
        if self.has_failed:
            known = max(self.total, self.before)
            return f"{plural(known, 'dataset')}, not up to date" if known else "not read"
        if self.read_at is not None:
            return f"{'' if self.waited else 'reading… '}{plural(self.total, 'dataset')} so far"
        if self.before_at is not None:
            return plural(self.before, "dataset") + ("" if self.waited else ", reading again…")
        return "" if self.waited else "reading…"
