"""An emulator in the test's own event loop, over a real socket: `async with running_emulator(ready_after=0) as emulator`."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tarmac.emulator.faults import FaultDocument
from tarmac.emulator.options import EmulatorOptions
from tarmac.emulator.request_log import LoggedRequest
from tarmac.emulator.server import RunningEmulator, running

FLOW_SERVICE = "/data/foundation/flowservice"
# Reading the machine's certificates for every client costs a quarter of a second; here nothing is encrypted.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
# Sample datasets are made once a machine, not once a test.
SAMPLES_CACHE = Path(tempfile.gettempdir()) / "tarmac-test-samples"


@dataclass(frozen=True)
class Emulated:
    """A running emulator and what a test wants to know or do from outside the API."""

    running: RunningEmulator

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT`; also the sign-in service."""
        return self.running.base_url

    @property
    def ready(self) -> dict[str, Any]:
        """The first line of `tarmac emulate`."""
        return self.running.ready

    @property
    def org_id(self) -> str:
        """The organization id."""
        return str(self.ready["org_id"])

    @property
    def client_id(self) -> str:
        """The client id, which is also the API key."""
        return str(self.ready["client_id"])

    @property
    def client_secret(self) -> str:
        """The client secret."""
        return str(self.ready["client_secret"])

    @property
    def sandbox(self) -> str:
        """The sandbox that holds the datasets."""
        return str(self.ready["sandbox"])

    def dataset_id(self, index: int = 0) -> str:
        """The id of one of the exportable datasets."""
        return str(self.ready["datasets"][index]["id"])

    def advance(self, seconds: float) -> None:
        """Let virtual time pass; runs that became due exist afterwards."""
        self.running.advance(seconds)

    def set_speed(self, speed: float) -> None:
        """Virtual seconds per real second from now on."""
        self.running.platform.clock.set_speed(speed)

    def add_faults(self, **document: Any) -> None:
        """Arm faults: the keys of the fault document (`request=[…]`, `run=[…]`, `never_ready=True`, `expire_tokens=True`)."""
        self.running.platform.arm(FaultDocument.parse(document))

    def clear_faults(self) -> None:
        """Disarm all faults."""
        self.running.platform.faults.clear()

    def forget_objects(self) -> None:
        """Remove every connection, flow and run, as if nothing had ever been made."""
        state = self.running.platform.state
        for collection in (
            *(state.runs, state.flows, state.target_connections),
            *(state.source_connections, state.connections),
        ):
            for entity in tuple(collection):
                collection.remove(entity.id)

    def requests(self, method: str | None = None, path: str | None = None) -> Sequence[LoggedRequest]:
        """The requests so far, by method and path glob."""
        return self.running.platform.log.find(method, path)

    def token(self) -> str:
        """A valid bearer token, without a request."""
        platform = self.running.platform
        return str(platform.sign_in.issue(platform.now(), "openid")["access_token"])

    def headers(self, **changes: str) -> Mapping[str, str]:
        """The headers of an ordinary platform request; an underscore in a changed name stands for a hyphen."""
        return {
            "authorization": f"Bearer {self.token()}",
            "x-api-key": self.client_id,
            "x-gw-ims-org-id": self.org_id,
            "x-sandbox-name": self.sandbox,
            **{name.replace("_", "-"): value for name, value in changes.items()},
        }

    @asynccontextmanager
    async def client(self, **changes: str) -> AsyncIterator[httpx.AsyncClient]:
        """A plain httpx client with those headers, independent of tarmac's own client code."""
        async with anonymous_client(self.base_url) as client:
            client.headers.update(self.headers(**changes))
            yield client


def anonymous_client(base_url: str = "") -> httpx.AsyncClient:
    """A plain httpx client without credentials."""
    return httpx.AsyncClient(base_url=base_url, timeout=30, verify=NO_CERTIFICATES)


@asynccontextmanager
async def running_emulator(**options: Any) -> AsyncIterator[Emulated]:
    """Run an emulator on a free loopback port while the block runs; the keywords are those of EmulatorOptions.

    Unlike `tarmac emulate` flows are ready at once and runs wait next to nothing in the queue, unless the test says otherwise.
    """
    chosen = {"ready_after": 0.0, "queue_seconds": 0.01, "cache_dir": SAMPLES_CACHE, **options}
    async with running(EmulatorOptions(**chosen)) as emulator:
        yield Emulated(emulator)
