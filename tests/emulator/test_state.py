"""What survives a restart and a kill, and what a second emulator is told (design §7)."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from support.chain import build_chain, read, status_of, trigger, until
from support.emulated import FLOW_SERVICE, SAMPLES_CACHE, Emulated, anonymous_client, running_emulator
from support.in_time import LONG_S, in_time
from tarmac.terms.errors import ExitCode, UsageError

CHILD = """
import sys
from pathlib import Path
from tarmac.emulator.command import run_emulate
from tarmac.emulator.options import EmulatorOptions
options = EmulatorOptions(
    state_dir=Path(sys.argv[1]), cache_dir=Path(sys.argv[2]), ready_after=0.0, queue_seconds=float(sys.argv[3])
)
sys.exit(run_emulate(options))
"""


def start_child(state_dir: Path, queue_seconds: float = 0.0) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """Start an emulator as a process of its own; return it with its first line."""
    command = [sys.executable, "-c", CHILD, str(state_dir), str(SAMPLES_CACHE), str(queue_seconds)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        assert child.stderr is not None
        pytest.fail(child.stderr.read())
    ready = json.loads(line)
    assert isinstance(ready, dict)
    return child, ready


def close(child: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for the end; return exit code and what else was written."""
    out, err = child.communicate(timeout=LONG_S)
    return child.returncode, out, err


def descendants(pid: int) -> list[int]:
    """The children of a process."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    """Whether a process exists."""
    return Path(f"/proc/{pid}").exists()


def landed_files(folder: Path) -> list[Path]:
    """The part files below a state folder."""
    return list(folder.rglob("part-*.parquet"))


async def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    """Entities, identity, tokens, the virtual time, the landed files and the landing zone's own key."""
    async with running_emulator(state_dir=tmp_path) as emulator, emulator.client() as client:
        chain = await build_chain(client, emulator.dataset_id())
        run_id = await trigger(client, chain)
        await until(client, run_id)
        emulator.advance(5000)
        before = emulator.running.platform.now()
        ready, headers = emulator.ready, emulator.headers()
        run, flow = await read(client, "runs", run_id), await read(client, "flows", chain.flow_id)
        sas = emulator.running.platform.landing_zone.credentials()["SASToken"]
    async with running_emulator(state_dir=tmp_path) as emulator, anonymous_client(emulator.base_url) as client:
        client.headers.update(headers)
        assert await read(client, "runs", run_id) == run
        assert await read(client, "flows", chain.flow_id) == flow
        assert emulator.running.platform.now() >= before
        assert emulator.running.platform.landing_zone.credentials()["SASToken"] == sas
        kept = ("org_id", "client_id", "client_secret", "sandbox", "datasets")
        assert {key: emulator.ready[key] for key in kept} == {key: ready[key] for key in kept}
        assert landed_files(tmp_path)


def names(emulated: Emulated) -> list[str]:
    return [each["name"] for each in emulated.ready["datasets"]]


async def test_given_datasets_are_there_again_without_being_given(tmp_path: Path) -> None:
    state, file, elsewhere = tmp_path / "state", tmp_path / "flights.parquet", tmp_path / "moved.parquet"
    pl.DataFrame({"n": [1, 2, 3]}).write_parquet(file)
    async with running_emulator(state_dir=state, datasets=(("flights", file),)) as emulator:
        assert names(emulator) == ["flights"]
        first = emulator.ready["datasets"]
    async with running_emulator(state_dir=state) as emulator, emulator.client() as client:
        assert emulator.ready["datasets"] == first
        run_id = await trigger(client, await build_chain(client, emulator.dataset_id()))
        await until(client, run_id)
    file.rename(elsewhere)
    with pytest.raises(UsageError, match=r"flights\.parquet is gone") as refused:
        async with running_emulator(state_dir=state):
            pass
    assert "--dataset flights=PATH" in refused.value.next_step
    async with running_emulator(state_dir=state, datasets=(("flights", elsewhere),)) as emulator:
        assert emulator.ready["datasets"] == first
    more = (("other", elsewhere),)
    async with running_emulator(state_dir=state, datasets=more) as emulator:
        assert names(emulator) == ["flights", "other"]


async def test_samples_stay_beside_what_is_given_later(tmp_path: Path) -> None:
    state, file = tmp_path / "state", tmp_path / "flights.parquet"
    pl.DataFrame({"n": [1]}).write_parquet(file)
    async with running_emulator(state_dir=state) as emulator:
        samples = names(emulator)
    async with running_emulator(state_dir=state, datasets=(("flights", file),)) as emulator:
        assert names(emulator) == [*samples, "flights"]


