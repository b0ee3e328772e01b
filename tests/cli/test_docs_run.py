"""The pages' commands do what the pages say, given in their order: not only can they be read, they work."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from tarmac.cli import build_parser
from tarmac.profiles.export_store import ExportStore

if TYPE_CHECKING:
    from cli.conftest import CommandLine

ROOT = Path(__file__).resolve().parents[2]
# Another storage, another machine, another process, a file to be edited: other tests run these.
ELSEWHERE = re.compile(r"\blake\b|emulate|demo|replay|--record|--profile local|profile (new|check) acme|^tarmac$")
# The same of the examples in help texts: another profile, a file or a flow that somebody else made.
OF_OTHERS = re.compile(rf"{ELSEWHERE.pattern}|\bacme\b|Nightly")
# Folders are named to the second: nobody gives two commands within one.
A_MINUTE_S = 60.0
PAGES = [
    "README.md",
    *(f"docs/{page}.md" for page in ("first-export", "reading", "schedules", "destinations", "trouble")),
]
SAVED = ("export", "--dataset", "training_set_churn", "--to", "landing", "--name", "churn", "--save")


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(page: str) -> Iterator[str]:
    for block in blocks(page, "console"):
        for line in block.splitlines():
            for piece in re.split(r"\s{2,}(?=\$ )", line):
                command = re.sub(r"\s#.*", "", piece.removeprefix("$ ")).strip()
                if piece.startswith("$ tarmac") and not ELSEWHERE.search(command):
                    yield command


@pytest.mark.parametrize("page", PAGES)
async def test_the_commands_of_a_page_work_in_their_order(
    tarmac: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.chdir(tmp_path)
    async with tarmac.with_emulator() as emulated:
        if page.startswith("docs/") and "first" not in page:
            # These pages come after the first export, and the second has something to be compared with.
            assert (await tarmac(*SAVED)).code == 0
            emulated.advance(A_MINUTE_S)
            assert (await tarmac("export", "churn")).code == 0
        given = list(commands(page))
        assert len(given) > 1
        for command in given:
            words = shlex.split(command)[1:]
            if any(word.startswith("receipts/") for word in words):
                [receipt, *_] = tarmac.places.profile_state("local").glob("receipts/*.json")
                words = ["verify", str(receipt)]
            emulated.advance(A_MINUTE_S)
            answer = await tarmac(*words)
            assert answer.code in ({0, 2} if {"plan", "--dry-run"} & set(words) else {0}), f"{command}\n{answer.err}"


def examples(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the example of every verb and action, the order being that of the help."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from re.findall(r"^  (tarmac .*)", child.epilog or "", re.MULTILINE)
                yield from examples(child)


async def test_the_examples_of_every_help_work(
    tarmac: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with tarmac.with_emulator() as emulated:
        for given in (SAVED, ("export", "churn")):
            assert (await tarmac(*given)).code == 0
            emulated.advance(A_MINUTE_S)
        chosen = [each for each in dict.fromkeys(examples(build_parser())) if not OF_OTHERS.search(each)]
        assert len(chosen) > 20
        for command in chosen:
            words = shlex.split(command)[1:]
            emulated.advance(A_MINUTE_S)
            answer = await tarmac(*words)
            assert answer.code in ({0, 2} if {"plan", "--dry-run"} & set(words) else {0}), f"{command}\n{answer.err}"


async def test_the_nightly_job_works_as_it_stands(tarmac: CommandLine, tmp_path: Path) -> None:
    [script] = [block for block in blocks("docs/automation.md", "sh") if "nightly.sh" in block]
    program = tmp_path / "bin" / "tarmac"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tarmac "$@"\n')
    program.chmod(0o755)
    job = tmp_path / "nightly.sh"
    job.write_text(script.replace("/opt/acme/train", "echo").replace("--profile acme", "--profile local"))
    job.chmod(0o755)
    env = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    async with tarmac.with_emulator() as emulated:
        assert (await tarmac(*SAVED)).code == 0
        emulated.advance(A_MINUTE_S)
        done = await asyncio.to_thread(
            subprocess.run, [str(job)], env=env, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(r"--data ml/churn/\w+/exportTime=\d{14}\n", done.stdout)
        emulated.advance(A_MINUTE_S)
        emulated.add_faults(run=[{"code": "ACTIVATION_BATCH-0000-FAILED", "message": "Job aborted."}])
        failed = await asyncio.to_thread(
            subprocess.run, [str(job)], env=env, capture_output=True, text=True, timeout=60, check=False
        )
        assert (failed.returncode, failed.stdout) == (1, ""), "nothing is trained on what did not land"


class Failed(Exception):
    """In the place of Airflow's exception for what is not tried again."""


