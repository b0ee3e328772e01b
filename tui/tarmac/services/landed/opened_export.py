"""One export with its storage opened and what landed of it: what reading, copying, peeking and comparing begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tarmac.platform.models import Flow
from tarmac.services.landed.clocks import Clocks, clocks_of, oldest_written
from tarmac.services.landed.landed_runs import LandedNow, landed_now
from tarmac.services.plans.plan import Wish
from tarmac.services.reading.read_address import ReadRequest
from tarmac.services.reading.read_set import LandedRun, ReadSet
from tarmac.services.runs.known_exports import find_flow, wish_of_flow
from tarmac.services.storages.stores import OpenedStore, opened_store
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import TarmacError
from tarmac.terms.text import plain


@dataclass(frozen=True)
class OpenedExport:
    """An export by the name it was asked for; `now` is what is in the storage."""

    name: str
    flow: Flow
    wish: Wish
    dataset_id: str
    storage: OpenedStore
    now: LandedNow

    @property
    def newest(self) -> LandedRun:
        """The newest whole folder. Raises TarmacError when there is none."""
        if self.now.read_set.is_empty or not self.now.reliable:
            raise nothing_to_read(self.name, self.now.read_set)
        return self.now.reliable[-1]

    def request(self) -> ReadRequest:
        """What reading code needs to read the dataset as it is now."""
        read_set = self.now.read_set
        return ReadRequest(
            title=self.name,
            address=self.storage.address,
            folders=read_set.folders,
            format=self.wish.export.format,
            files=tuple(file.path for file in read_set.files),
            rows=read_set.rows,
            roles=tuple(role.value for role in read_set.roles),
        )

    async def clocks(self, ws: Workspace) -> Clocks:
        """When the read set's files go and when the key ends. Raises PlatformError."""
        return await clocks_of(ws, self.wish.destination.kind, oldest_written(self.now.read_set.files))


@asynccontextmanager
async def opened_export(ws: Workspace, name: str) -> AsyncIterator[OpenedExport]:
    """Find an export, or another tool's dataflow by id or name, and list what landed. Raises TarmacError."""
    async with opened_flow(ws, name, await find_flow(ws, name)) as export:
        yield export


@asynccontextmanager
async def opened_flow(ws: Workspace, name: str, flow: Flow) -> AsyncIterator[OpenedExport]:
    """The same for a dataflow that is known already. Raises TarmacError."""
    wish, dataset_id = await wish_of_flow(ws, flow)
    async with opened_store(ws, wish) as storage:
        now = await landed_now(ws, storage, wish, dataset_id, flow.id)
        yield OpenedExport(name, flow, wish, dataset_id, storage, now)


def nothing_to_read(name: str, read_set: ReadSet) -> TarmacError:
    """Return the error for an export without a folder that can be relied on; `no-rows` where there was nothing to write."""
    if read_set.is_empty:
        return TarmacError(
            f"there is nothing to read of {plain(name)}: {read_set.problem}",
            code="no-rows",
            meaning="The run ended well and wrote no file.",
            next_step=f"Export it with `tarmac export {plain(name)}` once the dataset has rows.",
        )
    return TarmacError(
        f"there is nothing to read of {plain(name)}: {read_set.problem}",
        code="no-read-set",
        next_step=f"Export it with `tarmac export {plain(name)}`; the landing zone keeps files for 7 days.",
    )
