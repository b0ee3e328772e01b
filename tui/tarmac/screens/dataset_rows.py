"""The rows of the Datasets screen: everything known so far, found by text and put in order, drawn only where visible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tarmac.terms.finding import finds
from tarmac.terms.quantities import count_words, moment_words, size_words
from tarmac.terms.text import without_marker
from tarmac.widgets.rows import Cell, Column, Row, Tone

if TYPE_CHECKING:
    from tarmac.services.catalogue.dataset_cache import ListedDataset

COLUMNS = (
    Column("name", "NAME", min_width=22, weight=3, max_width=60, middle=True),
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


class Catalogue:
    """All datasets known so far. `view` is what a table shows of them.

    Nothing is kept of a dataset but itself: of ten thousand, every further object is a megabyte.
    """

    def __init__(self) -> None:
        self._known: dict[str, ListedDataset] = {}
        self._stale: set[str] = set()
        self._ordered: list[ListedDataset] | None = None
        self.exported_by: Mapping[str, tuple[str, ...]] = {}
        self.order = Order.LISTED

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: str) -> ListedDataset | None:
        """Return a dataset by id."""
        return self._known.get(key)

    def put(self, datasets: Iterable[ListedDataset], *, stale: bool = False) -> None:
        """Add datasets or replace what was known of them; `stale` ones are from last time."""
        for dataset in datasets:
            self._known[dataset.id] = dataset
            if stale:
                self._stale.add(dataset.id)
            else:
                self._stale.discard(dataset.id)
        self._ordered = None

    def forget_stale(self) -> None:
        """The list is complete: what was only remembered does not exist any more."""
        for key in self._stale:
            del self._known[key]
        self._stale, self._ordered = set(), None

    def make_stale(self) -> None:
        """The list is read again: nothing is confirmed yet."""
        self._stale = set(self._known)

    def next_order(self) -> Order:
        """Sort by the next thing."""
        orders = list(Order)
        self.order = orders[(orders.index(self.order) + 1) % len(orders)]
        self._ordered = None
        return self.order

    def in_order(self) -> Sequence[ListedDataset]:
        """Return all datasets sorted."""
        if self._ordered is None:
            found = list(self._known.values())
            if self.order is not Order.LISTED:
                found.sort(key=lambda dataset: (dataset.name.casefold(), dataset.id))
            match self.order:
                case Order.ROWS:
                    found.sort(key=lambda dataset: -(dataset.rows or -1))
                case Order.SIZE:
                    found.sort(key=lambda dataset: -(dataset.size_bytes or -1))
                case Order.UPDATED:
                    found.sort(key=lambda dataset: dataset.updated_at or _EARLY, reverse=True)
                case Order.NAME | Order.LISTED:
                    pass
            self._ordered = found
        return self._ordered

    def view(self, text: str = "") -> CatalogueView:
        """Return the rows that `text` finds; if there are none, those whose name has its letters in order."""
        datasets, wanted = self.in_order(), text.casefold()
        if wanted:
            is_found = finds(text)
            found = [each for each in datasets if is_found(each.name, each.id)]
            datasets = found or [each for each in datasets if _has_letters(each.name.casefold(), wanted)]
        return CatalogueView(datasets, self.exported_by)


class CatalogueView:
    """A `RowSource`: rows are made when they are drawn."""

    def __init__(self, datasets: Sequence[ListedDataset], exported_by: Mapping[str, tuple[str, ...]]) -> None:
        self._datasets = datasets
        self._exported_by = exported_by

    def __len__(self) -> int:
        return len(self._datasets)

    def key(self, index: int) -> str:
        """The dataset's id."""
        return self._datasets[index].id

    def index(self, key: str) -> int | None:
        """Where the dataset is."""
        return next((place for place, dataset in enumerate(self._datasets) if dataset.id == key), None)

    def row(self, index: int) -> Row:
        """What the table shows of the dataset."""
        dataset = self._datasets[index]
        flows = self._exported_by.get(dataset.id, ())
        exported = without_marker(flows[0]).removeprefix("tarmac ") if flows else ""
        if len(flows) > 1:
            exported += f" +{len(flows) - 1}"
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
