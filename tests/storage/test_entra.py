"""Data Lake Gen2 by service principal, whole: a token service of our own, Azurite checking the token over TLS."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from support.reading import listed
from support.servers import Azurite, running_azurite
from tarmac.storage.access import AzureServicePrincipalAccess, StoreTimeouts, open_store
from tarmac.storage.entra import EntraSignIn
from tarmac.storage.errors import StorageDenied, StorageUnreachable
from tarmac.storage.object_opening import split_data_lake_url
from tarmac.terms.secrets import Secret

TENANT = "0f0f0f0f-0000-4000-8000-000000000001"
KEY = "service-principal-key-of-nobody"


@pytest.fixture(scope="module")
def azurite_with_oauth(tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]) -> Iterator[Azurite]:
    with running_azurite(tmp_path_factory.mktemp("oauth"), "--oauth", "basic", certificate=certificate) as server:
        server.container("ml-data", {"features/a.json": b"{}", "features/deep/b.json": b"{}", "other.json": b"{}"})
        yield server


def token() -> str:
    """An unsigned token with what Azurite looks at."""
    now = int(time.time())
    claims = {
        "aud": "https://storage.azure.com",
        "iss": f"https://sts.windows.net/{TENANT}/",
        "nbf": now - 60,
        "iat": now - 60,
        "exp": now + 3600,
    }
    parts = [{"alg": "RS256", "typ": "JWT"}, claims, {}]
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


@dataclass
class Authority:
    url: str = ""
    expires_in: object = 3599
    forms: list[dict[str, list[str]]] = field(default_factory=list)


@asynccontextmanager
async def token_service() -> AsyncIterator[Authority]:
    authority = Authority()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length:")[2].split("\r\n")[0])
        form = parse_qs((await reader.readexactly(length)).decode())
        authority.forms.append(form)
        right = form["client_secret"] == [KEY] and head.startswith(f"POST /{TENANT}/oauth2/v2.0/token ")
        answer: dict[str, object] = {
            "access_token": token(),
            "token_type": "Bearer",
            "expires_in": authority.expires_in,
        }
        if not right:
            answer = {
                "error": "invalid_client",
                "error_description": f"AADSTS7000215: wrong {form['client_secret'][0]}",
            }
        body = json.dumps(answer).encode()
        status = "200 OK" if right else "401 Unauthorized"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    authority.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield authority
    finally:
        server.close()


def principal(server: Azurite, authority: str, key: str = KEY) -> AzureServicePrincipalAccess:
    return AzureServicePrincipalAccess(
        f"{server.url}/ml-data/features", TENANT, "principal-id", Secret(key), authority_host=authority
    )


async def test_signs_in_once_and_lists(azurite_with_oauth: Azurite) -> None:
    async with token_service() as authority:
        store = open_store(principal(azurite_with_oauth, authority.url), ca_file=azurite_with_oauth.ca_file)
        assert [file.path for file in await listed(store, "")] == ["a.json", "deep/b.json"]
        assert await store.read_range("a.json", 0, 2) == b"{}"
    assert len(authority.forms) == 1
    assert authority.forms[0]["scope"] == ["https://storage.azure.com/.default"]


async def test_a_wrong_key_is_told_with_its_code_only(azurite_with_oauth: Azurite) -> None:
    async with token_service() as authority:
        access = principal(azurite_with_oauth, authority.url, "wrong-key-to-hide")
        store = open_store(access, ca_file=azurite_with_oauth.ca_file)
        with pytest.raises(StorageDenied, match="AADSTS7000215") as caught:
            await listed(store, "")
    error = caught.value
    assert "wrong-key-to-hide" not in f"{error.message} {error.meaning} {error.next_step}"


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        ("3599", 3299),
        ("soon", 150),
        ("", 150),
        (None, 150),
        (True, 150),
        (-5, 150),
        (10**400, 150),
        ("9" * 300, 86_100),
    ],
)
async def test_a_token_is_taken_whatever_its_lifetime_looks_like(expires_in: object, seconds: int) -> None:
    async with token_service() as authority:
        authority.expires_in = expires_in
        access = principal(Azurite("http://127.0.0.1:1/acct"), authority.url)
        begun = datetime.now(UTC)
        credential = await EntraSignIn(access, StoreTimeouts(), None)()
        ends_at = credential["expires_at"]
        assert ends_at is not None
        assert begun <= ends_at - timedelta(seconds=seconds) <= datetime.now(UTC)


async def test_an_unreachable_authority_is_not_mistaken_for_the_storage(
    azurite_with_oauth: Azurite, closed_port: int
) -> None:
    access = principal(azurite_with_oauth, f"http://127.0.0.1:{closed_port}")
    with pytest.raises(StorageUnreachable, match="no sign-in"):
        await listed(open_store(access, ca_file=azurite_with_oauth.ca_file), "")


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://acme.dfs.core.windows.net/ml", ("https://acme.blob.core.windows.net", "acme", "ml", "")),
        ("https://acme.dfs.core.windows.net/ml/a/b/", ("https://acme.blob.core.windows.net", "acme", "ml", "a/b")),
        ("https://acme.blob.core.windows.net/ml", ("https://acme.blob.core.windows.net", "acme", "ml", "")),
        ("abfss://ml@acme.dfs.core.windows.net/a", ("https://acme.blob.core.windows.net", "acme", "ml", "a")),
        ("https://acme.dfs.core.windows.net", ("https://acme.blob.core.windows.net", "acme", "", "")),
        ("http://127.0.0.1:10000/acme/ml", ("http://127.0.0.1:10000/acme", "acme", "ml", "")),
    ],
)
def test_data_lake_addresses(url: str, parts: tuple[str, str, str, str]) -> None:
    assert split_data_lake_url(url) == parts
