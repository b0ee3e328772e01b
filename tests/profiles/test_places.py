"""Where files are, and that no name leads elsewhere."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.places import Places, find_places, name_complaint, name_from


def test_variables_win(tmp_path: Path) -> None:
    places = find_places({"TARMAC_CONFIG_DIR": str(tmp_path / "c"), "TARMAC_STATE_DIR": str(tmp_path / "s")})
    assert places.profile_file("acme") == tmp_path / "c" / "profiles" / "acme.toml"
    assert places.export_file("acme", "churn") == tmp_path / "c" / "exports" / "acme" / "churn.toml"
    assert places.ledger_file("acme") == tmp_path / "s" / "acme" / "ledger.jsonl"
    assert places.receipts("acme") == tmp_path / "s" / "acme" / "receipts"


def test_without_variables_the_operating_system_decides() -> None:
    places = find_places({})
    assert places.config.name == places.state.name == "tarmac"
    assert places.config != places.state


def test_relative_variable_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_places({"TARMAC_CONFIG_DIR": "here", "TARMAC_STATE_DIR": "here"}).config == tmp_path / "here"


@pytest.mark.parametrize("name", ["acme", "ml-dev", "a.b_c", "0", "A" * 64])
def test_good_names(name: str) -> None:
    assert name_complaint(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        ".hidden",
        "-x",
        "a b",
        "é",
        "a\n",
        "a\0",
        "A" * 65,
        "session.json",
        "tarmac.log.1",
    ],
)
def test_bad_names(name: str, places: Places) -> None:
    assert name_complaint(name)
    with pytest.raises(ProfileError, match="cannot be the name"):
        places.profile_file(name)
    with pytest.raises(ProfileError):
        places.profile_state(name)
    with pytest.raises(ProfileError):
        places.export_file("acme", name)


@given(st.text(max_size=80), st.integers(1, 64))
def test_what_is_made_of_a_text_can_be_a_name_or_is_nothing(text: str, longest: int) -> None:
    made = name_from(text, longest)
    assert len(made) <= longest
    # The two names that are tarmac's own are refused where a name is used.
    assert not made or name_complaint(made) is None or "used by tarmac" in (name_complaint(made) or "")
    assert name_from(made, longest) == made


@given(st.text(max_size=80))
def test_a_name_that_passes_stays_in_its_folder(name: str) -> None:
    places = Places(Path("/c"), Path("/s"))
    with contextlib.suppress(ProfileError):
        file = places.profile_file(name)
        assert file.parent == places.profiles
        assert not file.name.startswith(".")
