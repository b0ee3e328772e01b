"""A storage while it is recorded: what it answers is used and written down, its content is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from tarmac.services.flight.kept import footer_document, peek_document, problem_document
from tarmac.storage.errors import StorageError
from tarmac.storage.layout import DataKind, data_kind

if TYPE_CHECKING:
    from tarmac.services.flight.recorder import Recorder
    from tarmac.storage.parquet_footer import ParquetFooter
    from tarmac.storage.peek import Peek
    from tarmac.storage.row_count import CountedFile
    from tarmac.storage.store import Store, StoredFile


class RecordedStore:
    """A store that tells a recorder what was listed, counted and read of its files."""

    def __init__(self, store: Store, recorder: Recorder) -> None:
        self._store = store
        self._recorder = recorder

    @property
    def location(self) -> str:
        """The store's own."""
        return self._store.location

    async def list_files(self, folder: str) -> AsyncIterator[list[StoredFile]]:
        """Hand on the pages; record what was seen of them when that is all, or why there is no more."""
        found: list[StoredFile] = []
        problem: dict[str, str] | None = None
        try:
            async with aclosing(self._store.list_files(folder)) as pages:  # type: ignore[type-var]  # a generator
                async for page in pages:
                    found += page
                    yield page
        except StorageError as error:
            problem = problem_document(error)
            raise
        finally:
            files = [[each.path, each.bytes, each.modified_at and each.modified_at.isoformat()] for each in found]
            self._tell("listing", folder=folder, files=files, problem=problem)

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        """Content is not recorded."""
        return await self._store.read_range(path, start, length)

    def stream(self, path: str) -> AsyncIterator[bytes]:
        """Content is not recorded."""
        return self._store.stream(path)

    async def close(self) -> None:
        """Close the store."""
        await self._store.close()

    def known_rows(self, file: StoredFile) -> None:
        """Every file is to be counted."""

    def counted(self, counted: CountedFile) -> None:
        """Record how many rows a file has."""
        self._tell("counted", path=counted.path, rows=counted.rows, problem=counted.problem)

    def known_footer(self, file: StoredFile) -> None:
        """Every footer is to be fetched."""

    def read_of_footer(self, footer: ParquetFooter) -> None:
        """Record what a footer says, but for the values in its statistics."""
        self._recorder.footer(self.location, footer_document(footer))

    def known_peek(self, file: StoredFile, limit: int) -> None:
        """First rows are to be read."""

    def peeked(self, file: StoredFile, seen: Peek | StorageError) -> None:
        """Record that first rows were read: how many, and of which columns."""
        if isinstance(seen, StorageError):
            self._tell("peek", path=file.path, problem=problem_document(seen))
        else:
            is_json = data_kind(file.path) is not DataKind.PARQUET
            self._tell("peek", path=file.path, problem=None, **peek_document(seen, is_json=is_json))

    def _tell(self, kind: str, **fields: Any) -> None:
        self._recorder.stored(kind, location=self.location, **fields)
