"""24 simulated hours with 50 runs: requests, memory, true states; outages, expired tokens and a sleeping laptop included."""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from support.many_runs import ManyRuns, PlannedRun
from support.simulated_time import SimulatedClock
from support.workspaces import literal
from tarmac.platform.address import PlatformAddress
from tarmac.platform.client import Platform
from tarmac.platform.models import RunPhase
from tarmac.platform.retries import RetryPolicy
from tarmac.profiles.models import Config, PlatformSettings, Profile, Timing
from tarmac.profiles.places import Places
from tarmac.services.exports.progress import RunSeen
from tarmac.services.runs.watching import watch
from tarmac.services.workspace import Workspace
from tarmac.terms.secrets import Secret

POLL_S = 5.0
DAY_S = 86_400.0
RUNS = 50
BASE = "https://platform.example.com"
WORDS = {"success": RunPhase.SUCCEEDED, "FAILED": RunPhase.FAILED, "Partial_Success": RunPhase.PARTIAL}


def planned(seed: int = 4) -> dict[str, PlannedRun]:
    """Fifty runs of fifty flows, from ten minutes to a day; some never end."""
    numbers = random.Random(seed)
    found = {}
    for number in range(RUNS):
        begins = numbers.uniform(-3600, 0)
        ends = numbers.choice([numbers.uniform(600, 7200), numbers.uniform(7200, DAY_S - 700), 10 * DAY_S])
        word = numbers.choice(["success", "success", "success", "FAILED", "Partial_Success"])
        found[f"run-{number}"] = PlannedRun(
            f"run-{number}", f"00000000-0000-4000-8000-{number:012}", begins, ends, word
        )
    return found


@asynccontextmanager
async def watching(network: ManyRuns, clock: SimulatedClock, folder: Path) -> AsyncIterator[Workspace]:
    address = PlatformAddress(
        base_url=BASE,
        ims_url=BASE,
        org_id="0123456789ABCDEF01234567@AdobeOrg",
        client_id="client-1",
        client_secrets=(Secret("client-secret"),),
        scopes=("openid",),
        sandbox="ml-dev",
    )
    settings = PlatformSettings(
        org_id=address.org_id, client_id="client-1", client_secret=literal("client-secret"), sandbox="ml-dev"
    )
    platform = Platform(address, clock=clock, network=network, policy=RetryPolicy(share=lambda: 1.0))
    timing = Timing(timedelta(seconds=20), timedelta(seconds=POLL_S), timedelta(seconds=30))
    places = Places(folder / "config", folder / "state")
    profile = Profile("day", settings, {})
    async with Workspace(profile, config=Config(timing=timing), places=places, clock=clock, platform=platform) as ws:
        yield ws


class Watched:
    """The last sight of each run, and what was ever wrong."""

    def __init__(self, network: ManyRuns, clock: SimulatedClock) -> None:
        self.last: dict[str, RunSeen] = {}
        self.wrong: list[str] = []
        self.ended: dict[str, float] = {}
        self.stale = 0.0
        self._network = network
        self._clock = clock

    async def follow(self, ws: Workspace, run: PlannedRun) -> None:
        async for seen in watch(ws, run.id, deadline_s=30 * DAY_S, flow_id=run.flow_id):
            # Only the newest is kept: what is seen in a day must not pile up.
            self.last[run.id] = seen
            self.stale = max(self.stale, seen.stale_s)
            at = self._clock.monotonic()
            if seen.run.phase.is_final:
                self.ended[run.id] = at
                if at < run.ends_s or seen.run.phase is not WORDS[run.word]:
                    self.wrong.append(f"{run.id} at {at}: {seen.run.phase}, planned {run}")

    async def all(self, ws: Workspace) -> None:
        async with asyncio.TaskGroup() as group:
            for run in self._network.runs.values():
                group.create_task(self.follow(ws, run))


def resident_kib() -> float:
    gc.collect()
    return float(psutil.Process().memory_info().rss) / 1024


def most_in_a_second(moments: list[float], per_s: float) -> float:
    """The largest number of requests above `per_s` a second in any span: how large a burst there was."""
    level = worst = last = 0.0
    for at in moments:
        level = max(0.0, level - (at - last) * per_s) + 1
        worst, last = max(worst, level), at
    return worst


