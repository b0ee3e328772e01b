"""The built-in Data Landing Zone: a folder that answers as an Azure Blob container does, as far as readers and writers need.

Served: List Blobs, Get Blob with ranges, Get Blob Properties, Put Blob, Put Block (List), Delete Blob (in a batch
too), Get Container Properties; each for a container SAS only (§6). Metadata, leases, snapshots, tiers and copies are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tarmac.emulator import sas
from tarmac.emulator.blob_answers import (
    AzureFault,
    blob_not_found,
    common_headers,
    fault_answer,
    http_date,
    listing,
    name_of_marker,
    not_authenticated,
)
from tarmac.emulator.blob_batch import Delete, serve_batch
from tarmac.emulator.blob_folder import BadName, BlobFolder
from tarmac.emulator.blob_reads import get_blob, head_blob
from tarmac.emulator.blob_writes import BlobWriter
from tarmac.emulator.contracts import SinkTarget
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import UsageError

CONTAINER = "dlz-destination"
_METHODS = ["GET", "HEAD", "PUT", "DELETE", "POST"]
_MAX_RESULTS = 5_000


class LandingZone:
    """The landing zone of the emulated sandbox (`LandingZoneStore`); its files and its signing key lie below `root`.

    `now` gives the virtual time: it dates what is written and decides when a token has expired. Raises UsageError when the
    stored key cannot be read.
    """

    def __init__(self, root: Path, now: Callable[[], datetime]) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._now = now
        self._base_url = ""
        self._key_file = root / "landing-zone.json"
        self._folder = BlobFolder(root / CONTAINER)
        self._writer = BlobWriter(self._folder, now)
        try:
            stored = sas.load(self._key_file)
        except ValueError as error:
            raise UsageError(
                f"{self._key_file} is not the landing zone's key file any more.",
                next_step="Remove it: a new key is made, and tokens handed out before are void.",
            ) from error
        self._keyring = stored or sas.Keyring.new(now())
        if stored is None:
            sas.save(self._keyring, self._key_file)

    @property
    def container_name(self) -> str:
        """The container of this sandbox."""
        return CONTAINER

    def bind(self, base_url: str) -> None:
        """Take the server's own address; the SAS URI names it."""
        self._base_url = base_url.rstrip("/")

    def credentials(self) -> dict[str, Any]:
        """The Azure shape of §6; a token past its end is replaced by a new one first."""
        if self._now() >= self._keyring.policy.expires_at:
            return self.refresh()
        token = self._keyring.token(CONTAINER)
        return {
            "containerName": CONTAINER,
            "SASToken": token,
            "storageAccountName": self._keyring.account,
            "SASUri": f"{self._address}?{token}",
            "expiryDate": f"{self._keyring.policy.expires_at:%Y-%m-%d}",
        }

    def refresh(self) -> dict[str, Any]:
        """Issue a new token; the old one is refused from now on."""
        self._keyring = self._keyring.renewed(self._now())
        sas.save(self._keyring, self._key_file)
        return self.credentials()

    def delete_older_than(self, moment: datetime) -> int:
        """Delete files last written before `moment` (virtual); return how many."""
        return self._folder.delete_older_than(moment)

    def damage(self, name: str, keep_bytes: int | None) -> bool:
        """Cut a file to its first `keep_bytes`, or delete it (None); its date stays. False when there is none."""
        return self._folder.damage(name, keep_bytes)

    def sink(self) -> SinkTarget:
        """Where the engine writes for this container."""
        return SinkTarget(DestinationKind.DATA_LANDING_ZONE, local_root=self._folder.root)

    def routes(self) -> Sequence[BaseRoute]:
        """Everything under `/{account}`."""
        account = f"/{self._keyring.account}"
        return [
            Route(f"{account}/{CONTAINER}", self._container, methods=_METHODS),
            Route(f"{account}/{CONTAINER}/{{name:path}}", self._blob, methods=_METHODS),
            # Another container of the account: this one's token does not open it.
            Route(f"{account}/{{rest:path}}", self._elsewhere, methods=_METHODS),
        ]

    @property
    def _address(self) -> str:
        return f"{self._base_url}/{self._keyring.account}/{CONTAINER}"

    async def _container(self, request: Request) -> Response:
        return await self._answered(request, self._on_container)

    async def _blob(self, request: Request) -> Response:
        return await self._answered(request, self._on_blob if request.path_params["name"] else self._on_container)

    async def _elsewhere(self, request: Request) -> Response:
        return fault_answer(request, not_authenticated(), "Signature did not match.")

    async def _answered(self, request: Request, serve: Callable[[Request], Any]) -> Response:
        """Check the token, serve, and put every refusal into the service's words."""
        refusal = self._keyring.refusal(CONTAINER, dict(request.query_params), self._now())
        if refusal is not None:
            return fault_answer(request, not_authenticated(), refusal)
        try:
            answer: Response = await serve(request)
        except AzureFault as fault:
            return fault_answer(request, fault)
        except BadName as error:
            return fault_answer(request, AzureFault(400, "InvalidResourceName", str(error)))
        return answer

    async def _on_container(self, request: Request) -> Response:
        asked = request.query_params
        if asked.get("restype") == "container" and request.method in {"GET", "HEAD"}:
            if asked.get("comp") == "list":
                return await self._list(request)
            if "comp" not in asked:
                return await self._container_properties(request)
        if request.method == "POST" and asked.get("comp") == "batch":
            return await serve_batch(request, self._delete_of_batch)
        raise AzureFault(400, "InvalidQueryParameterValue", "This request on a container is not served here.")

    async def _delete_of_batch(self, delete: Delete) -> AzureFault | None:
        # Each part has a token of its own; the account stands before the container when the address has it there too.
        path = delete.path.removeprefix(f"/{self._keyring.account}")
        container, _, name = path.lstrip("/").partition("/")
        if container != CONTAINER or self._keyring.refusal(CONTAINER, delete.query, self._now()) is not None:
            return not_authenticated()
        try:
            deleted = await to_thread.run_sync(self._folder.delete, name)
        except BadName as error:
            return AzureFault(400, "InvalidResourceName", str(error))
        return None if deleted else blob_not_found()

    async def _on_blob(self, request: Request) -> Response:
        name, comp = request.path_params["name"], request.query_params.get("comp", "")
        if not comp and request.method == "GET":
            return await get_blob(request, self._folder, name)
        if not comp and request.method == "HEAD":
            return await head_blob(request, self._folder, name)
        if request.method in {"PUT", "DELETE"}:
            return await self._writer.serve(request, name, comp)
        raise AzureFault(400, "InvalidQueryParameterValue", "This request on a blob is not served here.")

    async def _list(self, request: Request) -> Response:
        asked = request.query_params
        limit = _max_results(asked.get("maxresults"))
        marker = asked.get("marker", "")
        prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter", "")
        page = await to_thread.run_sync(
            self._folder.page, prefix, delimiter, name_of_marker(marker), _MAX_RESULTS if limit is None else limit
        )
        body = listing(page, address=self._address, prefix=prefix, delimiter=delimiter, marker=marker, limit=limit)
        return Response(body, headers=common_headers(request), media_type="application/xml")

    async def _container_properties(self, request: Request) -> Response:
        facts = await to_thread.run_sync(self._folder.root.stat)
        headers = common_headers(request) | {
            "ETag": f'"0x8{facts.st_mtime_ns:015X}"',
            "Last-Modified": http_date(self._now()),
            "x-ms-lease-state": "available",
            "x-ms-lease-status": "unlocked",
            "x-ms-has-immutability-policy": "false",
            "x-ms-has-legal-hold": "false",
        }
        return Response(headers=headers)


def _max_results(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MAX_RESULTS:
        raise AzureFault(
            400,
            "OutOfRangeQueryParameterValue",
            "One of the query parameters specified in the request URI is outside the permissible range.",
        )
    return int(text)
