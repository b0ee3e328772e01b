"""From what a person gives back, an id, a unique name or the name of an export, to the flows that are meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tarmac.services.flows.flow_list import FlowListing, FlowRow
from tarmac.terms.errors import UsageError
from tarmac.terms.near_names import near_names
from tarmac.terms.text import plain


def choose_flows(listings: Sequence[FlowListing], wanted: Iterable[str]) -> tuple[FlowRow, ...]:
    """Return the flows in the order given, each once. Raises UsageError: unknown (with near names) or ambiguous (with ids)."""
    rows = [row for listing in listings for row in listing.rows]
    chosen: dict[str, FlowRow] = {}
    for text in wanted:
        row = _choose(rows, text.strip())
        chosen[row.id] = row
    return tuple(chosen.values())


def _choose(rows: Sequence[FlowRow], text: str) -> FlowRow:
    by_id = [row for row in rows if row.id == text]
    found = (
        by_id or [row for row in rows if row.export == text] or [row for row in rows if text in {row.name, row.label}]
    )
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{row.id} ({plain(row.state, 40)}, {row.sandbox})" for row in found[:10])
        raise UsageError(
            f"{len(found)} flows are called {plain(text, 80)!r}: {ids}",
            code="ambiguous-flow",
            meaning="Nothing was sent.",
            next_step="Give the id of the one you mean.",
        )
    names = [row.label for row in rows] + [row.export for row in rows if row.export]
    raise UsageError(
        f"there is no dataset flow {plain(text, 80)!r}",
        code="unknown-flow",
        meaning=near_names(text, names, "It was looked for by id, by name and as an export's name."),
        next_step="`tarmac flows` lists them.",
    )
