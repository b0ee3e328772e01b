"""All benchmarks, one after the other, and the machine they ran on: what the README's table is made from.

    python tests/bench/all.py [--quick] [--output FILE]

Takes about a quarter of an hour; a busy machine spoils it, so the load is printed beside each part. `--quick` uses fewer
rounds and smaller data, to see that everything runs.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TextIO

HERE = Path(__file__).parent
TESTS = HERE.parent

# Title, script with arguments, arguments instead of these for --quick.
PARTS: tuple[tuple[str, list[str], list[str]], ...] = (
    ("start, keys, idle, memory: beside a bare Textual app", ["bench_terminal.py"], ["--rounds", "2", "--idle", "2"]),
    ("a catalogue of 10,000 datasets", ["bench_catalogue.py"], ["--rounds", "1"]),
    ("50 runs watched", ["bench_watch.py"], ["--seconds", "10", "--warm", "5"]),
    ("from go to verified rows", ["bench_wait.py"], ["--rounds", "1", "--ready-after", "15"]),
    ("export of 1 M rows x 50 columns", ["bench_engine.py"], ["--rows", "200000"]),
    ("the API during an export", ["bench_api_latency.py"], ["--rows", "200000"]),
    ("verifying 1,000 files", ["bench_verify.py"], ["--files", "100"]),
    ("install", ["bench_install.py"], []),
)


def machine() -> Iterator[str]:
    """Say what ran this."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    yield f"{os.cpu_count()} x {model}, {memory:.0f} GiB, {platform.system()} {platform.release()}"
    yield f"Python {platform.python_version()}, Textual {version('textual')}, tarmac {version('tarmac')}"


def run(command: list[str], to: TextIO) -> bool:
    """Run one part and copy what it prints."""
    began = time.monotonic()
    done = subprocess.run(command, cwd=TESTS.parent, capture_output=True, text=True, check=False)
    to.write(done.stdout.strip() + "\n")
    if done.returncode != 0:
        to.write(f"FAILED ({done.returncode}): {done.stderr.strip()[-2000:]}\n")
    to.write(f"({time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f})\n")
    to.flush()
    return done.returncode == 0


def main() -> int:
    """Run them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--output", type=Path, help="write there as well as to the screen")
    options = parser.parse_args()
    to = sys.stdout if options.output is None else options.output.open("w", encoding="utf-8")
    to.write("\n".join(machine()) + "\n")
    fine = True
    for title, script, quick in PARTS:
        to.write(f"\n## {title}\n")
        to.flush()
        arguments = quick if options.quick else script[1:]
        fine &= run([sys.executable, str(HERE / script[0]), *arguments], to)
    to.write("\n## 24 simulated hours with 50 runs: requests and memory\n")
    to.flush()
    day = "test_a_day_with_fifty_runs"
    test = str(TESTS / "journeys" / "test_a_day_of_watching.py")
    fine &= run([sys.executable, "-m", "pytest", "-q", "--no-header", "-k", day, test], to)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
