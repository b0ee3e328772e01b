"""The programs that a plan can be copied as do what the plan does; no secret is in them, or in any list of processes."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

from support.emulated import running_emulator
from support.workspaces import LANDING, literal, opened, wish
from tarmac.profiles.models import Destination, SecretRef, SecretSource
from tarmac.services.plans.as_code import Language, plan_as_code, variables
from tarmac.services.plans.plan import Action
from tarmac.services.plans.planning import make_plan
from tarmac.terms.destinations import DestinationKind

BUCKET = Destination(
    "lake",
    DestinationKind.AMAZON_S3,
    {"bucket": "acme-ml", "path": "its-home"},
    {
        "access_key": SecretRef(SecretSource.ENV, "LAKE_KEY"),
        "secret_key": SecretRef(SecretSource.COMMAND, command=("pass", "lake")),
    },
)
SERVER = Destination(
    "server",
    DestinationKind.SFTP,
    {"path": "ml"},
    {
        "domain": literal("sftp.acme.example"),
        "port": literal("22"),
        "username": literal("tarmac"),
        "password": SecretRef(SecretSource.ENV, "MY_PW"),
    },
)
SECRETS = [
    'a"b\\c',
    "-----BEGIN KEY-----\nAAAA+/=\nEND\n-----END KEY-----\n",
    "$HOME ${MY_PW} $(touch here) `touch there` $$",
    "пароль-密碼-\U0001f511 'quoted' & <tag> %s \\n\ttab ",
    "-n",
]
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
LANGUAGES = [Language.PYTHON, pytest.param(Language.CURL, marks=needs_curl)]


async def run(language: Language, code: str, folder: Path, env: dict[str, str]) -> tuple[int, str, str]:
    """Run the program with nothing in the environment but what it says it needs."""
    file = folder / "program"
    file.write_text(code, encoding="utf-8")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    program = [sys.executable] if language is Language.PYTHON else ["bash"]
    process = await asyncio.create_subprocess_exec(
        *(*program, str(file)),
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_program_makes_and_runs_what_was_planned(tmp_path: Path, language: Language) -> None:
    async with running_emulator(speed=20.0) as emulated, opened(emulated, tmp_path) as ws:
        planned = wish(emulated.dataset_id(), LANDING)
        plan = await make_plan(ws, planned)
        code = plan_as_code(plan, ws.profile, language)
        assert emulated.client_secret not in code
        assert list(variables(plan, ws.profile)) == ["AEP_CLIENT_SECRET"]
        status, out, err = await run(language, code, tmp_path, {"AEP_CLIENT_SECRET": emulated.client_secret})
        assert status == 0, err
        assert emulated.dataset_id() in out
        platform = await ws.platform()
        flows = await platform.flows.all()
        assert [flow.name for flow in flows] == [step_name(plan)]
        assert await platform.runs.of_flow(flows[0].id)
        again = await make_plan(ws, planned)
        assert [step.action for step in again.steps if step.action is not Action.FIRE] == [Action.REUSE] * 4


def step_name(plan: object) -> str:
    """The name of the dataflow in the plan's own request."""
    bodies = [call.body for step in plan.steps for call in step.calls if "/flows" in call.path]  # type: ignore[attr-defined]
    return str(bodies[0]["name"])


@pytest.mark.parametrize("language", LANGUAGES)
async def test_credentials_come_from_the_environment_by_the_profiles_own_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    monkeypatch.setenv("LAKE_KEY", "AKIACANARYKEY2222222")
    async with running_emulator() as emulated, opened(emulated, tmp_path, destinations={"lake": BUCKET}) as ws:
        plan = await make_plan(ws, wish(emulated.dataset_id(), BUCKET), fire=False)
        needed = variables(plan, ws.profile)
        assert list(needed) == ["AEP_CLIENT_SECRET", "LAKE_KEY", "S3_SECRET_KEY"]
        code = plan_as_code(plan, ws.profile, language)
        assert "AKIACANARY" not in code
        secrets = {"LAKE_KEY": "AKIACANARYKEY2222222", "S3_SECRET_KEY": "canary/Secret+01234567890123456789012345"}
        status, _, err = await run(language, code, tmp_path, {"AEP_CLIENT_SECRET": emulated.client_secret, **secrets})
        assert status == 0, err
        sent = next(entry for entry in emulated.requests("POST", "*/connections"))
        assert "acme-ml" in str(plan.steps)
        assert sent.status in {200, 201}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_secret_arrives_as_it_is_whatever_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: Language, secret: str
) -> None:
    monkeypatch.setenv("MY_PW", secret)
    async with running_emulator() as emulated, opened(emulated, tmp_path, destinations={"server": SERVER}) as ws:
        plan = await make_plan(ws, wish(emulated.dataset_id(), SERVER), fire=False)
        code = plan_as_code(plan, ws.profile, language)
        env = {"AEP_CLIENT_SECRET": emulated.client_secret, "MY_PW": secret}
        status, out, err = await run(language, code, tmp_path, env)
        assert status == 0, err
        assert secret not in out + err
        held = [each.hidden["params"] for each in emulated.running.platform.state.connections if each.hidden]
        assert [params["password"] for params in held] == [secret]
        assert names(tmp_path) <= {"program", "config", "state"}, "something in it was run"