async def test_a_killed_emulator_has_lost_nothing_that_it_answered(tmp_path: Path) -> None:
    """SIGKILL in the middle of a run: the entities are there, the run begins again and ends well."""
    child, ready = start_child(tmp_path, queue_seconds=0.3)
    try:
        async with anonymous_client(ready["base_url"]) as client:
            form = {
                "grant_type": "client_credentials",
                "client_id": ready["client_id"],
                "client_secret": ready["client_secret"],
                "scope": "openid",
            }
            token = (await client.post("/ims/token/v3", data=form)).json()["access_token"]
            headers = {
                "authorization": f"Bearer {token}",
                "x-api-key": ready["client_id"],
                "x-gw-ims-org-id": ready["org_id"],
                "x-sandbox-name": ready["sandbox"],
            }
            client.headers.update(headers)
            chain = await build_chain(client, ready["datasets"][0]["id"])
            run_id = await trigger(client, chain)
    finally:
        child.kill()
        close(child)
    async with running_emulator(state_dir=tmp_path) as emulator, anonymous_client(emulator.base_url) as client:
        client.headers.update(headers)
        run = await until(client, run_id)
        assert status_of(run) == "success"
        assert run["metrics"]["recordSummary"]["outputRecordCount"] == ready["datasets"][0]["rows"]
        for noun, entity_id in (("flows", chain.flow_id), ("connections", chain.base_id)):
            assert (await read(client, noun, entity_id))["id"] == entity_id


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_process_and_its_worker_within_a_second(tmp_path: Path, number: int) -> None:
    """Exit code 0, nothing on the terminal but the first line."""
    child, ready = start_child(tmp_path)
    async with anonymous_client(ready["base_url"]) as client:
        assert (await client.get("/_emulator")).status_code == 200  # an idle connection stays open meanwhile
        workers = descendants(child.pid)
        assert workers
        with in_time(1):
            child.send_signal(number)
            code, out, err = await asyncio.to_thread(close, child)
    assert (code, out, err) == (0, "", "")
    for worker in workers:
        assert not is_alive(worker)


async def test_a_line_torn_by_a_kill_is_dropped_and_any_other_damage_is_reported(tmp_path: Path) -> None:
    """A half line at the end was never answered; a broken line elsewhere is somebody else's doing."""
    async with running_emulator(state_dir=tmp_path) as emulator, emulator.client() as client:
        chain = await build_chain(client, emulator.dataset_id())
    journal = tmp_path / "journal.jsonl"
    with journal.open("a", encoding="utf-8") as file:
        file.write('{"in":"flows","id":"half","wi')
    async with running_emulator(state_dir=tmp_path) as emulator, emulator.client() as client:
        assert (await read(client, "flows", chain.flow_id))["id"] == chain.flow_id
    journal.write_text("not a journal\n" + journal.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(UsageError, match="line 1") as raised:
        async with running_emulator(state_dir=tmp_path):
            pass
    assert raised.value.exit_code is ExitCode.USAGE
    assert journal.stat().st_mode & 0o077 == 0


async def test_state_and_port_are_for_one_emulator_only(tmp_path: Path) -> None:
    """The second one is told why, before anything is touched."""
    async with running_emulator(state_dir=tmp_path) as emulator:
        with pytest.raises(UsageError, match="Another emulator is using"):
            async with running_emulator(state_dir=tmp_path):
                pass
        port = int(emulator.base_url.rpartition(":")[2])
        with pytest.raises(UsageError, match=f"Port {port}") as raised:
            async with running_emulator(port=port):
                pass
        assert raised.value.code == "port-taken"
    async with running_emulator(state_dir=tmp_path, port=port) as again:
        assert again.base_url == emulator.base_url


async def test_deleted_entities_stay_deleted(tmp_path: Path) -> None:
    """The journal holds deletions too."""
    async with running_emulator(state_dir=tmp_path) as emulator, emulator.client() as client:
        chain = await build_chain(client, emulator.dataset_id())
        await client.delete(f"{FLOW_SERVICE}/flows/{chain.flow_id}")
    async with running_emulator(state_dir=tmp_path) as emulator, emulator.client() as client:
        assert (await client.get(f"{FLOW_SERVICE}/flows/{chain.flow_id}")).status_code == 404
        assert (await read(client, "targetConnections", chain.target_id))["id"] == chain.target_id