async def test_a_day_with_fifty_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # What pytest keeps of the log would be counted as ours.
    logging.getLogger("tarmac").setLevel(logging.CRITICAL)
    clock = SimulatedClock()
    # A minute, and three hours at night.
    network = ManyRuns(clock, planned(), outages=((5000.0, 5060.0), (40_000.0, 50_800.0)), token_s=3600)
    watched = Watched(network, clock)
    async with watching(network, clock, tmp_path) as ws:
        task = asyncio.create_task(watched.all(ws))
        await clock.run(task, 3600)
        asked_in_the_first_hour = len(network.asked_at)
        before = resident_kib()
        await clock.run(task, 44_000)
        during = [seen for run, seen in watched.last.items() if run not in watched.ended]
        # In the outage the age is shown, and it is true.
        assert during
        assert all(3200 <= seen.stale_s <= 4100 for seen in during), [seen.stale_s for seen in during]
        await clock.run(task, DAY_S)
        after = resident_kib()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    asked = network.asked_at
    seconds = max(most_in_a_second(asked, 1.0), 1.0)
    assert watched.wrong == []
    over = {run.id for run in network.runs.values() if run.ends_s < DAY_S - 120}
    assert set(watched.ended) >= over
    assert all(seen.run.phase is RunPhase.RUNNING for run, seen in watched.last.items() if run not in watched.ended)
    away = network.outages[1]
    late = {
        run.id: watched.ended[run.id] - run.ends_s
        for run in network.runs.values()
        if run.id in over and not away[0] - 60 <= run.ends_s <= away[1]
    }
    with capsys.disabled():
        print(
            f"\n24 simulated hours, {RUNS} runs: {len(asked):,} requests ({len(asked) / DAY_S:.3f}/s, "
            f"{asked_in_the_first_hour:,} of them in the first hour, {network.lists:,} lists), {network.sign_ins} sign-ins, "
            f"largest burst {seconds:.0f}; {len(over)} runs ended, seen at most {max(late.values()):.0f} s later; "
            f"resident memory {before:,.0f} -> {after:,.0f} KiB"
        )
    assert len(asked) <= DAY_S
    assert seconds <= 6, "more than one request a second for longer than a moment"
    assert max(late.values()) <= 190
    assert network.sign_ins >= 20
    assert after - before < 5 * 1024


async def test_fifty_runs_are_answered_by_a_single_list(tmp_path: Path) -> None:
    clock = SimulatedClock()
    runs = {key: replace(run, ends_s=10 * DAY_S) for key, run in planned().items()}
    network = ManyRuns(clock, runs)
    async with watching(network, clock, tmp_path) as ws:
        task = asyncio.create_task(Watched(network, clock).all(ws))
        await clock.run(task, 600)
        lists, others = network.lists, len(network.asked_at) - network.lists
        await clock.run(task, 1200)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    # Forty flows fit into one request: two lists a round, and whoever was answered together is due together.
    assert 60 <= network.lists - lists <= 2 * 600 / POLL_S
    assert len(network.asked_at) - network.lists == others


async def test_a_platform_that_cannot_list_several_flows_is_asked_run_by_run(tmp_path: Path) -> None:
    clock = SimulatedClock()
    network = ManyRuns(clock, planned(), lists_several=False)
    watched = Watched(network, clock)
    async with watching(network, clock, tmp_path) as ws:
        task = asyncio.create_task(watched.all(ws))
        await clock.run(task, 3000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert watched.wrong == []
    assert len(watched.last) == RUNS
    assert network.lists <= 6
    assert most_in_a_second(network.asked_at, 1.0) <= 6


async def test_a_list_that_was_empty_for_a_while_is_asked_for_again(tmp_path: Path) -> None:
    clock = SimulatedClock()
    network = ManyRuns(clock, {key: replace(run, ends_s=DAY_S) for key, run in planned().items()}, lists_several=False)
    async with watching(network, clock, tmp_path) as ws:
        task = asyncio.create_task(Watched(network, clock).all(ws))
        await clock.run(task, 600)
        network.lists_several = True
        await clock.run(task, 3000)
        lists, others = network.lists, len(network.asked_at) - network.lists
        await clock.run(task, 3600)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert network.lists - lists >= 60
    assert len(network.asked_at) - network.lists == others


async def test_a_laptop_that_slept_sees_the_truth_and_the_true_age(tmp_path: Path) -> None:
    clock = SimulatedClock()
    run = PlannedRun("run-0", "flow-0", 0.0, 10 * DAY_S)
    network = ManyRuns(clock, {"run-0": run}, token_s=3600)
    watched = Watched(network, clock)
    async with watching(network, clock, tmp_path) as ws:
        task = asyncio.create_task(watched.all(ws))
        await clock.run(task, 100)
        clock.sleep_through(5 * 3600)
        network.runs["run-0"] = replace(run, begins_s=-5 * 3600.0)
        await clock.run(task, 120)
        seen = watched.last["run-0"]
        assert seen.stale_s == 0
        assert (clock.now() - seen.as_of).total_seconds() < 40
        assert 5 * 3600 + 90 <= seen.elapsed_s <= 5 * 3600 + 130
        # The token had ended meanwhile.
        assert network.sign_ins == 2
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_the_runs_of_the_simulation_differ() -> None:
    runs = planned().values()
    assert len({run.ends_s for run in itertools.islice(runs, RUNS)}) > RUNS / 2
    assert {run.word for run in runs} == set(WORDS)