@needs_curl
async def test_a_secret_that_is_no_text_stops_the_script_before_anything_is_sent(tmp_path: Path) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path, destinations={"server": SERVER}) as ws:
        plan = await make_plan(ws, wish(emulated.dataset_id(), SERVER), fire=False)
        before = len(emulated.requests())
        env = {"AEP_CLIENT_SECRET": emulated.client_secret, "MY_PW": os.fsdecode(b"a\xffb")}
        status, _, _ = await run(Language.CURL, plan_as_code(plan, ws.profile, Language.CURL), tmp_path, env)
        assert status != 0
        assert len(emulated.requests()) == before


def hasten(folder: Path, language: Language) -> dict[str, str]:
    """Let the program's waits take no time; each is noted in `folder`/waits. Returns what its environment needs."""
    note = folder / "waits"
    note.touch()
    places = folder / "places"
    places.mkdir()
    if language is Language.PYTHON:
        noted = f"import time\ntime.sleep = lambda seconds: print(seconds, file=open({str(note)!r}, 'a'))\n"
        (places / "sitecustomize.py").write_text(noted, encoding="utf-8")
        return {"PYTHONPATH": str(places)}
    (places / "sleep").write_text(f"#!/bin/sh\necho \"$1\" >>'{note}'\n", encoding="utf-8")
    (places / "sleep").chmod(0o700)
    return {"PATH": f"{places}:{Path(sys.executable).parent}:{os.environ['PATH']}"}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_run_is_asked_for_again_while_the_dataflow_is_not_ready(tmp_path: Path, language: Language) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        plan = await make_plan(ws, wish(emulated.dataset_id(), LANDING))
        message = "Following order ID(s) are not ready for dataset export, please wait for 10 minutes and retry."
        emulated.add_faults(
            request=[{"method": "POST", "path": "*/adhocrun", "status": 400, "body": {"message": message}, "times": 3}]
        )
        env = {"AEP_CLIENT_SECRET": emulated.client_secret, **hasten(tmp_path, language)}
        status, out, err = await run(language, plan_as_code(plan, ws.profile, language), tmp_path, env)
        assert status == 0, err
        assert emulated.dataset_id() in out
        assert message not in out
        assert [each.status for each in emulated.requests("POST", "*/adhocrun")] == [400, 400, 400, 200]
        assert (tmp_path / "waits").read_text(encoding="utf-8").split() == ["20", "20", "20"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_any_other_refusal_of_the_run_ends_the_program(tmp_path: Path, language: Language) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        plan = await make_plan(ws, wish(emulated.dataset_id(), LANDING))
        emulated.add_faults(
            request=[{"method": "POST", "path": "*/adhocrun", "status": 404, "body": "no such flow", "times": 0}]
        )
        env = {"AEP_CLIENT_SECRET": emulated.client_secret, **hasten(tmp_path, language)}
        status, out, err = await run(language, plan_as_code(plan, ws.profile, language), tmp_path, env)
        assert status != 0
        assert "404" in err
        assert out == ""
        assert [each.status for each in emulated.requests("POST", "*/adhocrun")] == [404]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_without_its_variables_it_sends_nothing(tmp_path: Path, language: Language) -> None:
    async with running_emulator() as emulated, opened(emulated, tmp_path) as ws:
        plan = await make_plan(ws, wish(emulated.dataset_id(), LANDING))
        before = len(emulated.requests())
        status, _, err = await run(language, plan_as_code(plan, ws.profile, language), tmp_path, {})
        assert status != 0
        assert "AEP_CLIENT_SECRET" in err
        assert len(emulated.requests()) == before
