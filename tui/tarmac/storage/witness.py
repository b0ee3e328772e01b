"""A store that remembers: what was counted and read in it is told to it, and what it knows already is not fetched again.

A recording that is made listens; one that is shown answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tarmac.storage.errors import StorageError
from tarmac.storage.store import StoredFile

if TYPE_CHECKING:  # those who count and read ask the witness, so they cannot be imported here
    from tarmac.storage.parquet_footer import ParquetFooter
    from tarmac.storage.peek import Peek
    from tarmac.storage.row_count import CountedFile


@runtime_checkable
class Witness(Protocol):
    """What such a store has besides the methods of a `Store`."""

    def known_rows(self, file: StoredFile) -> CountedFile | None:
        """Return what is known of a file; None: it is to be counted."""
        ...

    def counted(self, counted: CountedFile) -> None:
        """Hear of one."""
        ...

    def known_footer(self, file: StoredFile) -> ParquetFooter | None:
        """Return what is known of a file's footer; None: it is to be fetched."""
        ...

    def read_of_footer(self, footer: ParquetFooter) -> None:
        """Hear of one."""
        ...

    def known_peek(self, file: StoredFile, limit: int) -> Peek | None:
        """Return what is known of a file's first rows; None: they are to be read. Raises StorageError as it was raised."""
        ...

    def peeked(self, file: StoredFile, seen: Peek | StorageError) -> None:
        """Hear of first rows, or why they could not be read."""
        ...


def witness_of(store: object) -> Witness | None:
    """Return the store as a witness, where it is one."""
    return store if isinstance(store, Witness) else None
