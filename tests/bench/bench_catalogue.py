"""A catalogue of 10,000 datasets: time to the first rows, the cost of each filter key and memory, beside a bare `DataTable`.

    python tests/bench/bench_catalogue.py [--datasets 10000] [--rounds 3]

The bare side is given the same number of rows from memory; it has no filter, so a filter key has one side only. The first start
of all knows nothing; from the second on the rows of last time are shown until the platform has answered.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil

from support.emulator_process import emulator_home
from support.terminal import Terminal

FILTER = "00731"


@dataclass(frozen=True)
class Start:
    """Seconds to the first rows on screen; megabytes of memory some time later, if that was looked at."""

    seconds: float
    memory_mb: float = 0.0


def start(command: list[str], env: Mapping[str, str], ready: str, complete: str | None = None) -> Start:
    """Start a side until `ready` is on screen, then, if asked to, until the `complete` list is there."""
    with Terminal(command, env=env) as terminal:
        terminal.wait_for(ready, 60)
        seconds = terminal.chunks[-1].at_s
        if complete is None:
            return Start(seconds)
        terminal.wait_for(complete, 120)
        terminal.settle(1.0)
        return Start(seconds, psutil.Process(terminal.pid).memory_info().rss / 1e6)


def filter_keys(env: Mapping[str, str]) -> list[float]:
    """Wait for the whole catalogue, type a filter, and return seconds from each key to its last byte on screen."""
    with Terminal([sys.executable, "-m", "tarmac"], env=env) as terminal:
        terminal.wait_for("datasets can be exported", 120)
        terminal.settle(1.0)
        terminal.press("/")
        times = []
        for char in FILTER:
            began = time.monotonic()
            os.write(terminal.master, char.encode())
            terminal.settle(0.3)
            times.append(terminal.chunks[-1].at_s + terminal.started - began)
        terminal.wait_for(f"_{FILTER}")
    return times


def main() -> None:
    """Print both sides and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    floor = [sys.executable, str(Path(__file__).with_name("floor.py")), str(options.datasets)]
    app, whole = [sys.executable, "-m", "tarmac"], "datasets can be exported"
    bare: list[Start] = []
    very_first: list[Start] = []
    later: list[Start] = []
    keys: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        emulator_home(Path(folder), "--synthetic-datasets", str(options.datasets)) as home,
    ):
        for _ in range(options.rounds):
            bare.append(start(floor, {}, "dataset_00005", "dataset_00005"))
            for remembered in home.state_dir.rglob("datasets.json"):
                remembered.unlink()
            very_first.append(start(app, home.env, "training_set_churn", whole))
            later.append(start(app, home.env, "training_set_churn", whole))
            keys += filter_keys(home.env)
    print(f"{options.datasets:,} datasets, {options.rounds} rounds, medians\n")
    print(f"{'':34}{'bare':>12}{'tarmac':>12}{'ratio':>9}")
    for title, ours, field in (
        ("first rows, s, very first start", very_first, "seconds"),
        ("first rows, s, later starts", later, "seconds"),
        ("memory, MB", later, "memory_mb"),
    ):
        a, b = (statistics.median(getattr(each, field) for each in side) for side in (bare, ours))
        print(f"{title:34}{a:>12.2f}{b:>12.2f}{b / a:>9.2f}")
    print(f"{'filter key, ms: median':34}{'-':>12}{statistics.median(keys) * 1000:>12.1f}{'-':>9}")
    print(f"{'filter key, ms: slowest':34}{'-':>12}{max(keys) * 1000:>12.1f}{'-':>9}")


if __name__ == "__main__":
    main()
