"""A store over a dict, a clock that does not wait, and short ways to say runs and files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

from tarmac.platform.models import Run, RunPhase
from tarmac.storage.errors import StorageMissing
from tarmac.storage.store import StoredFile

T0 = datetime(2026, 11, 23, 1, 0, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """Return the moment so many seconds after 2026-11-23 01:00:00 UTC."""
    return T0 + timedelta(seconds=seconds)


class DictStore:
    """Files in memory. `appear` adds files after so many listings, as a slow storage would show them."""

    location = "mem://store"

    def __init__(self, files: dict[str, bytes] | None = None, *, written_at: datetime = T0, page: int = 2) -> None:
        self.files = {path: (content, written_at) for path, content in (files or {}).items()}
        self.listed: list[str] = []
        self.appear: dict[int, dict[str, bytes]] = {}
        self.page = page

    def put(self, path: str, content: bytes = b"x", written_at: datetime = T0) -> None:
        self.files[path] = (content, written_at)

    async def list_files(self, folder: str) -> AsyncIterator[list[StoredFile]]:
        self.listed.append(folder)
        for path, content in self.appear.pop(len(self.listed), {}).items():
            self.put(path, content)
        inside = folder.rstrip("/") + "/" if folder else ""
        found = [
            StoredFile(path, len(content), moment)
            for path, (content, moment) in sorted(self.files.items())
            if path.startswith(inside)
        ]
        for start in range(0, len(found), self.page):
            yield found[start : start + self.page]

    def _content(self, path: str) -> bytes:
        if path not in self.files:
            raise StorageMissing(f"{path} is not there")
        return self.files[path][0]

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        return self._content(path)[start : start + length]

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        content = self._content(path)
        for start in range(0, len(content), 1000):
            yield content[start : start + 1000]

    async def close(self) -> None:
        self.files.clear()


class JumpClock:
    """A clock on which sleeping takes no time; `on_sleep` sees every wait."""

    def __init__(self, on_sleep: Callable[[float], None] | None = None) -> None:
        self.seconds = 0.0
        self.on_sleep = on_sleep

    def now(self) -> datetime:
        return at(self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        if self.on_sleep is not None:
            self.on_sleep(seconds)


def run_of(
    name: str,
    begin: float,
    end: float | None = None,
    *,
    phase: RunPhase = RunPhase.SUCCEEDED,
    rows: int | None = None,
    files: int | None = None,
    size: int | None = None,
) -> Run:
    """Return a run from `begin` to `end` seconds after T0."""
    return Run(
        id=name,
        flow_id="flow",
        phase=phase,
        status_word=phase.value,
        created_at=at(begin),
        started_at=at(begin + 0.25),
        ended_at=None if end is None else at(end),
        output_rows=rows,
        output_files=files,
        output_bytes=size,
    )


def folder_name(seconds: float, *, digits: int = 14, base: str = "ml/churn/d1") -> str:
    """Return the folder of an export at that moment, as the platform names it."""
    return f"{base}/exportTime={at(seconds):%Y%m%d%H%M%S}"[: len(base) + len("/exportTime=") + digits]
