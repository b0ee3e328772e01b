"""Words are completed by the real shells, from the parsers and from the names on this disk; nothing is sent or written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

from support.servers import missing
from tarmac.cli import build_parser
from tarmac.commands.suggestions import FILES, suggestions

if TYPE_CHECKING:
    from cli.conftest import CommandLine

PROFILE = """\
[platform]
org_id = "0123456789ABCDEF01234567@AdobeOrg"
client_id = "aabbccdd"
client_secret = { env = "AEP_SECRET" }
sandbox = "ml-dev"

[destinations.landing]
kind = "data-landing-zone"
path = "ml/churn"
"""
BEGUN = (
    '{"v": 1, "kind": "begun", "at": "2026-11-23T21:36:46+00:00", "chain": "b2", "export": "flights-landing"}\n'
    '{"v": 1, "kind": "begun", "at": "2026-11-23T2'
)


@pytest.fixture
def home(tarmac: CommandLine) -> CommandLine:
    """Two profiles; acme has a saved export, and one that was begun without being saved."""
    places = tarmac.places
    places.profiles.mkdir(parents=True)
    for name in ("acme", "other"):
        places.profile_file(name).write_text(PROFILE)
    places.exports("acme").mkdir(parents=True)
    places.export_file("acme", "churn").write_text('dataset = "x"\ndestination = "landing"\n')
    places.ledger_file("acme").parent.mkdir(parents=True)
    places.ledger_file("acme").write_text(BEGUN)
    return tarmac


def words(*line: str) -> list[str]:
    return [each.word for each in suggestions(build_parser(), line)]


def test_verbs_actions_options_and_choices_are_those_of_the_parsers() -> None:
    assert {"export", "datasets", "completion"} <= set(words(""))
    assert words("exp") == ["export"]
    assert words("flow", "") == ["enable", "disable", "reschedule", "extend", "adopt", "delete"]
    assert words("flow", "extend", "--en") == ["--ending"]
    assert words("read", "churn", "--as", "p") == ["paths", "pandas", "polars", "pyarrow"]
    assert words("export", "--format", "") == ["parquet", "json"]
    assert words("completion", "") == ["bash", "zsh", "fish"]


def test_what_was_given_already_is_not_offered_again_unless_it_may_be_repeated() -> None:
    assert "--json" not in words("export", "--json", "--")
    assert "--confirm" in words("export", "--confirm", "prod", "--")


def test_nothing_is_offered_where_nothing_is_known() -> None:
    assert words("nonsense", "") == []
    assert words("export", "--name", "") == []


def test_a_value_behind_an_equals_sign_is_offered_as_the_shell_breaks_it() -> None:
    assert words("read", "churn", "--as=po") == ["--as=polars"]  # zsh, fish
    assert words("read", "churn", "--as", "=", "po") == ["polars"]  # bash
    assert "polars" in words("read", "churn", "--as", "=")


def test_files_belong_to_the_shell() -> None:
    assert suggestions(build_parser(), ["profile", "import", ""]) == [FILES]
    assert suggestions(build_parser(), ["--record", ""]) == [FILES]


def test_names_are_those_of_this_machine_and_of_the_profile(home: CommandLine) -> None:
    assert words("--profile", "") == ["acme", "other"]
    assert words("--profile", "acme", "watch", "") == ["churn", "flights-landing"]
    assert words("watch", "--profile=acme", "fl") == ["flights-landing"]
    assert words("export", "--profile", "acme", "") == ["churn"], "an export that is not saved cannot be named there"
    assert words("export", "--profile", "acme", "--to", "") == ["landing", "data-landing-zone"]
    assert words("watch", "") == [], "which profile is meant is not clear"


def test_what_is_broken_is_passed_over_in_silence(home: CommandLine) -> None:
    home.places.profile_file("acme").write_text("[platform\n")
    home.places.config_file.write_text("nonsense")
    assert words("export", "--profile", "acme", "--to", "") == ["data-landing-zone"]


async def test_the_script_is_written_and_as_json_it_is_one_document(tarmac: CommandLine) -> None:
    told = await tarmac("completion", "bash")
    assert (told.code, told.err) == (0, "")
    assert "complete -F _tarmac tarmac" in told.out
    answer = await tarmac("completion", "bash", "--json")
    assert answer.document["script"] == told.out
    assert (await tarmac("completion", "tcsh")).code == 64
    assert not tarmac.places.state.exists()


def with_tarmac_on_the_path(folder: Path, **more: str) -> dict[str, str]:
    folder.mkdir()
    program = folder / "tarmac"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tarmac "$@"\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", **more}


@pytest.mark.parametrize(
    ("typed", "becomes"),
    [
        ("tarmac exp", "tarmac export "),
        ("tarmac watch flights-l", "tarmac watch flights-landing "),
        ("tarmac read x --as=pol", "tarmac read x --as=polars "),
        # The second tab is for bash, which lists what it cannot choose between only then.
        ("tarmac export --\t", "tarmac export --dataset"),
        ("tarmac profile import a-fi", "tarmac profile import a-file.json "),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_real_shell_completes(home: CommandLine, tmp_path: Path, shell: str, typed: str, becomes: str) -> None:
    if shutil.which(shell) is None:
        missing(shell, f"apt-get install --no-install-recommends {shell}")
    (tmp_path / "a-file.json").write_text("{}")
    env = with_tarmac_on_the_path(tmp_path / "bin", TERM="dumb", PS1="> ", TARMAC_PROFILE="acme", HOME=str(tmp_path))
    arguments = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}[shell]
    child = pexpect.spawn(shell, arguments, env=env, cwd=tmp_path, encoding="utf-8", timeout=20, dimensions=(24, 120))
    try:
        begin = "autoload -U compinit; compinit -u -D; " if shell == "zsh" else ""
        # Split, so that the echo of the line is not taken for its answer.
        child.sendline(f"{begin}source <(tarmac completion {shell}); echo rea''dy")
        child.expect("ready\r")
        child.send(f"{typed}\t")
        child.expect_exact(becomes.removeprefix(typed.strip()).strip())
    finally:
        child.close(force=True)


def test_fish_completes(home: CommandLine, tmp_path: Path) -> None:
    if shutil.which("fish") is None:
        missing("fish", "apt-get install --no-install-recommends fish")
    env = with_tarmac_on_the_path(tmp_path / "bin", TARMAC_PROFILE="acme", HOME=str(tmp_path))
    script = "tarmac completion fish | source; complete -C 'tarmac watch '; complete -C 'tarmac exp'; "
    script += "complete -C 'tarmac export --'"
    done = subprocess.run(["fish", "-c", script], env=env, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines()[:2] == ["churn", "flights-landing"]
    assert done.stdout.splitlines()[2].startswith("export\texport a dataset")
    assert "--dataset" in {line.partition("\t")[0] for line in done.stdout.splitlines()[3:]}


async def test_a_word_of_two_dashes_is_completed_as_options(tarmac: CommandLine) -> None:
    assert "--no-wait" in (await tarmac("completion", "answer", "--", "export", "--")).out.split()
    assert (await tarmac("completion", "answer", "--", "exp")).out.startswith("export\t")
    assert (await tarmac("completion", "answer", "--", "read", "--", "")).code == 0
