"""Does the emulator's API stay answering while it exports? A request every 20 ms during an export of many rows, and before it.

    python tests/bench/bench_api_latency.py [--rows 1000000] [--columns 50]

Goal: every answer within 50 ms. The export runs in processes of its own; what could delay an answer is the event loop.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.bench_engine import SOURCE_ROWS, make_source
from support.emulator_process import emulator_home

PATH = "/_emulator/status"


def answers(base_url: str, stop: threading.Event, times: list[float]) -> None:
    """Ask every 20 ms until told to stop; note how long each answer took, in milliseconds."""
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=30)
    while not stop.wait(0.02):
        began = time.perf_counter()
        connection.request("GET", PATH)
        connection.getresponse().read()
        times.append((time.perf_counter() - began) * 1000)


def main() -> None:
    """Print both sides and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data"
        data.mkdir()
        for number in range(max(1, round(options.rows / SOURCE_ROWS))):
            make_source(data / f"source-{number}.parquet", min(options.rows, SOURCE_ROWS), options.columns, number)
        with emulator_home(folder, "--dataset", f"big={data}", "--ready-after", "0") as home:
            sides: list[list[float]] = []
            for export in (False, True):
                stop = threading.Event()
                times: list[float] = []
                watch = threading.Thread(target=answers, args=(home.emulator["base_url"], stop, times))
                watch.start()
                if export:
                    done = home.run("export", "--dataset", "big", "--to", "landing", "--json", timeout_s=600)
                    if done.returncode != 0:
                        raise SystemExit(done.stderr)
                    rows = json.loads(done.stdout)["rows"]
                else:
                    time.sleep(5)  # the other side: as many questions while nothing is exported
                stop.set()
                watch.join()
                sides.append(times)
    print(f"{rows:,} rows x {options.columns} columns exported; answers to GET {PATH}, ms\n")
    print(f"{'':12}{'idle':>12}{'exporting':>12}{'ratio':>9}")
    for title, value in (
        ("median", statistics.median),
        ("99 of 100", lambda found: sorted(found)[int(len(found) * 0.99)]),
        ("slowest", max),
    ):
        a, b = (float(value(side)) for side in sides)
        print(f"{title:12}{a:>12.1f}{b:>12.1f}{b / a:>9.1f}")


if __name__ == "__main__":
    main()
