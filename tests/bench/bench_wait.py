"""From "go" to verified rows, beside the time that nobody can save: the ready window plus the run itself.

    python tests/bench/bench_wait.py [--ready-after 60] [--speed 1] [--rounds 3]

Both sides are taken from one export on the emulator: the command's own wall time, and the window plus the run's duration
as the platform reports it. Goal: at most 1.1 times the sum. A client that sleeps ten minutes first needs 600 s.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.emulator_process import emulator_home


def main() -> None:
    """Print one line a round and the median ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ready-after", type=float, default=60.0, help="virtual seconds")
    parser.add_argument("--speed", type=float, default=1.0, help="virtual seconds a real second")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    ratios = []
    for number in range(options.rounds):
        arguments = ("--ready-after", str(options.ready_after), "--speed", str(options.speed))
        with (
            tempfile.TemporaryDirectory() as folder,
            emulator_home(Path(folder), *arguments, timing={"probe": "20s", "poll": "5s"}) as home,
        ):
            began = time.monotonic()
            done = home.run("export", "--dataset", "training_set_churn", "--to", "landing", "--json", timeout_s=900)
            took = time.monotonic() - began
            if done.returncode != 0:
                raise SystemExit(done.stderr)
            receipt = json.loads(Path(json.loads(done.stdout)["receipt"]).read_text(encoding="utf-8"))
            run = receipt["run"]
            run_s = seconds(run["started_at"], run["ended_at"]) / options.speed
            floor = options.ready_after / options.speed + run_s
            ratios.append(took / floor)
            print(f"round {number + 1}: window + run {floor:.1f} s, tarmac {took:.1f} s, ratio {ratios[-1]:.3f}")
    print(f"median ratio {statistics.median(ratios):.3f}")


def seconds(start: str, end: str) -> float:
    """Return the seconds between two ISO moments."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


if __name__ == "__main__":
    main()
