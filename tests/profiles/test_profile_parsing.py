"""A profile file as a value, and every way in which it can be wrong."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.models import DEFAULT_BASE_URL, DEFAULT_SCOPES, Profile, SecretRef, SecretSource
from tarmac.profiles.profile_parsing import has_literal_secret, parse_profile
from tarmac.terms.destinations import DestinationKind

FILE = Path("/etc/tarmac/profiles/acme.toml")
S3 = '[destinations.lake]\nkind = "amazon-s3"\nbucket = "acme-ml"\npath = "features"\n'
SFTP = '[destinations.sftp]\nkind = "sftp"\npath = "up"\n'
CREDENTIALS = 'credentials = { access_key = { env = "K" }, secret_key = { env = "S" } }\n'


def parse(text: str) -> Profile:
    return parse_profile(text.encode(), FILE, "acme")


def refuse(text: str) -> ProfileError:
    with pytest.raises(ProfileError) as caught:
        parse(text)
    assert str(FILE) in caught.value.message
    return caught.value


def test_the_smallest_profile(platform_text: str) -> None:
    profile = parse(platform_text)
    assert profile.name == "acme"
    assert profile.platform.base_url == DEFAULT_BASE_URL
    assert profile.platform.scopes == DEFAULT_SCOPES
    assert profile.platform.client_secrets == (SecretRef(SecretSource.ENV, "AEP_SECRET"),)
    assert not profile.destinations
    assert not has_literal_secret(profile)


@pytest.mark.parametrize(
    ("toml", "ref"),
    [
        ('{ env = "A_B" }', SecretRef(SecretSource.ENV, "A_B")),
        ('{ command = ["pass", "show"] }', SecretRef(SecretSource.COMMAND, command=("pass", "show"))),
        ('{ file = "~/x" }', SecretRef(SecretSource.FILE, str(Path.home() / "x"))),
        ('{ file = "/run/x" }', SecretRef(SecretSource.FILE, "/run/x")),
        ('{ file = "x" }', SecretRef(SecretSource.FILE, "/etc/tarmac/profiles/x")),
        ('{ keyring = "aep/me" }', SecretRef(SecretSource.KEYRING, "aep/me")),
        ('"CANARY-1234"', SecretRef(SecretSource.LITERAL, "CANARY-1234")),
    ],
)
def test_forms_of_a_secret(platform_text: str, toml: str, ref: SecretRef) -> None:
    profile = parse(platform_text.replace('{ env = "AEP_SECRET" }', toml))
    assert profile.platform.client_secret == ref
    assert has_literal_secret(profile) is (ref.source is SecretSource.LITERAL)
    assert "CANARY" not in repr(profile)


def test_two_secrets_while_one_is_rotated(platform_text: str) -> None:
    profile = parse(platform_text.replace('{ env = "AEP_SECRET" }', '[{ env = "NEW" },\n { env = "OLD" }]'))
    assert [ref.value for ref in profile.platform.client_secrets] == ["NEW", "OLD"]


@pytest.mark.parametrize(
    ("toml", "line", "key"),
    [
        ("12", 4, "platform.client_secret"),
        ('""', 4, "platform.client_secret"),
        ("[]", 4, "platform.client_secret"),
        ("{}", 4, "platform.client_secret"),
        ('{ env = "A", file = "CANARY-1234" }', 4, "platform.client_secret"),
        ('{ evn = "CANARY-1234" }', 4, "platform.client_secret.evn"),
        ('{ env = "$CANARY-1234" }', 4, "platform.client_secret.env"),
        ('{ command = "CANARY-1234" }', 4, "platform.client_secret.command"),
        ('{ command = ["CANARY-1234", 1] }', 4, "platform.client_secret.command"),
        ("{ command = [] }", 4, "platform.client_secret.command"),
        ('[{ env = "A" },\n  { env = "CANARY 1234" }]', 5, "platform.client_secret[2].env"),
        ('[{ env = "A" },\n  7]', 5, "platform.client_secret[2]"),
    ],
)
def test_wrong_secrets(platform_text: str, toml: str, line: int, key: str) -> None:
    error = refuse(platform_text.replace('{ env = "AEP_SECRET" }', toml))
    assert (error.line, error.key) == (line, key)
    assert "CANARY" not in repr(error.as_json())
    assert error.next_step


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("[platform]", "[plattform]", 1, "no setting plattform"),
        ('sandbox = "ml-dev"', "", 1, "platform.sandbox is missing"),
        ('sandbox = "ml-dev"', "sandbox = 3", 5, "is a number, not text"),
        ('sandbox = "ml-dev"', 'sandbox = "ml dev"', 5, "holds a space"),
        ("AdobeOrg", "", 2, "is not an organization ID"),
        ('client_id = "aabbccdd"', 'client_id = "CANARY-é"', 3, "outside ASCII"),
        ("sandbox", 'scopes = "openid"\nsandbox', 5, "is text, not a list"),
        ("sandbox", 'scopes = ["openid,AdobeID"]\nsandbox', 5, "comma inside"),
        ("sandbox", 'base_url = "http://platform.adobe.io"\nsandbox', 5, "uses http"),
        ("sandbox", 'ims_url = "http://127.0.0.1.evil.com"\nsandbox', 5, "uses http"),
        ("sandbox", 'ims_url = "https://me:CANARY@x.com"\nsandbox', 5, "user name or password"),
        ("sandbox", 'ims_url = "ftp://x"\nsandbox', 5, "not a web address"),
        ("sandbox", 'ims_url = "https://x:99999999"\nsandbox', 5, "not a web address"),
        ("sandbox", 'ims_url = "https://[x"\nsandbox', 5, "not a web address"),
    ],
)
def test_wrong_platform(platform_text: str, old: str, new: str, line: int, words: str) -> None:
    error = refuse(platform_text.replace(old, new))
    assert words in error.message
    assert error.line == line
    assert "CANARY" not in repr(error.as_json())


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/", "http://localhost:1", "http://[::1]:80", "https://x.adobe.io"]
)
def test_addresses_that_are_fine(platform_text: str, url: str) -> None:
    assert parse(platform_text + f'base_url = "{url}"\n').platform.base_url == url.rstrip("/")


def test_destinations(platform_text: str) -> None:
    reader = 'reader = { endpoint = "http://127.0.0.1:9000/", access_key = "plain", secret_key = { env = "R" } }\n'
    landing = '[destinations.landing]\nkind = "data-landing-zone"\npath = "ml/churn/"\n'
    profile = parse(platform_text + landing + S3 + CREDENTIALS + reader)
    lake = profile.destinations["lake"]
    assert profile.destinations["landing"].path == "ml/churn"
    assert lake.kind is DestinationKind.AMAZON_S3
    assert lake.location == {"bucket": "acme-ml", "path": "features"}
    assert lake.credentials["secret_key"] == SecretRef(SecretSource.ENV, "S")
    assert lake.reader == {
        "endpoint": "http://127.0.0.1:9000",
        "access_key": SecretRef(SecretSource.LITERAL, "plain"),
        "secret_key": SecretRef(SecretSource.ENV, "R"),
    }
    assert has_literal_secret(profile)


def test_sftp_port_is_a_number_or_text_and_a_key_may_have_several_lines(platform_text: str) -> None:
    credentials = 'credentials = { domain = "h", username = "u", port = 2222, ssh_key = { file = "k" } }\n'
    sftp = parse(platform_text + SFTP + credentials + 'reader = { port = "23", known_hosts = "hosts" }').destinations[
        "sftp"
    ]
    assert sftp.credentials["port"] == SecretRef(SecretSource.LITERAL, "2222")
    assert sftp.credentials["ssh_key"].whole
    assert sftp.reader == {"port": "23", "known_hosts": "/etc/tarmac/profiles/hosts"}


def test_existing_connection_needs_no_credentials(platform_text: str) -> None:
    assert parse(platform_text + S3 + 'base_connection = "b000"').destinations["lake"].base_connection == "b000"


@pytest.mark.parametrize(
    ("text", "line", "words", "next_words"),
    [
        (S3, 6, "credentials is missing", "access_key ="),
        (S3 + 'credentials = { access_key = { env = "K" } }', 10, "lacks secret_key", "secret_key"),
        (S3 + 'credentials = { access_key = { env = "K" }, role = "r" }', 10, "mixes two ways", "Keep one"),
        (S3 + 'credentials = { access_kye = "CANARY" }', 10, "access_kye", "Did you mean access_key?"),
        (S3 + 'credentials = { access_key = "CANARY", secret_key = { env = "S" } }', 10, "20 characters", "env"),
        (S3 + "credentials = 3", 10, "is a number, not a table", "credentials = {"),
        (S3.replace("acme-ml", "Acme_ML") + CREDENTIALS, 8, "lower-case", "acme-ml"),
        (S3.replace("features", "a/../b") + CREDENTIALS, 9, "may not hold", "ml/churn"),
        (S3.replace('path = "features"\n', "") + CREDENTIALS, 6, "path is missing", "path ="),
        (S3.replace("amazon-s3", "amazon-s4") + CREDENTIALS, 7, "not a destination kind", "Did you mean amazon-s3?"),
        (S3 + CREDENTIALS + 'container = "x"', 11, "no setting destinations.lake.container", "Known here"),
        (S3 + CREDENTIALS + 'reader = { host = "x" }', 11, "no setting destinations.lake.reader.host", "Known here"),
        (S3 + CREDENTIALS + 'reader = { endpoint = "http://minio:9000" }', 11, "uses http", "endpoint ="),
        (SFTP + 'credentials = { domain = "h", username = "u" }', 9, "lacks password or ssh_key", "credentials ="),
        (
            SFTP + 'credentials = { domain = "h", username = "u", password = "p", port = 0 }',
            9,
            "between 1",
            "port = 22",
        ),
        (SFTP + 'credentials = { domain = "h", username = "u", password = "p", port = true }', 9, "port number", "22"),
        ('[destinations."../x"]\nkind = "sftp"', 6, "cannot be the name", ""),
        ("[destinations]\nx = 1", 7, "is a number, not a table", "destinations.landing"),
        ('[destinations.l]\nkind = "data-landing-zone"\npath = "x"\ncredentials = {}', 9, "not needed", "Remove"),
    ],
)
def test_wrong_destinations(platform_text: str, text: str, line: int, words: str, next_words: str) -> None:
    error = refuse(platform_text + text)
    assert words in error.message
    assert next_words in error.next_step
    assert error.line == line
    assert "CANARY" not in repr(error.as_json())


@given(st.binary(max_size=200))
def test_any_bytes_give_a_profile_or_a_profile_error(data: bytes) -> None:
    with contextlib.suppress(ProfileError):
        parse_profile(data, FILE, "acme")


words = st.sampled_from(
    [
        "platform",
        "destinations",
        "org_id",
        "client_id",
        "client_secret",
        "sandbox",
        "scopes",
        "base_url",
        "kind",
        "path",
        "credentials",
        "reader",
        "port",
        "password",
        "access_key",
        "env",
        "command",
        "file",
        "endpoint",
        "amazon-s3",
        "sftp",
        "a@b",
        "https://x",
        "host",
        "role",
        "url",
        "domain",
        "username",
        "bucket",
    ]
)
leaves = (
    words | st.text(max_size=5) | st.integers() | st.booleans() | st.floats() | st.datetimes() | st.dates() | st.times()
)
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4))
known = st.fixed_dictionaries(
    {},
    optional={
        "platform": st.fixed_dictionaries(
            {"org_id": st.just("a@b"), "client_id": st.just("c"), "client_secret": trees, "sandbox": st.just("s")},
            optional={"scopes": trees, "base_url": trees, "ims_url": trees},
        ),
        "destinations": st.dictionaries(
            words,
            st.fixed_dictionaries(
                {"kind": st.sampled_from([kind.value for kind in DestinationKind])},
                optional={"path": leaves, "bucket": leaves, "credentials": trees, "reader": trees},
            ),
            max_size=2,
        ),
    },
)


@given(known | st.dictionaries(words, trees, max_size=4))
def test_any_toml_gives_a_profile_or_a_profile_error(document: dict[str, object]) -> None:
    with contextlib.suppress(ProfileError):
        parse_profile(tomli_w.dumps(document).encode(), FILE, "acme")
