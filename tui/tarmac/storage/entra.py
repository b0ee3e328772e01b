"""Signing in a service principal at Microsoft Entra ID, for Data Lake Gen2 (§3.4)."""

from __future__ import annotations

import math
import re
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from tarmac.storage.access import AzureServicePrincipalAccess, StoreTimeouts, check_url
from tarmac.storage.errors import StorageDenied, StorageError, StorageUnreachable
from tarmac.terms.hosts import is_loopback

if TYPE_CHECKING:
    import httpx
    from obstore.store import AzureCredential

_SCOPE = "https://storage.azure.com/.default"
_ENTRA_CODE = re.compile(r"\bAADSTS\d{4,9}\b")
_EARLY = timedelta(minutes=5)
# For a token that does not say, in any form that can be read, how long it is good for; and at most, whatever it says.
_UNSTATED_LIFETIME = timedelta(minutes=5)
_LONGEST = timedelta(days=1)


class EntraSignIn:
    """A credential provider: called by obstore whenever its token has run out.

    An error raised in a provider reaches us only as text inside another, so the true one is kept in `failure`.
    """

    def __init__(self, access: AzureServicePrincipalAccess, timeouts: StoreTimeouts, ca_file: Path | None) -> None:
        self._access = access
        self._timeouts = timeouts
        self._ca_file = ca_file
        self._host = check_url(access.authority_host)
        self.failure: StorageError | None = None

    async def __call__(self) -> AzureCredential:
        """Return a bearer token for the storage. Raises StorageDenied or StorageUnreachable."""
        self.failure = None
        try:
            token, lifetime = await self._ask()
        except StorageError as error:
            self.failure = error
            raise
        return {"token": token, "expires_at": datetime.now(UTC) + max(lifetime - _EARLY, lifetime / 2)}

    async def _ask(self) -> tuple[str, timedelta]:
        import httpx

        context = ssl.create_default_context()
        if self._ca_file is not None:
            context.load_verify_locations(self._ca_file)
        form = {
            "grant_type": "client_credentials",
            "client_id": self._access.service_principal_id,
            "client_secret": self._access.service_principal_key.reveal(),
            "scope": _SCOPE,
        }
        url = f"{self._host}/{quote(self._access.tenant, safe='')}/oauth2/v2.0/token"
        name = urlsplit(self._host).hostname
        timeout = httpx.Timeout(self._timeouts.silence, connect=self._timeouts.connect)
        try:
            async with httpx.AsyncClient(verify=context, timeout=timeout, trust_env=not is_loopback(name)) as client:
                answer = await client.post(url, data=form)
        except httpx.HTTPError as error:
            raise StorageUnreachable(
                f"{name}: no sign-in ({type(error).__name__})",
                meaning="The storage asks for a token, and the place that gives it cannot be reached.",
                next_step="Check the network and the authority host.",
            ) from error
        return self._read(answer, str(name))

    def _read(self, answer: httpx.Response, name: str) -> tuple[str, timedelta]:
        try:
            body = answer.json()
        except (ValueError, RecursionError):
            body = {}
        token = body.get("access_token") if isinstance(body, dict) else None
        if answer.status_code == 200 and isinstance(token, str):
            return token, _lifetime(body.get("expires_in"))
        code = _ENTRA_CODE.search(answer.text)
        said = " ".join(part for part in (str(answer.status_code), code[0] if code else "") if part)
        if answer.status_code >= 500:
            raise StorageUnreachable(
                f"{name}: no sign-in ({said})", meaning="It has a fault of its own.", next_step="Try again in a minute."
            )
        raise StorageDenied(
            f"{name}: the service principal was refused ({said})",
            meaning="Tenant, service principal ID or key is wrong, or the key has expired.",
            next_step="Check the three in the destination" + (f"; look up {code[0]}." if code else "."),
        )


def _lifetime(value: object) -> timedelta:
    try:
        seconds = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        seconds = 0.0
    if not 0 < seconds < math.inf:
        return _UNSTATED_LIFETIME
    return timedelta(seconds=min(seconds, _LONGEST.total_seconds()))
