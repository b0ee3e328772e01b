"""The built-in landing zone behind a real socket, with a clock that stands until it is moved."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import uvicorn
from obstore.store import AzureStore
from starlette.applications import Starlette

from tarmac.emulator.landing_zone import LandingZone

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@dataclass
class Zone:
    """A landing zone behind a real socket, with a clock that stands until it is moved."""

    root: Path
    moment: datetime = MORNING
    zone: LandingZone = field(init=False)

    def __post_init__(self) -> None:
        self.zone = LandingZone(self.root, lambda: self.moment)

    @property
    def credentials(self) -> dict[str, Any]:
        return self.zone.credentials()

    @property
    def uri(self) -> str:
        return str(self.credentials["SASUri"])

    def url(self, name: str = "", **query: str) -> str:
        address, _, token = self.uri.partition("?")
        more = "".join(f"{key}={quote(value, safe='')}&" for key, value in query.items())
        return f"{address}/{quote(name)}?{more}{token}" if name else f"{address}?{more}{token}"

    def listing(self, **query: str) -> ElementTree.Element:
        answer = httpx.get(self.url(restype="container", comp="list", **query))
        assert answer.status_code == 200, answer.text
        return ElementTree.fromstring(answer.content)  # noqa: S314 - our own server

    def names(self, **query: str) -> list[str]:
        return [blob.findtext("Name", "") for blob in self.listing(**query).iter("Blob")]

    def put(self, name: str, body: bytes) -> None:
        put = httpx.put(self.url(name), content=body, headers={"x-ms-blob-type": "BlockBlob"})
        assert put.status_code == 201, put.text

    def store(self, **options: Any) -> AzureStore:
        known = self.credentials
        return AzureStore(
            container_name=known["containerName"],
            account_name=known["storageAccountName"],
            sas_key=known["SASToken"],
            endpoint=self.uri.partition("?")[0].rpartition("/")[0],
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},
            **options,
        )

    @property
    def disk(self) -> Path:
        root = self.zone.sink().local_root
        assert root is not None
        return root


@contextmanager
def serving_zone(root: Path) -> Iterator[Zone]:
    """Serve a landing zone kept below `root` until the block ends."""
    zone = Zone(root / "zone")
    # The socket takes connections from here on, so nobody has to wait for the server.
    listening = socket.create_server(("127.0.0.1", 0))
    zone.zone.bind(f"http://127.0.0.1:{listening.getsockname()[1]}")
    config = uvicorn.Config(Starlette(routes=list(zone.zone.routes())), log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield zone
    finally:
        server.should_exit = True
        thread.join(10)
    assert not thread.is_alive()


def code(answer: httpx.Response) -> tuple[int, str | None]:
    assert ElementTree.fromstring(answer.content).findtext("Code") == answer.headers["x-ms-error-code"]  # noqa: S314
    return answer.status_code, answer.headers["x-ms-error-code"]
