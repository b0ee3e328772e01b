"""The test of a base connection against the storage itself: signed in, and written to where a target connection says where."""

from __future__ import annotations

import asyncio
import importlib
import tempfile
from dataclasses import replace
from pathlib import Path

from tarmac.emulator.contracts import SinkTarget
from tarmac.emulator.conversion import failed
from tarmac.emulator.platform import Platform
from tarmac.emulator.sink_choice import landing_prefix, sink_for
from tarmac.emulator.sinks import ANY_CONTAINER, Sink, open_sink
from tarmac.emulator.state import Entity
from tarmac.terms.destinations import DestinationKind, kind_of_connection_spec

_SECONDS = 20.0
_FILE = ".tarmac-connection-test"


async def check_connection(platform: Platform, base: Entity) -> None:
    """Raise ExportFailed with the cause if runs over this base connection could not write."""
    anywhere = sink_for(platform, base, {})
    if anywhere.local_root is not None:
        return  # a folder of this machine stands for the storage
    targets = [each for each in platform.state.target_connections if each.wire["baseConnectionId"] == base.id]
    places = {_place(platform, base, target) for target in targets}
    try:
        async with asyncio.timeout(_SECONDS):
            if not places:
                await _sign_in(platform, anywhere)
            for container, folder in sorted(places):
                await _write(platform, base, container, folder)
    except TimeoutError:
        raise failed("The storage does not answer in time.") from None


def _place(platform: Platform, base: Entity, target: Entity) -> tuple[str, str]:
    """Container and folder of a target connection."""
    params = target.wire["params"]
    kind = kind_of_connection_spec(base.wire["connectionSpec"]["id"]) or DestinationKind.DATA_LANDING_ZONE
    folder = str(params[kind.spec.path_field.wire])
    if kind is DestinationKind.DATA_LANDING_ZONE:
        folder = f"{landing_prefix(platform)}/{folder}"
    return str(params.get("bucketName") or params.get("container") or ""), folder.strip("/")


async def _sign_in(platform: Platform, target: SinkTarget) -> None:
    if target.container is None and target.kind is not DestinationKind.SFTP:
        target = replace(target, container=ANY_CONTAINER)
    sink = await _opened(platform, target)
    try:
        await sink.check()
    finally:
        await sink.close()


async def _write(platform: Platform, base: Entity, container: str, folder: str) -> None:
    params = {"bucketName": container} if container else {}
    sink = await _opened(platform, sink_for(platform, base, params))
    with tempfile.TemporaryDirectory(prefix="tarmac-test-") as staging:
        file = Path(staging) / _FILE
        await asyncio.to_thread(file.write_bytes, b"")
        try:
            await sink.deliver(file, f"{folder}/{_FILE}" if folder else _FILE)
            await sink.commit()
        finally:
            await sink.withdraw()
            await sink.close()


async def _opened(platform: Platform, target: SinkTarget) -> Sink:
    # The client libraries are heavy: they are imported in a thread, while the API goes on answering.
    name = "sink_sftp" if target.kind is DestinationKind.SFTP else "sink_objects"
    await asyncio.to_thread(importlib.import_module, f"tarmac.emulator.{name}")
    return await open_sink(target, platform.now())
