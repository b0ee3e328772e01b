"""50 runs watched for a while: bytes, CPU and requests, beside a bare `DataTable` in which one cell changes once a second.

    python tests/bench/bench_watch.py [--runs 50] [--seconds 30] [--warm 90] [--poll 5s]

The runs never end on the emulator, so that all the app has to show is how long they take. A poll of the app shows what the
platform said of every run at once; the bare table knows of one cell. Goals: nothing between polls, at most 300 bytes for a
changed run, 1 % of a core, one request a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
import urllib.request
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.emulator_process import Home, emulator_home
from support.terminal import Terminal
from tarmac.services.exports.exporting import export
from tarmac.services.exports.progress import RunFired
from tarmac.services.plans.wishes import wish_of_pieces
from tarmac.services.workspace import Workspace

STUCK = "[[run]]\nstuck = true\ntimes = 100000\n"
# Chunks that come within this time of one another are one repaint.
_ONE_PAINT_S = 0.3


@dataclass(frozen=True)
class Watched:
    """What one side cost."""

    bytes_per_s: float
    paints: int
    bytes_per_paint: float
    cpu_percent: float
    requests_per_s: float


def cpu_s(pid: int) -> float:
    """Seconds on a core so far, to the nanosecond (Linux)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9 + sum(
        int((task / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9
        for task in Path(f"/proc/{pid}/task").iterdir()
        if task.name != str(pid)
    )


def watched(terminal: Terminal, seconds: float, requests: list[int]) -> Watched:
    """Look on for `seconds`. `requests` are the counts at the beginning and at the end."""
    terminal.settle(0.5)
    first, cpu, began = len(terminal.chunks), cpu_s(terminal.pid), time.monotonic()
    while (left := began + seconds - time.monotonic()) > 0:
        terminal.pump(min(left, 0.5))
    chunks = terminal.chunks[first:]
    paints, last_s = 0, float("-inf")
    for each in chunks:
        paints += each.at_s - last_s > _ONE_PAINT_S
        last_s = each.at_s
    size = sum(len(each.data) for each in chunks)
    took = time.monotonic() - began
    return Watched(
        size / took,
        paints,
        size / max(1, paints),
        (cpu_s(terminal.pid) - cpu) / took * 100,
        sum(requests) / took,
    )


async def fire(home: Home, runs: int) -> None:
    """Begin so many exports and leave them to whoever comes next."""
    os.environ.update(home.env)
    dataset = str(home.emulator["datasets"][0]["id"])
    async with await Workspace.open("local") as ws:
        for number in range(runs):
            wish = await wish_of_pieces(
                ws, dataset=dataset, to="landing", path=f"ml/{number:02d}", name=f"export-{number:02d}"
            )
            async with aclosing(export(ws, wish)) as events:
                async for event in events:
                    if isinstance(event, RunFired):
                        break


def request_count(home: Home) -> int:
    """How many requests the emulator has had."""
    with urllib.request.urlopen(f"{home.emulator['base_url']}/_emulator/requests", timeout=10) as answer:
        return int(json.load(answer)["total"])


def bare(rows: int, seconds: float) -> Watched:
    """The other side."""
    command = [sys.executable, str(Path(__file__).with_name("floor.py")), str(rows), "tick"]
    with Terminal(command, 120, 40) as terminal:
        terminal.wait_for("dataset_00005")
        return watched(terminal, seconds, [0])


def ours(home: Home, runs: int, seconds: float, warm_s: float) -> Watched:
    """The app on its Runs screen."""
    with Terminal([sys.executable, "-m", "tarmac"], 120, 40, env=home.env) as terminal:
        terminal.wait_for("datasets can be exported", 60)
        terminal.press("4")
        terminal.wait_for(f"{runs} under way", 60)
        ripe = time.monotonic() + warm_s
        while time.monotonic() < ripe:
            terminal.pump(0.5)
        before, began = request_count(home), time.monotonic()
        seen = watched(terminal, seconds, [0])
        asked = (request_count(home) - before - 1) / (time.monotonic() - began)
    return Watched(seen.bytes_per_s, seen.paints, seen.bytes_per_paint, seen.cpu_percent, asked)


def main() -> None:
    """Print both sides and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--warm", type=float, default=90.0, help="seconds before: young runs are looked at more often")
    parser.add_argument("--poll", default="5s")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        faults = folder / "faults.toml"
        faults.write_text(STUCK, encoding="utf-8")
        with emulator_home(
            folder, "--ready-after", "0", "--faults", str(faults), timing={"probe": "20s", "poll": options.poll}
        ) as home:
            asyncio.run(fire(home, options.runs))
            mine = ours(home, options.runs, options.seconds, options.warm)
        other = bare(options.runs, options.seconds)
    print(f"{options.runs} runs watched for {options.seconds:g} s, a look every {options.poll}\n")
    print(f"{'':26}{'bare':>12}{'tarmac':>12}{'ratio':>9}")
    for field, title, form in (
        ("bytes_per_s", "bytes/s", ",.0f"),
        ("paints", "repaints", "d"),
        ("bytes_per_paint", "bytes a repaint", ",.0f"),
        ("cpu_percent", "CPU %", ".2f"),
        ("requests_per_s", "requests/s", ".2f"),
    ):
        a, b = getattr(other, field), getattr(mine, field)
        print(f"{title:26}{a:>12{form}}{b:>12{form}}{(f'{b / a:.3f}' if a else '-'):>9}")


if __name__ == "__main__":
    main()
