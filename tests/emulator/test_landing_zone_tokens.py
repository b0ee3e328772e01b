"""The landing zone's tokens: their shape, what they open, when they end."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.storage.blob import ContainerClient, generate_container_sas

from support.zone import MORNING, Zone, code
from tarmac.emulator import sas
from tarmac.emulator.blob_folder import WRITER_MARK
from tarmac.emulator.landing_zone import LandingZone
from tarmac.terms.errors import UsageError


def test_credentials_have_the_shape_of_the_real_ones(zone: Zone) -> None:
    known = zone.credentials
    assert set(known) == {"containerName", "SASToken", "storageAccountName", "SASUri", "expiryDate"}
    assert known["SASUri"].endswith(f"/{known['storageAccountName']}/{known['containerName']}?{known['SASToken']}")
    token = parse_qs(known["SASToken"], strict_parsing=True)
    assert list(token) == ["sv", "si", "sr", "sp", "sig"]
    assert token["si"][0].startswith("dlz-")
    assert (token["sr"], token["sp"]) == (["c"], ["racwdlm"])


def test_the_signature_is_the_one_azures_own_client_makes(zone: Zone) -> None:
    keyring = sas.load(zone.root / "landing-zone.json")
    assert keyring is not None
    theirs = generate_container_sas(
        keyring.account, "dlz-destination", account_key=keyring.key, policy_id=keyring.policy.id, permission="racwdl"
    )
    fields = {key: values[0] for key, values in parse_qs(theirs, strict_parsing=True).items()}
    assert keyring.signature("dlz-destination", fields) == fields["sig"]
    assert keyring.refusal("dlz-destination", fields, MORNING) is None


def test_a_token_that_was_touched_opens_nothing(zone: Zone) -> None:
    zone.put("a.bin", b"a")
    uri = zone.url("a.bin")
    split = urlsplit(uri)
    token = {key: values[0] for key, values in parse_qs(split.query).items()}
    signature = bytearray(base64.b64decode(token["sig"]))
    signature[0] ^= 1
    changes: list[dict[str, str]] = [
        {"sig": base64.b64encode(signature).decode()},
        {"sig": ""},
        {"sp": "rl"},
        {"si": "dlz-00000000-0000-4000-8000-000000000000"},
        {"sr": "b"},
        {"se": "2030-01-01T00:00:00Z"},
        {"sv": "2020-04-08"},
    ]
    bare = uri.partition("?")[0]
    for change in changes:
        assert code(httpx.get(bare, params=token | change)) == (403, "AuthenticationFailed"), change
    assert code(httpx.get(bare)) == (403, "AuthenticationFailed")
    elsewhere = bare.replace("dlz-destination", "someone-else")
    assert code(httpx.get(elsewhere, params=token)) == (403, "AuthenticationFailed")
    assert httpx.get(bare, params=token).status_code == 200


def test_a_refresh_ends_the_old_token(zone: Zone) -> None:
    old = zone.uri
    new = zone.zone.refresh()["SASUri"]
    assert new == zone.uri != old
    with ContainerClient.from_container_url(old) as client, pytest.raises(ClientAuthenticationError):
        list(client.list_blobs())
    with ContainerClient.from_container_url(new) as client:
        assert [blob.name for blob in client.list_blobs()] == [WRITER_MARK]


def test_a_token_ends_by_the_virtual_clock_and_the_next_credentials_are_fresh(zone: Zone) -> None:
    old, end = zone.uri, datetime.fromisoformat(zone.credentials["expiryDate"]).replace(tzinfo=UTC)
    zone.moment = end + timedelta(days=1)
    assert code(httpx.get(f"{old}&restype=container&comp=list")) == (403, "AuthenticationFailed")
    assert zone.uri != old
    assert httpx.get(zone.url(restype="container", comp="list")).status_code == 200


def test_token_and_files_survive_a_restart(zone: Zone) -> None:
    zone.put("a.bin", b"a")
    again = Zone(zone.root)
    assert again.credentials["SASToken"] == zone.credentials["SASToken"]
    assert (again.disk / "a.bin").read_bytes() == b"a"
    assert (zone.root / "landing-zone.json").stat().st_mode & 0o077 == 0


def test_a_key_file_that_is_none_is_named(tmp_path: Path) -> None:
    for text in ("{", "[]", '{"account": "a"}'):
        (tmp_path / "landing-zone.json").write_text(text)
        with pytest.raises(UsageError, match=r"landing-zone\.json"):
            LandingZone(tmp_path, lambda: MORNING)


def test_each_delete_of_a_batch_needs_its_own_token(zone: Zone) -> None:
    zone.put("a", b"a")
    account, token = zone.credentials["storageAccountName"], zone.credentials["SASToken"]

    def batch(*targets: str) -> str:
        part = "--b\r\nContent-Type: application/http\r\nContent-ID: {}\r\n\r\nDELETE {} HTTP/1.1\r\n\r\n\r\n"
        body = "".join(part.format(number, target) for number, target in enumerate(targets)) + "--b--"
        head = {"content-type": "multipart/mixed; boundary=b"}
        answer = httpx.post(zone.url(restype="container", comp="batch"), content=body, headers=head)
        assert answer.status_code == 202
        return answer.text

    outside = f"/{account}/dlz-destination/../landing-zone.json?{token}"
    refused = batch(f"/{account}/dlz-destination/a?{token[:-6]}", f"/dlz-destination/no?{token}", outside)
    assert [word in refused for word in ("403 Auth", "404 BlobNotFound", "400 InvalidResourceName")] == [True] * 3
    assert (zone.root / "landing-zone.json").exists()
    assert "202 Accepted" in batch(f"/dlz-destination/a?{token}")
    assert zone.names(prefix="a") == []
