"""What tarmac costs the person in front of it, beside the plainest Textual app, measured in one run in the same terminal.

    python tests/bench/bench_terminal.py [--rounds 5] [--datasets 100]

Start to first useful screen, bytes and milliseconds of one cursor move, bytes of a held key, idle bytes and CPU, memory.
Sides take turns, medians are printed. Bytes are exact; times depend on the machine, so read the ratio.
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

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.emulator_process import emulator_home
from support.terminal import Terminal

COLUMNS, ROWS = 120, 40


@dataclass(frozen=True)
class Sample:
    """One start of one side."""

    useful_s: float
    start_bytes: int
    key_bytes: float
    key_s: float
    held_bytes: float
    lag_s: float
    idle_bytes_per_s: float
    idle_cpu_percent: float
    memory_mb: float


def measure(command: list[str], env: Mapping[str, str], ready: str, idle_s: float) -> Sample:
    """Start one side, use it, and end it."""
    with Terminal(command, COLUMNS, ROWS, env=env) as terminal:
        terminal.wait_for(ready)
        useful_s = terminal.chunks[-1].at_s
        terminal.settle(0.5)
        start_bytes = len(terminal.raw)
        process = psutil.Process(terminal.pid)

        sizes, times = [], []
        for _ in range(10):
            before, began = len(terminal.chunks), time.monotonic()
            sizes.append(key(terminal, b"\x1b[B"))
            times.append(terminal.chunks[-1].at_s + terminal.started - began if len(terminal.chunks) > before else 0.0)

        held_bytes, lag_s = hold(terminal, 60)

        began, bytes_before = time.monotonic(), len(terminal.raw)
        cpu_before = sum(process.cpu_times()[:2])
        while time.monotonic() - began < idle_s:
            terminal.pump(0.2)
        idle_cpu = (sum(process.cpu_times()[:2]) - cpu_before) / idle_s * 100
        idle_bytes = (len(terminal.raw) - bytes_before) / idle_s
        memory = process.memory_info().rss / 1e6
    return Sample(
        useful_s,
        start_bytes,
        statistics.median(sizes),
        statistics.median(times),
        held_bytes,
        lag_s,
        idle_bytes,
        idle_cpu,
        memory,
    )


def key(terminal: Terminal, data: bytes) -> int:
    """Press one key and return the bytes that it cost."""
    os.write(terminal.master, data)
    return terminal.settle(0.12)


def hold(terminal: Terminal, count: int) -> tuple[float, float]:
    """Hold cursor-down at 30 keys a second; return bytes a key and seconds of painting after the last key."""
    before = len(terminal.raw)
    for _ in range(count):
        os.write(terminal.master, b"\x1b[B")
        end = time.monotonic() + 0.033
        while (left := end - time.monotonic()) > 0:
            terminal.pump(left)
    released = time.monotonic()
    terminal.settle(0.2)
    lag = max(0.0, terminal.chunks[-1].at_s + terminal.started - released)
    return (len(terminal.raw) - before) / count, lag


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--datasets", type=int, default=100)
    parser.add_argument("--idle", type=float, default=5.0)
    options = parser.parse_args()
    sides: dict[str, list[Sample]] = {"bare": [], "tarmac": []}
    with (
        tempfile.TemporaryDirectory() as folder,
        emulator_home(Path(folder), "--synthetic-datasets", str(options.datasets)) as home,
    ):
        floor = [sys.executable, str(Path(__file__).with_name("floor.py")), str(options.datasets)]
        for _ in range(options.rounds):
            sides["bare"].append(measure(floor, {}, "dataset_00005", options.idle))
            sides["tarmac"].append(
                measure([sys.executable, "-m", "tarmac"], home.env, "training_set_churn", options.idle)
            )
    print(f"{COLUMNS}x{ROWS}, {options.datasets} datasets, {options.rounds} rounds each, medians\n")
    print(f"{'':34}{'bare':>12}{'tarmac':>12}{'ratio':>9}")
    for name, title, form in (
        ("useful_s", "start to first useful screen, s", ".2f"),
        ("start_bytes", "start, bytes", ",.0f"),
        ("key_bytes", "one cursor move, bytes", ",.0f"),
        ("key_s", "one cursor move, s", ".4f"),
        ("held_bytes", "held key, bytes a key", ",.0f"),
        ("lag_s", "held key, lag, s", ".3f"),
        ("idle_bytes_per_s", "idle, bytes/s", ",.1f"),
        ("idle_cpu_percent", "idle, CPU %", ".2f"),
        ("memory_mb", "memory, MB", ",.1f"),
    ):
        bare, ours = (statistics.median(getattr(sample, name) for sample in sides[side]) for side in ("bare", "tarmac"))
        ratio = f"{ours / bare:.2f}" if bare else "-"
        print(f"{title:34}{bare:>12{form}}{ours:>12{form}}{ratio:>9}")


if __name__ == "__main__":
    main()
