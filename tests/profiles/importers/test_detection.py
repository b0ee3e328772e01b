from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.importers.detection import parse_foreign
from tarmac.profiles.importers.recognised import Recognised

ORG = "0123456789ABCDEF01234567@AdobeOrg"
FILE = Path("config")
KEYS = st.sampled_from(
    ["org_id", "client_id", "Client_Secrets", "values", "project", "workspace", "details", "key", "value"]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | KEYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=6), inner, max_size=5),
    max_leaves=12,
)


def read(document: Any) -> Recognised:
    return parse_foreign(json.dumps(document).encode(), FILE)


def secrets(found: Recognised) -> list[str]:
    return [secret.reveal() for secret in found.secrets]


def test_aepp_keys_are_matched_whatever_their_case() -> None:
    found = read(
        {
            "ORG_ID": ORG,
            "Api_Key": "client",
            "client_SECRETS": ["one", "two"],
            "Sandbox-Name": "dev",
            "scopes": "a, b,c",
        }
    )
    assert (found.org_id, found.client_id, found.sandbox) == (ORG, "client", "dev")
    assert secrets(found) == ["one", "two"]
    assert found.scopes == ("a", "b", "c")
    assert found.missing == ()


def test_what_nobody_filled_in_is_missing() -> None:
    found = read({"org_id": ORG, "client_id": "client", "secret": "<secret>", "sandbox-name": ""})
    assert found.missing == ("client_secret", "sandbox")


def test_the_notebook_configuration_takes_its_flow_over() -> None:
    text = f"""\
[Platform]
ims_org_id={ORG}
sandbox_name=cmle
dataset_id=66c0ffee0000000000000009
featurized_dataset_id=66c0ffee0000000000000001
dataflow_id=b0000000-0000-4000-8000-000000000007

[Authentication]
client_id=client
client_secret=100%secret
scopes=openid, AdobeID

[Cloud]
export_path=cmle/egress
data_format=parquet
compression_type=gzip
"""
    found = parse_foreign(text.encode(), FILE)
    assert (found.org_id, found.sandbox, found.flow_id) == (ORG, "cmle", "b0000000-0000-4000-8000-000000000007")
    assert (found.dataset_id, found.path) == ("66c0ffee0000000000000001", "cmle/egress")
    assert secrets(found) == ["100%secret"]
    empty = parse_foreign(text.replace("b0000000-0000-4000-8000-000000000007", "").encode(), FILE)
    assert empty.flow_id is None


def test_the_console_download_gives_its_oauth_credential() -> None:
    credential = {"client_id": "client", "client_secrets": ["new", "old"], "scopes": ["openid", "AdobeID"]}
    workspace = {"details": {"credentials": [{"jwt": {"client_id": "jwt"}}, {"oauth_server_to_server": credential}]}}
    found = read({"project": {"org": {"ims_org_id": ORG}, "workspace": workspace}})
    assert (found.org_id, found.client_id, secrets(found)) == (ORG, "client", ["new", "old"])
    assert found.missing == ("sandbox",)
    assert "JWT" in found.ignored[0]


def test_the_postman_environment_is_a_list_of_pairs() -> None:
    pairs = {"CLIENT_SECRET": "s", "API_KEY": "client", "IMS_ORG": ORG, "SANDBOX_NAME": "dev", "SCOPES": "a,b"}
    found = read(
        {"name": "x", "values": [{"key": key, "value": value, "enabled": True} for key, value in pairs.items()]}
    )
    assert (found.org_id, found.client_id, found.sandbox, found.scopes) == (ORG, "client", "dev", ("a", "b"))
    assert found.ims_url is None


@pytest.mark.parametrize("data", [b"", b"hello", b"{}", b"[1]", b"\xff\xfe\x00", b"[section]\nkey=1", b'{"a": ' * 5000])
def test_an_unknown_file_is_told_what_was_expected(data: bytes) -> None:
    with pytest.raises(ProfileError) as caught:
        parse_foreign(data, FILE)
    assert "aepp" in caught.value.meaning
    assert "Postman" in caught.value.meaning


@given(
    st.binary(max_size=300)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_are_a_value_or_a_profile_error(data: bytes) -> None:
    try:
        found = parse_foreign(data, FILE)
    except ProfileError:
        return
    assert found.org_id or found.client_id or found.format.startswith("Adobe Developer Console")
    assert all(secret.reveal() not in repr(found) or len(secret.reveal()) < 4 for secret in found.secrets)
