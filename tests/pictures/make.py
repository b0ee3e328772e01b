"""Make the pictures of the README and the docs from the running app: `python tests/pictures/make.py`.

Starts the emulator with other people's flows, walks through every screen in a pseudo-terminal of 100×30, and writes
docs/pictures: one SVG a screen, `demo.svg` (the main job, moving) and `demo.cast` (the same, for asciinema).
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.emulator_process import emulator_home  # noqa: E402 - found through the path above
from support.screen_svg import Frame, frame, moving, still  # noqa: E402
from support.terminal import Chunk, Terminal  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
COLUMNS, ROWS = 100, 30
TITLE = "tarmac"
LAKE = {
    "kind": "amazon-s3",
    "bucket": "acme-ml",
    "path": "features",
    "credentials": {"access_key": {"env": "AEP_S3_KEY"}, "secret_key": {"env": "AEP_S3_SECRET"}},
}


class Walk:
    """Keys, pictures, and the frames of the moving one."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.frames: list[tuple[Frame, float]] = []

    def go(self, keys: str, wait: str, *, picture: str = "", stays: float = 0.0) -> None:
        """Press keys (separated by blanks), wait for a text, keep the screen."""
        for key in keys.split():
            self.terminal.press(key)
        self.terminal.wait_for(wait, 60)
        self.terminal.settle(0.4, 1.5)
        if picture:
            file = FOLDER / f"{picture}.svg"
            file.write_text(still(self.terminal.screen, f"{TITLE}: {picture}"), encoding="utf-8")
        if stays:
            self.frames.append((frame(self.terminal.screen), stays))


def main() -> None:
    """Write everything anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="acme-", dir="/tmp") as folder,
        emulator_home(
            Path(folder),
            *("--ready-after", "12", "--sample-flows", "8"),
            timing={"probe": "2s", "poll": "1s"},
            destinations={"lake": LAKE},
        ) as home,
        Terminal(
            [sys.executable, "-m", "tarmac"],
            COLUMNS,
            ROWS,
            env={**home.env, "TEXTUAL_COLOR_SYSTEM": "truecolor", "TERM_PROGRAM": "kitty"},
        ) as terminal,
    ):
        walk = Walk(terminal)
        main_job(walk)
        until = len(terminal.chunks)
        the_rest(walk)
        write_cast(terminal.chunks[:until])
    (FOLDER / "demo.svg").write_text(moving(walk.frames, COLUMNS, ROWS, f"{TITLE}: the main job"), encoding="utf-8")
    files = [*sorted(FOLDER.glob("*.svg")), FOLDER / "demo.cast"]
    print(f"{len(files)} files, {sum(file.stat().st_size for file in files) / 1024:.0f} KiB in {FOLDER}")


def main_job(walk: Walk) -> None:
    """From the dataset to its counted rows."""
    walk.go("", "loyalty_profiles", picture="datasets", stays=2)
    walk.go("enter", "SFTP", picture="destination", stays=2)
    walk.go("enter", "files in  ml/churn", picture="destination-form", stays=2)
    walk.go("ctrl+s", "> ad-hoc run", picture="review", stays=4)
    walk.go("a", "waiting: not ready", picture="runs-waiting", stays=2)
    walk.go("", "queued", stays=1)
    walk.go("", "✔ rows match", picture="runs", stays=2)
    walk.go("enter", "deleted in", picture="landed", stays=3)
    walk.go("right right right right", "import polars", picture="landed-code", stays=4)


def the_rest(walk: Walk) -> None:
    """Every other screen."""
    walk.go("escape", "✔ rows match")
    walk.go("5", "dataset flows ·", picture="flows")
    walk.go("p", "in use", picture="profiles")
    walk.go("1", "loyalty_profiles")
    walk.go("ctrl+p", "ACTION", picture="palette")
    walk.go("escape", "loyalty_profiles")
    walk.go("i", "Schema", picture="dataset-detail")
    walk.go("escape", "loyalty_profiles")
    walk.go("?", "Help: Datasets", picture="help")


def write_cast(chunks: list[Chunk]) -> None:
    """Write what the terminal was sent in asciinema's own format, second version; long waits are cut to two seconds."""
    lines = [
        json.dumps({"version": 2, "width": COLUMNS, "height": ROWS, "title": TITLE, "env": {"TERM": "xterm-256color"}})
    ]
    at, before = 0.0, chunks[0].at_s if chunks else 0.0
    for chunk in chunks:
        at += min(2.0, chunk.at_s - before)
        before = chunk.at_s
        lines.append(json.dumps([round(at, 3), "o", chunk.data.decode(errors="replace")], ensure_ascii=False))
    (FOLDER / "demo.cast").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
