"""The flows that the Flows screen lists: as they were read, in the order asked for, and how many there are in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from tarmac.screens.flow_rows import COLUMNS, COLUMNS_EVERYWHERE, Order, row_of
from tarmac.widgets.lines import width_of
from tarmac.widgets.rows import Column, RowList

if TYPE_CHECKING:
    from tarmac.services.flows.flow_list import FlowListing, FlowRow


class Said(NamedTuple):
    """What of the list is in view: how many contain the text to find, that text, how many are marked.

    `going` is what happens to the list: it is read again, or could not be.
    """

    found: int
    text: str
    marked: int
    going: str = ""


class ListedFlows:
    """The flows of one sandbox, or of all: a listing for each. `order` is what they are sorted by."""

    def __init__(self) -> None:
        self.listings: tuple[FlowListing, ...] = ()
        self.is_everywhere = False
        self.order = Order.LOOK
        self._by_id: dict[str, FlowRow] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def take(self, listings: tuple[FlowListing, ...], *, is_everywhere: bool) -> None:
        """List these in place of those before, of all sandboxes or of one; the order stays."""
        self.listings, self.is_everywhere = listings, is_everywhere
        self._by_id = {row.id: row for listing in listings for row in listing.rows}

    def get(self, key: str | None) -> FlowRow | None:
        """Return one flow by its id; None if it is not listed."""
        return self._by_id.get(key or "")

    def of(self, keys: Iterable[str]) -> tuple[FlowRow, ...]:
        """Return those of `keys` that are listed, in the order of `keys`."""
        return tuple(self._by_id[key] for key in keys if key in self._by_id)

    def ending(self) -> tuple[FlowRow, ...]:
        """Return the flows that end soon."""
        return tuple(row for row in self._by_id.values() if row.ends_soon)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that the lines of the table have."""
        return COLUMNS_EVERYWHERE if self.is_everywhere else COLUMNS

    def rows(self, text: str) -> RowList:
        """Return the lines of the table that contain `text`; all of them if it is empty."""
        flows = sorted(self._by_id.values(), key=self.order.key)
        # Rows come with a listing, so there is one where there are rows.
        read_at = [each.read_at for each in self.listings]
        lines = RowList(row_of(flow, read_at[0], with_sandbox=self.is_everywhere) for flow in flows)
        return lines.containing(text) if text else lines

    def status(self, said: Said, room: int) -> str:
        """Return as much as `room` cells hold: how old the list is matters more than how full the sandbox is.

        There has to be a listing.
        """
        count, soon = len(self), len(self.ending())
        where = " of all sandboxes" if self.is_everywhere else ""
        many = f"{count} dataset flow{'' if count == 1 else 's'}{where}"
        parts = [f"{said.found} of {count} flows{where} · / {said.text}" if said.text else many]
        if said.going:
            parts.append(said.going)
        if said.marked:
            parts.append(f"{said.marked} marked")
        if self.order is not Order.LOOK:
            parts.append(f"by {self.order.value}")
        # How full it is has a meaning for one sandbox only.
        limit = [] if self.is_everywhere else [self.listings[0].limit_words.replace("dataflows ", "")]
        age = f"as of {self.listings[0].read_at:%H:%M} UTC"
        ends = f"! {soon} end{'s' if soon == 1 else ''}"
        told = [
            ([f"{ends}{when}"], rest) for when, rest in ((" within 30 days", limit), (" soon", limit), (" soon", []))
        ]
        for ending, rest in [*told, ([], [])]:
            words = " · ".join([*parts, *(ending if soon else []), *rest, age])
            if width_of(words) <= room:
                break
        return words
