"""What an install brings: packages and megabytes, beside aepp, the Python client that people use for these APIs.

    python tests/bench/bench_install.py [--with-aepp]

The wheel of this checkout is installed into a fresh virtual environment, with pip as it comes. `--with-aepp` downloads and
installs aepp too (about 500 MB); without it, what it was when it was last measured is printed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AEPP_THEN = (54, 498.0)


def installed(folder: Path, what: str) -> tuple[int, float]:
    """Install `what` into a new environment below `folder`; return packages (pip and itself included) and megabytes."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", what], check=True)
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"],
        check=True,
        capture_output=True,
        text=True,
    )
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
    return len(json.loads(listed.stdout)), size / 1e6


def main() -> None:
    """Print both sides and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--with-aepp", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        ours = installed(Path(name) / "tarmac", str(ROOT))
        theirs = installed(Path(name) / "aepp", "aepp") if options.with_aepp else AEPP_THEN
    print(f"{'':12}{'aepp':>12}{'tarmac':>12}{'ratio':>9}")
    for title, a, b, form in (
        ("packages", theirs[0], ours[0], ",.0f"),
        ("MB", theirs[1], ours[1], ",.0f"),
    ):
        print(f"{title:12}{a:>12{form}}{b:>12{form}}{b / a:>9.2f}")
    if not options.with_aepp:
        print("\naepp as it was measured on 2026-11-23; --with-aepp measures it again.", file=sys.stderr)


if __name__ == "__main__":
    main()
