"""The folder of profiles: one broken file hides no other, and a profile is written once."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tarmac.profiles.errors import NoProfile, ProfileError
from tarmac.profiles.models import Destination, SecretRef, SecretSource
from tarmac.profiles.places import Places
from tarmac.profiles.profile_parsing import parse_profile
from tarmac.profiles.profile_store import EMULATOR_MARK, ProfileStore
from tarmac.profiles.profile_template import EXAMPLE_DESTINATIONS, ProfileDraft, profile_text
from tarmac.terms.destinations import DestinationKind


@pytest.fixture
def store(places: Places) -> ProfileStore:
    return ProfileStore(places)


def test_broken_profiles_hide_no_other(store: ProfileStore, places: Places, platform_text: str) -> None:
    store.create("good", platform_text)
    (places.profiles / "broken.toml").write_text("[platform\n")
    (places.profiles / "no name!.toml").write_text(platform_text)
    (places.profiles / "folder.toml").mkdir()
    (places.profiles / ".hidden.toml").write_text("")
    (places.profiles / "notes.txt").write_text("")
    found = {summary.name: summary for summary in store.list()}
    assert list(found) == ["broken", "folder", "good", "no name!"]
    assert found["good"].profile is not None
    assert all(summary.problem is not None for name, summary in found.items() if name != "good")
    problem = found["broken"].problem
    assert problem is not None
    assert problem.line == 1


def test_create_is_private_and_never_rewrites(store: ProfileStore, platform_text: str) -> None:
    file = store.create("acme", platform_text)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    with pytest.raises(ProfileError, match="already a profile acme"):
        store.create("acme", platform_text + "# other\n")
    assert file.read_text() == platform_text


def test_create_writes_nothing_wrong(store: ProfileStore) -> None:
    with pytest.raises(ProfileError):
        store.create("acme", "[platform]\n")
    assert store.names() == ()


def test_warning_for_a_literal_secret_that_others_can_read(store: ProfileStore, platform_text: str) -> None:
    literal = platform_text.replace('{ env = "AEP_SECRET" }', '"CANARY-1234"')
    file = store.create("acme", literal)
    assert store.check("acme").warnings == ()
    file.chmod(0o640)
    (warning,) = store.check("acme").warnings
    assert f"chmod 600 {file}" in warning
    assert "CANARY" not in repr(store.list())
    other = store.create("by-env", platform_text)
    other.chmod(0o644)
    assert store.check("by-env").warnings == ()


def test_choosing(store: ProfileStore, platform_text: str) -> None:
    with pytest.raises(NoProfile) as none:
        store.choose(environment={})
    assert none.value.code == "no-profile"
    store.create("acme", platform_text)
    assert store.choose(environment={}) == "acme"
    store.create("beta", platform_text)
    with pytest.raises(ProfileError, match="acme, beta") as unclear:
        store.choose(environment={})
    assert "--profile" in unclear.value.next_step
    assert store.choose(configured="beta", environment={}) == "beta"
    assert store.choose(configured="beta", environment={"TARMAC_PROFILE": "acme"}) == "acme"
    assert store.choose("beta", "acme", {"TARMAC_PROFILE": "acme"}) == "beta"


def test_what_a_demo_left_behind_is_not_counted(store: ProfileStore, platform_text: str) -> None:
    store.create("demo", EMULATOR_MARK + platform_text)
    assert store.choose(environment={}) == "demo", "it is the only one"
    store.create("acme", platform_text)
    assert store.choose(environment={}) == "acme"
    assert store.choose("demo", environment={}) == "demo"
    store.create("local", EMULATOR_MARK + platform_text)
    with pytest.raises(ProfileError, match="2 profiles and none is chosen: acme, local"):
        store.choose(environment={})


def test_a_profile_of_ones_own_called_demo_counts(store: ProfileStore, platform_text: str) -> None:
    store.create("demo", platform_text)
    store.create("acme", platform_text)
    with pytest.raises(ProfileError, match="acme, demo"):
        store.choose(environment={})


def test_choosing_what_is_not_there(store: ProfileStore, platform_text: str) -> None:
    store.create("acme", platform_text)
    with pytest.raises(ProfileError, match=r"no profile acmee \(from TARMAC_PROFILE\)") as caught:
        store.choose(environment={"TARMAC_PROFILE": "acmee"})
    assert caught.value.next_step == "Did you mean acme?"
    with pytest.raises(ProfileError, match="there are: acme"):
        store.load("zzz")
    with pytest.raises(ProfileError, match="cannot be the name"):
        store.load("../acme")


def test_folder_that_is_a_file(places: Places, store: ProfileStore) -> None:
    places.config.mkdir()
    places.profiles.write_text("")
    with pytest.raises(ProfileError, match="cannot be listed"):
        store.list()


DESTINATIONS = (
    Destination("landing", DestinationKind.DATA_LANDING_ZONE, {"path": 'we "quote"'}),
    Destination(
        "lake.v2",
        DestinationKind.AMAZON_S3,
        {"bucket": "acme-ml", "path": "features"},
        {"access_key": SecretRef(SecretSource.ENV, "K"), "secret_key": SecretRef(SecretSource.KEYRING, "s/u")},
        {"endpoint": "http://127.0.0.1:9000", "access_key": SecretRef(SecretSource.LITERAL, "minio\\")},
        "b0",
    ),
)


@pytest.mark.parametrize(
    "secret",
    [
        SecretRef(SecretSource.ENV, "X"),
        SecretRef(SecretSource.COMMAND, command=("pass", 'a "b"', "\\")),
        SecretRef(SecretSource.FILE, "/run/s"),
        SecretRef(SecretSource.KEYRING, "k"),
        SecretRef(SecretSource.LITERAL, "emulator's"),
    ],
)
def test_template_reads_back(store: ProfileStore, secret: SecretRef) -> None:
    draft = ProfileDraft(
        "acme", "ORG@AdobeOrg", "id", secret, "dev", ("openid",), "http://127.0.0.1:1", "http://[::1]:2", DESTINATIONS
    )
    store.create("acme", profile_text(draft))
    profile = store.load("acme")
    platform = profile.platform
    assert (platform.org_id, platform.client_id, platform.client_secret) == ("ORG@AdobeOrg", "id", secret)
    assert (platform.sandbox, platform.scopes) == ("dev", ("openid",))
    assert (platform.base_url, platform.ims_url) == ("http://127.0.0.1:1", "http://[::1]:2")
    assert tuple(profile.destinations.values()) == DESTINATIONS


def test_template_with_nothing_known_is_right_too() -> None:
    text = profile_text(ProfileDraft("acme"))
    assert parse_profile(text.encode(), Path("x.toml"), "acme").platform.client_secret.source is SecretSource.ENV
    assert '# base_url = "https://platform.adobe.io"' in text


def test_examples_of_the_template_are_right(platform_text: str) -> None:
    profile = parse_profile((platform_text + EXAMPLE_DESTINATIONS).encode(), Path("x.toml"), "acme")
    assert {destination.kind for destination in profile.destinations.values()} == set(DestinationKind)
