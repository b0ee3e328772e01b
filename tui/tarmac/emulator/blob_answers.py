"""The words of the Azure Blob service: headers, error bodies and the listing."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from starlette.requests import Request
from starlette.responses import Response

from tarmac.emulator.blob_folder import Blob, Page
from tarmac.emulator.sas import SERVICE_VERSION

_XML = "application/xml"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Azure begins its XML with a byte order mark.
_PROLOGUE = '\ufeff<?xml version="1.0" encoding="utf-8"?>'


class AzureFault(Exception):
    """A refusal in the service's words: HTTP status, error code, message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message


def not_authenticated() -> AzureFault:
    """The signature is missing, wrong, void or expired."""
    return AzureFault(
        403,
        "AuthenticationFailed",
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
        "including the signature.",
    )


def blob_not_found() -> AzureFault:
    """There is no such blob."""
    return AzureFault(404, "BlobNotFound", "The specified blob does not exist.")


def common_headers(request: Request) -> dict[str, str]:
    """What every answer carries."""
    headers = {
        "Server": "Windows-Azure-Blob/1.0",
        "x-ms-request-id": str(uuid.uuid4()),
        "x-ms-version": request.headers.get("x-ms-version", SERVICE_VERSION),
    }
    echo = request.headers.get("x-ms-client-request-id", "")
    if echo and len(echo) <= 1_024:
        headers["x-ms-client-request-id"] = echo
    return headers


def fault_answer(request: Request, fault: AzureFault, detail: str = "") -> Response:
    """The error body; a HEAD answer has its code in the header only."""
    headers = common_headers(request) | {"x-ms-error-code": fault.code}
    if request.method == "HEAD" or fault.status == 304:
        return Response(status_code=fault.status, headers=headers)
    message = f"{fault.message}\nRequestId:{headers['x-ms-request-id']}\nTime:{datetime.now(UTC).isoformat()}"
    more = f"<AuthenticationErrorDetail>{escape(detail)}</AuthenticationErrorDetail>" if detail else ""
    body = f"{_PROLOGUE}<Error><Code>{fault.code}</Code><Message>{escape(message)}</Message>{more}</Error>"
    return Response(body, fault.status, headers, _XML)


def blob_headers(blob: Blob) -> dict[str, str]:
    """The properties of a blob as headers."""
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Type": "application/octet-stream",
        "ETag": blob.etag,
        "Last-Modified": http_date(blob.modified_at),
        "x-ms-blob-type": "BlockBlob",
        "x-ms-creation-time": http_date(blob.modified_at),
        "x-ms-lease-state": "available",
        "x-ms-lease-status": "unlocked",
        "x-ms-server-encrypted": "true",
    }
    return headers | {"x-ms-meta-hdi_isfolder": "true"} if blob.is_folder else headers


def listing(page: Page, *, address: str, prefix: str, delimiter: str, marker: str, limit: int | None) -> str:
    """The body of List Blobs; blobs and prefixes in one order by name."""
    entries = [(blob.name, _blob_entry(blob)) for blob in page.blobs]
    entries += [(name, f"<BlobPrefix>{_name(name)}</BlobPrefix>") for name in page.prefixes]
    service, _, container = address.rpartition("/")
    parts = [
        f"{_PROLOGUE}<EnumerationResults ServiceEndpoint={quoteattr(f'{service}/')} ContainerName={quoteattr(container)}>",
        f"<Prefix>{escape(prefix)}</Prefix>" if prefix else "",
        f"<Marker>{escape(marker)}</Marker>" if marker else "",
        f"<MaxResults>{limit}</MaxResults>" if limit is not None else "",
        f"<Delimiter>{escape(delimiter)}</Delimiter>" if delimiter else "",
        "<Blobs>",
        *(text for _, text in sorted(entries)),
        "</Blobs>",
        "<NextMarker />" if page.next_name is None else f"<NextMarker>{marker_for(page.next_name)}</NextMarker>",
        "</EnumerationResults>",
    ]
    return "".join(parts)


def marker_for(name: str) -> str:
    """The opaque word that continues a listing at `name`."""
    return f"2!{base64.urlsafe_b64encode(name.encode()).decode()}"


def name_of_marker(marker: str) -> str:
    """Where a continued listing starts. Raises AzureFault for a word that is none of ours."""
    if not marker:
        return ""
    try:
        return base64.b64decode(marker.removeprefix("2!"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise AzureFault(
            400, "OutOfRangeInput", "One of the request inputs is out of range: marker is not from a listing."
        ) from error


def http_date(moment: datetime) -> str:
    """`Mon, 23 Nov 2026 01:00:00 GMT`."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _blob_entry(blob: Blob) -> str:
    modified = http_date(blob.modified_at)
    kind = "<ResourceType>directory</ResourceType>" if blob.is_folder else ""
    return (
        f"<Blob>{_name(blob.name)}<Properties><Creation-Time>{modified}</Creation-Time>"
        f"<Last-Modified>{modified}</Last-Modified><Etag>{blob.etag.strip(chr(34))}</Etag>{kind}"
        f"<Content-Length>{blob.size}</Content-Length><Content-Type>application/octet-stream</Content-Type>"
        "<Content-Encoding /><Content-Language /><Content-MD5 /><Cache-Control /><Content-Disposition />"
        "<BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier><AccessTierInferred>true</AccessTierInferred>"
        "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"
        "<ServerEncrypted>true</ServerEncrypted></Properties><OrMetadata /></Blob>"
    )


def _name(name: str) -> str:
    # What XML cannot carry is percent-encoded and said to be.
    if _NOT_XML.search(name) is None:
        return f"<Name>{escape(name)}</Name>"
    return f'<Name Encoded="true">{quote(name)}</Name>'