def plain_function(*_: object, **__: object) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Stand in for a decorator of an orchestrator: the function as it is."""
    return lambda function: function


def never_called(*_: object, **__: object) -> Callable[[Callable[..., Any]], Callable[[], None]]:
    return lambda _function: lambda: None


PREFECT = {"prefect": {"task": plain_function, "flow": lambda function: function}}
AIRFLOW = {
    "airflow": {},
    "airflow.sdk": {"task": lambda *given, **_: given[0] if given else plain_function(), "dag": never_called},
    "airflow.sdk.exceptions": {"AirflowFailException": Failed},
}


@pytest.mark.parametrize(("mark", "stubs"), [("from prefect", PREFECT), ("from airflow", AIRFLOW)])
async def test_the_samples_for_orchestrators_try_again_what_may_pass_and_nothing_else(
    tarmac: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str, stubs: dict[str, dict[str, Any]]
) -> None:
    [code] = [block for block in blocks("docs/automation.md", "python") if mark in block]
    for name, members in stubs.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    scope: dict[str, Any] = {"__name__": "sample"}
    exec(compile(code, "sample", "exec"), scope)  # noqa: S102 - the page's own code
    may_pass = scope.get("may_pass", lambda _task, _run, state: not isinstance(state.error, Failed))
    program = tmp_path / "bin" / "tarmac"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tarmac "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    async def is_tried_again(name: str) -> bool:
        with pytest.raises(Exception) as caught:
            await asyncio.to_thread(scope["export"], name)
        assert "tarmac: " in str(caught.value)
        return bool(may_pass(None, None, State(caught.value)))

    async with tarmac.with_emulator() as emulated:
        assert (await tarmac(*SAVED)).code == 0
        emulated.advance(A_MINUTE_S)
        landed = await asyncio.to_thread(scope["export"], "churn")
        assert landed["rows"] == emulated.ready["datasets"][0]["rows"]
        emulated.advance(A_MINUTE_S)
        emulated.add_faults(run=[{"code": "ACTIVATION_BATCH-0000-FAILED", "message": "Job aborted."}])
        assert await is_tried_again("churn")
        emulated.clear_faults()
        emulated.advance(A_MINUTE_S)
        emulated.add_faults(run=[{"row_offset": -3}])
        assert not await is_tried_again("churn")
        assert not await is_tried_again("nobody")


@dataclass(frozen=True)
class State:
    """How a task ended, as Prefect hands it to the function that decides about another try."""

    error: BaseException

    def result(self) -> None:
        raise self.error


def test_the_client_of_the_emulator_page_works_as_it_stands(tmp_path: Path) -> None:
    [code] = blocks("docs/emulator.md", "python")
    program = tmp_path / "tarmac"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tarmac "$@"\n')
    program.chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "training_set_churn" in done.stdout


def test_the_saved_export_of_the_schedules_page_is_read(tarmac: CommandLine) -> None:
    [text] = [block for block in blocks("docs/schedules.md", "toml") if "dataset" in block]
    file = tarmac.places.export_file("acme", "churn")
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert ExportStore(tarmac.places, "acme").load("churn").destination == "landing"


async def test_the_hooks_of_the_automation_page_are_read(tarmac: CommandLine) -> None:
    [text] = [block for block in blocks("docs/automation.md", "toml") if "[notify]" in block]
    assert set(tomllib.loads(text)["notify"]) == {"command", "webhook", "timeout"}
    async with tarmac.with_emulator():
        tarmac.places.config_file.write_text(text)
        answer = await tarmac("datasets", "--json")
    assert answer.code == 0, answer.err


def test_the_example_of_a_hook_is_json() -> None:
    [text] = blocks("docs/automation.md", "json")
    assert json.loads(text)["change"] == "recovered"
