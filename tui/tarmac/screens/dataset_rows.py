"""The rows of the Datasets screen: everything known so far, found by text and put in order, drawn only where visible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tarmac.terms.quantities import count_words, moment_words, size_words
from tarmac.widgets.rows import Cell, Column, Row, Tone

if TYPE_CHECKING:
    from tarmac.services.catalogue.dataset_cache import ListedDataset

COLUMNS = (
    Column("name", "NAME", min_width=22, weight=3, max_width=60),
    Column("rows", "ROWS", width=14, right=True),
    Column("size", "SIZE", width=10, right=True),
    Column("updated", "UPDATED", width=16, drop=1),
    Column("batch", "LAST BATCH", width=10, drop=3),
    Column("exported", "EXPORTED BY", min_width=14, weight=1, drop=2),
)
_EARLY = datetime(1970, 1, 1, tzinfo=UTC)


class Order(StrEnum):
    """What the list is sorted by; `s` goes to the next."""

    LISTED = "the platform's own order"
    NAME = "name"
    ROWS = "rows"
    SIZE = "size"
    UPDATED = "last update"


@dataclass(slots=True)
class _Entry:
    """A dataset and what searching and sorting need of it."""

    dataset: ListedDataset
    folded: str
    is_stale: bool


class Catalogue:
    """All datasets known so far. `view` is what a table shows of them."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._ordered: list[_Entry] | None = None
        self.exported_by: Mapping[str, tuple[str, ...]] = {}
        self.order = Order.LISTED

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> ListedDataset | None:
        """Return a dataset by id."""
        entry = self._entries.get(key)
        return None if entry is None else entry.dataset

    def put(self, datasets: Iterable[ListedDataset], *, stale: bool = False) -> None:
        """Add datasets or replace what was known of them; `stale` ones are from last time."""
        for dataset in datasets:
            entry = self._entries.get(dataset.id)
            folded = f"{dataset.name}\n{dataset.id}".casefold()
            if entry is None:
                self._entries[dataset.id] = _Entry(dataset, folded, stale)
            else:
                entry.dataset, entry.folded, entry.is_stale = dataset, folded, stale
        self._ordered = None

    def forget_stale(self) -> None:
        """The list is complete: what was only remembered does not exist any more."""
        self._entries = {key: entry for key, entry in self._entries.items() if not entry.is_stale}
        self._ordered = None

    def make_stale(self) -> None:
        """The list is read again: nothing is confirmed yet."""
        for entry in self._entries.values():
            entry.is_stale = True

    def next_order(self) -> Order:
        """Sort by the next thing."""
        orders = list(Order)
        self.order = orders[(orders.index(self.order) + 1) % len(orders)]
        self._ordered = None
        return self.order

    def in_order(self) -> Sequence[ListedDataset]:
        """Return all datasets sorted."""
        return [entry.dataset for entry in self._sorted()]

    def view(self, text: str = "") -> CatalogueView:
        """Return the rows whose name or id contains `text`; if there are none, those whose name has its letters in order."""
        entries = self._sorted()
        wanted = text.casefold()
        if wanted:
            found = [entry for entry in entries if wanted in entry.folded]
            entries = found or [entry for entry in entries if _has_letters(entry.folded.partition("\n")[0], wanted)]
        return CatalogueView([entry.dataset for entry in entries], self.exported_by)

    def _sorted(self) -> list[_Entry]:
        if self._ordered is None:
            entries = list(self._entries.values())
            if self.order is not Order.LISTED:
                entries.sort(key=lambda entry: entry.folded)
            match self.order:
                case Order.ROWS:
                    entries.sort(key=lambda entry: -(entry.dataset.rows or -1))
                case Order.SIZE:
                    entries.sort(key=lambda entry: -(entry.dataset.size_bytes or -1))
                case Order.UPDATED:
                    entries.sort(key=lambda entry: entry.dataset.updated_at or _EARLY, reverse=True)
                case Order.NAME | Order.LISTED:
                    pass
            self._ordered = entries
        return self._ordered


class CatalogueView:
    """A `RowSource`: rows are made when they are drawn."""

    def __init__(self, datasets: Sequence[ListedDataset], exported_by: Mapping[str, tuple[str, ...]]) -> None:
        self._datasets = datasets
        self._exported_by = exported_by
        self._places: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self._datasets)

    def key(self, index: int) -> str:
        """The dataset's id."""
        return self._datasets[index].id

    def index(self, key: str) -> int | None:
        """Where the dataset is."""
        if self._places is None:
            self._places = {dataset.id: place for place, dataset in enumerate(self._datasets)}
        return self._places.get(key)

    def row(self, index: int) -> Row:
        """What the table shows of the dataset."""
        dataset = self._datasets[index]
        flows = self._exported_by.get(dataset.id, ())
        exported = flows[0] + (f" +{len(flows) - 1}" if len(flows) > 1 else "") if flows else ""
        return Row(
            dataset.id,
            (
                dataset.name,
                count_words(dataset.rows),
                size_words(dataset.size_bytes),
                moment_words(dataset.updated_at),
                _batch(dataset.last_batch_status),
                exported,
            ),
        )


def _batch(status: str | None) -> Cell:
    if status is None:
        return Cell("–", Tone.DIM)
    if status.casefold() in {"success", "active"}:
        return Cell(status, Tone.GOOD)
    return Cell(status, Tone.BAD if status.casefold().startswith("fail") else Tone.WARN)


def _has_letters(text: str, letters: str) -> bool:
    at = 0
    for letter in letters:
        at = text.find(letter, at) + 1
        if not at:
            return False
    return True
