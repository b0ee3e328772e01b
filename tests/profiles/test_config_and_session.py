"""config.toml is strict, the session state is forgiving."""

from __future__ import annotations

import contextlib
import json
import stat
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tarmac.profiles.config_store import load_config
from tarmac.profiles.errors import ProfileError
from tarmac.profiles.models import Config, Notify, Timing
from tarmac.profiles.places import Places
from tarmac.profiles.session_store import SessionState, load_session, save_session


def test_no_file_means_the_defaults(places: Places) -> None:
    assert load_config(places.config_file) == Config()


def test_everything_set(places: Places) -> None:
    places.config.mkdir()
    places.config_file.write_text(
        'theme = "night"\nprofile = "acme"\nlow_bandwidth = true\nmouse = true\n[keys]\nfilter = "ctrl+f"\n'
        '[timing]\nprobe = "1s"\npoll = "250ms"\nrequest_timeout = "1m"\n[notify]\nbell = true\ncommand = ["n", "x"]\n'
    )
    assert load_config(places.config_file) == Config(
        theme="night",
        low_bandwidth=True,
        mouse=True,
        keys={"filter": "ctrl+f"},
        timing=Timing(timedelta(seconds=1), timedelta(milliseconds=250), timedelta(minutes=1)),
        profile="acme",
        notify=Notify(bell=True, command=("n", "x")),
    )


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\nthem = 1", 2, "no setting them"),
        ("mouse = 1", 1, "is a number, not true or false"),
        ('profile = "../x"', 1, "cannot be the name"),
        ("[keys]\nfilter = 3", 2, "keys.filter is a number"),
        ("keys = 3", 1, "not a table"),
        ("[timing]\n\npoll = 5", 3, "timing.poll is a number"),
        ('[timing]\npoll = "2h"', 2, "longer than an hour"),
        ('[timing]\npol = "2s"', 2, "no setting timing.pol"),
        ('[notify]\ncommand = "beep"', 2, "is text, not a list"),
    ],
)
def test_wrong_configuration(places: Places, text: str, line: int, words: str) -> None:
    places.config.mkdir()
    places.config_file.write_text(text)
    with pytest.raises(ProfileError) as caught:
        load_config(places.config_file)
    assert words in caught.value.message
    assert caught.value.line == line
    assert caught.value.next_step


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=100))
def test_any_bytes_give_a_configuration_or_a_profile_error(places: Places, data: bytes) -> None:
    places.config.mkdir(exist_ok=True)
    places.config_file.write_bytes(data)
    with contextlib.suppress(ProfileError):
        load_config(places.config_file)


def test_session_comes_back(places: Places) -> None:
    state = SessionState("acme", "runs", "chürn", "b000")
    save_session(places.session_file, state)
    assert load_session(places.session_file) == state
    assert stat.S_IMODE(places.session_file.stat().st_mode) == 0o600
    assert load_session(places.state / "none.json") == SessionState()
    assert load_session(places.state) == SessionState()


def test_session_keeps_what_is_readable(places: Places) -> None:
    places.state.mkdir()
    places.session_file.write_text(json.dumps({"profile": "../x", "mode": "runs", "filter": 3, "row": "a\x1bb"}))
    assert load_session(places.session_file) == SessionState(mode="runs", row="ab")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=100) | st.recursive(st.none() | st.text(), st.lists).map(lambda x: json.dumps(x).encode()))
def test_any_bytes_give_a_session(places: Places, data: bytes) -> None:
    places.state.mkdir(exist_ok=True)
    places.session_file.write_bytes(data)
    assert isinstance(load_session(places.session_file), SessionState)


@pytest.mark.parametrize(
    ("line", "step"),
    [('"app.quit" = 5', 'Write "app.quit" = '), ('app.quit = "Q"', 'Write "app.quit" = ')],
)
def test_the_next_step_for_a_key_is_one_that_works(places: Places, line: str, step: str) -> None:
    places.config.mkdir()
    places.config_file.write_text(f"[keys]\n{line}\n")
    with pytest.raises(ProfileError) as caught:
        load_config(places.config_file)
    assert caught.value.next_step.startswith(step)
    places.config_file.write_text('[keys]\n"app.quit" = "Q"\n')
    assert load_config(places.config_file).keys == {"app.quit": "Q"}
