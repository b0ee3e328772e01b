from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.places import Places
from tarmac.services.demo import DemoFailed, running_demo
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import Finished, Outcome
from tarmac.services.plans.wishes import wish_of_pieces
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import UsageError


async def is_gone(pid: int) -> bool:
    """Wait for a process that is not our child to end."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        # Where nobody reaps orphans, an ended one stays as a zombie.
        if await asyncio.to_thread(psutil.pid_exists, pid) and psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        await asyncio.sleep(0.05)
    return False


async def test_the_demo_carries_a_whole_export(tmp_path: Path) -> None:
    places = Places(tmp_path / "config", tmp_path / "state")
    async with running_demo(places) as demo:
        dataset = demo.ready["datasets"][0]
        async with await Workspace.open("demo", places=places) as ws:
            wish = await wish_of_pieces(ws, dataset=dataset["name"], to="landing")
            events = [event async for event in export(ws, wish, timeout_s=120)]
        last = events[-1]
        assert isinstance(last, Finished)
        assert (last.result.outcome, last.result.verified) == (Outcome.LANDED, True)
        assert last.result.rows == dataset["rows"]
        assert last.result.folder is not None
        assert last.result.folder.startswith("ml/churn/")
    assert not demo.is_running


async def test_a_killed_demo_leaves_no_emulator_behind(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from tarmac.profiles.places import Places\n"
        "from tarmac.services.demo import DemoFailed, running_demo\n"
        "async def main():\n"
        "    async with running_demo(Places(Path(sys.argv[1]), Path(sys.argv[2]))) as demo:\n"
        "        print(demo.process.pid, flush=True)\n"
        "        await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, str(tmp_path / "config"), str(tmp_path / "state")), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    async with asyncio.timeout(90):
        pid = int(await owner.stdout.readline())
    owner.send_signal(signal.SIGKILL)
    await owner.wait()
    assert await is_gone(pid)


async def test_a_profile_of_ones_own_that_is_called_demo_is_left_alone(tmp_path: Path) -> None:
    places = Places(tmp_path / "config", tmp_path / "state")
    places.profiles.mkdir(parents=True)
    places.profile_file("demo").write_text("# mine\n")
    with pytest.raises(ProfileError):
        async with running_demo(places):
            raise AssertionError("it was written over")
    assert places.profile_file("demo").read_text() == "# mine\n"


async def test_why_the_emulator_did_not_start_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho Traceback >&2\necho 'OSError: no room' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(DemoFailed, match="the demo's emulator ended at once: OSError: no room"):
        async with running_demo(Places(tmp_path / "config", tmp_path / "state")):
            pass


async def test_a_second_demo_leaves_the_first_one_alone(tmp_path: Path) -> None:
    places = Places(tmp_path / "config", tmp_path / "state")
    async with running_demo(places) as first:
        kept = places.profile_file("demo").read_text()
        places.ledger_file("demo").write_text("what the first one did\n")
        with pytest.raises(DemoFailed, match="already running") as caught:
            async with running_demo(places):
                raise AssertionError("it was started over the first one")
        assert caught.value.code == "demo-running"
        assert "tarmac --profile demo" in caught.value.next_step
        assert places.profile_file("demo").read_text() == kept
        assert places.ledger_file("demo").read_text() == "what the first one did\n"
        assert first.is_running
    async with running_demo(places):
        assert not places.ledger_file("demo").exists()


def talker(folder: Path, organization: str) -> Path:
    """Write a program that says what an emulator says first, 2 MB more, and makes the file `all-said`."""
    ready = {
        **dict.fromkeys(("client_id", "client_secret", "sandbox"), "x"),
        **dict.fromkeys(("base_url", "ims_url"), "http://127.0.0.1:9"),
        "org_id": organization,
    }
    (folder / "ready").write_text(json.dumps(ready) + "\n")
    program = folder / "python"
    program.write_text(
        f"#!/bin/sh\ncat {folder}/ready\n"
        "i=0; while [ $i -lt 200 ]; do printf '%010000d\\n' 0; i=$((i+1)); done\n"
        f"touch {folder}/all-said\nread end\n"
    )
    program.chmod(0o755)
    return program


async def test_an_emulator_that_talks_is_never_held_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(talker(tmp_path, "A@AdobeOrg")))
    async with running_demo(Places(tmp_path / "config", tmp_path / "state")), asyncio.timeout(20):
        while not (tmp_path / "all-said").exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.01)


async def test_an_emulator_that_talks_ends_also_where_nothing_comes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(talker(tmp_path, "")))
    with pytest.raises(UsageError, match="org_id"):
        async with asyncio.timeout(20), running_demo(Places(tmp_path / "config", tmp_path / "state")):
            raise AssertionError("it was taken for an emulator")
