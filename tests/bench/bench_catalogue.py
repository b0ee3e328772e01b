"""A catalogue of 10,000 datasets: time to the first rows and the cost of each filter key, beside a bare `DataTable`.

    python tests/bench/bench_catalogue.py [--datasets 10000] [--rounds 3]

The bare side is given the same number of rows from memory; it has no filter, so a filter key has one side only.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.emulator_process import emulator_home
from support.terminal import Terminal

FILTER = "00731"


def first_rows(command: list[str], env: Mapping[str, str], ready: str) -> float:
    """Return seconds from start to the first rows on screen."""
    with Terminal(command, env=env) as terminal:
        terminal.wait_for(ready, 60)
        return terminal.chunks[-1].at_s


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
    bare: list[float] = []
    ours: list[float] = []
    keys: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        emulator_home(Path(folder), "--synthetic-datasets", str(options.datasets)) as home,
    ):
        for _ in range(options.rounds):
            bare.append(first_rows(floor, {}, "dataset_00005"))
            ours.append(first_rows([sys.executable, "-m", "tarmac"], home.env, "training_set_churn"))
            keys += filter_keys(home.env)
    print(f"{options.datasets:,} datasets, {options.rounds} rounds, medians")
    a, b = statistics.median(bare), statistics.median(ours)
    print(f"first rows: bare table from memory {a:.2f} s, tarmac over HTTP {b:.2f} s, ratio {b / a:.2f}")
    print(f"filter key: tarmac {statistics.median(keys) * 1000:.1f} ms, slowest {max(keys) * 1000:.1f} ms")


if __name__ == "__main__":
    main()
