"""What an object store's client says, turned into the error tree: status and code in words, never an address with a signature.

obstore gives the status and the server's XML only inside its text, so it is read in this one place.
"""

from __future__ import annotations

import re
from typing import NoReturn

from tarmac.storage.errors import (
    NOT_ALLOWED,
    StorageCorrupt,
    StorageDenied,
    StorageError,
    StorageMissing,
    StorageUnreachable,
)
from tarmac.terms.text import plain

_STATUS = re.compile(r"(?:status code:|status:) (\d{3})")
_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,80})</Code>")
_ENTRA_CODE = re.compile(r"\b(AADSTS\d{4,9})\b")
_REGION = re.compile(r"<Region>([a-z0-9-]{3,40})</Region>")
_BAD_NAME = re.compile(r'Error parsing Path "(.{0,300}?)"', re.DOTALL)
# rustls names its verdict: InvalidCertificate(UnknownIssuer), NotValidForName, Expired…
_CERTIFICATE = re.compile(r"invalid peer certificate|InvalidCertificate|UnknownIssuer|NotValidForName|CertExpired")

# Refusals that some services answer with 400 instead of 403 (AWS: expired and foreign session tokens).
_DENIED_CODES = {
    "ExpiredToken",
    "InvalidToken",
    "TokenRefreshRequired",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "AccessDenied",
    "AuthenticationFailed",
    "AuthorizationFailure",
    "InvalidAuthenticationInfo",
}
_EXPIRED_CODES = {"ExpiredToken", "TokenRefreshRequired"}
_KEY_CODES = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSecurity"}
_GONE_CODES = {"NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted"}
_RIGHTS_CODES = {"AccessDenied", "AuthorizationPermissionMismatch", "InsufficientAccountPermissions"}


def status_of(error: Exception) -> int | None:
    """Return the HTTP status inside a client's error text, if there is one."""
    match = _STATUS.search(str(error))
    return int(match[1]) if match else None


def is_past_end(error: Exception) -> bool:
    """Whether a ranged read began at or behind the end of the file."""
    return status_of(error) == 416 or "StartTooLarge" in str(error)


def region_of(error: Exception) -> str | None:
    """Return the region that S3 says the bucket is in, when it says so."""
    match = _REGION.search(str(error))
    return match[1] if match else None


def translate(error: Exception, *, location: str, doing: str) -> NoReturn:
    """Raise the StorageError that `error` stands for. `doing` completes "could not …", for example `list ml/churn`."""
    raise _storage_error(error, location, plain(doing, 300)) from None


def _storage_error(error: Exception, location: str, doing: str) -> StorageError:
    text = str(error)
    status = status_of(error)
    code_match = _CODE.search(text) or _ENTRA_CODE.search(text)
    code = code_match[1] if code_match else ""
    if bad := _BAD_NAME.search(text):
        return _bad_name(bad[1], location)
    if "redirect without LOCATION" in text:
        status = 301  # S3 for a bucket of another region; the client keeps nothing else of the answer
    if status is None and not code and not isinstance(error, FileNotFoundError | PermissionError):
        if "HttpError" in text or "HTTP error" in text:
            return _no_connection(text, location, doing)
        return StorageError(
            f"{location}: could not {doing} ({type(error).__name__})",
            meaning="The storage's answer could not be used.",
            next_step="Try again; check the destination's fields.",
        )
    said = " ".join(part for part in (str(status or ""), code) if part) or type(error).__name__
    message = f"{location}: could not {doing} ({said})"
    if code in _DENIED_CODES or code.startswith("AADSTS") or status in (401, 403):
        return _denied(message, code)
    if isinstance(error, FileNotFoundError) or status == 404:
        return _missing(message, code)
    if status == 301 or code in (
        "PermanentRedirect",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
    ):
        region = region_of(error)
        return StorageError(
            message,
            code="storage-region",
            meaning="The bucket lives in another region.",
            next_step=f'Set region = "{region}" in the destination\'s reader.'
            if region
            else "Set the bucket's region in the destination's reader.",
        )
    if status == 429 or (status is not None and status >= 500):
        return StorageUnreachable(
            message, meaning="The storage is busy or has a fault of its own.", next_step="Try again in a minute."
        )
    return StorageError(
        message, meaning="The storage did not take the request.", next_step="Check the destination's fields."
    )


def _denied(message: str, code: str) -> StorageDenied:
    if code in _EXPIRED_CODES:
        meaning, step = "The credentials have expired.", "Fetch fresh credentials."
    elif code in _KEY_CODES:
        meaning, step = "The key or its secret is wrong.", "Check the access key and the secret key."
    elif code.startswith("AADSTS"):
        meaning = "Microsoft Entra ID refused the service principal."
        step = f"Check tenant, service principal ID and key; look up {code}."
    elif code in _RIGHTS_CODES:
        return StorageDenied(
            message,
            code=NOT_ALLOWED,
            meaning="The credentials are valid, but may not do this.",
            next_step="Ask for the right to list and read there.",
        )
    else:
        meaning = "The storage refused the credentials: wrong, expired, or for another container."
        step = "Check the credentials; a landing zone's can be fetched anew."
    return StorageDenied(message, meaning=meaning, next_step=step)


def _missing(message: str, code: str) -> StorageMissing:
    if code in _GONE_CODES:
        return StorageMissing(
            message, meaning="There is no such bucket or container.", next_step="Check its name in the destination."
        )
    return StorageMissing(
        message,
        meaning="The file is not there any more, or never was.",
        next_step="List the folder again; a landing zone deletes files after 7 days.",
    )


def _bad_name(name: str, location: str) -> StorageCorrupt:
    shown = plain(name, 200)
    return StorageCorrupt(
        f"{location}: a file there has the name {shown!r}, which cannot be read safely",
        path=shown,
        meaning='Names with "..", empty parts or control characters are not followed; the platform does not write such names.',
        next_step="Find out who put it there, and remove it.",
    )


def _no_connection(text: str, location: str, doing: str) -> StorageUnreachable:
    step = "Check the address and the network."
    if _CERTIFICATE.search(text):
        cause = "its certificate is not accepted"
        step = "Check the address; behind an inspecting proxy, its authority must be known to this machine."
    elif "dns error" in text:
        cause = "its name cannot be resolved"
    elif "Connection refused" in text:
        cause = "the connection was refused"
    elif re.search(r"Timeout|timed out|TimedOut", text):
        cause = "no answer in time"
    elif "InvalidContentType" in text or "InvalidMessage" in text:
        cause = "it does not speak TLS there"
    else:
        cause = "no connection"
    return StorageUnreachable(
        f"{location}: could not {doing}: {cause}", meaning="No answer came from the storage.", next_step=step
    )
