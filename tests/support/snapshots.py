"""Screens kept as text: what it shows, and a digest of its styles a theme. Small files that a person can read in a diff.

What differs from run to run (ids, times, ports, folders) is masked sign for sign, so that nothing moves. After a wanted change:
`pytest tests/screens/test_snapshots.py --update-snapshots`, and look at the diff before committing it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

FOLDER = Path(__file__).resolve().parents[1] / "snapshots"
_STYLES = "styles "


def _zeros(found: re.Match[str]) -> str:
    return re.sub(r"[0-9a-fA-F]", "0", found[0])


def _digits(found: re.Match[str]) -> str:
    return re.sub(r"\d", "0", found[0])


# In this order: what is found first is masked first.
_MASKS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\[[a-z2-7]{13}\]"), lambda found: "[" + "m" * 13 + "]"),
    (re.compile(r"exportTime=\d+"), _digits),
    (re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{8}-(?:[0-9a-f]{1,4}-?){0,3}[0-9a-f]{0,12}(?=…|\b|$)"), _zeros),
    (re.compile(r"(?<=\()[0-9a-f]{4}…[0-9a-f]{4}(?=\))|\b[0-9a-f]{4}…[0-9a-f]{4}(?= stays)"), _zeros),
    (re.compile(r"part-\d{5}-\S+"), lambda found: found[0][:11] + "~" * (len(found[0]) - 11)),
    (re.compile(r"\d+(?=-1-c000\.)"), _digits),
    (re.compile(r"(?<=dlblobstore)[0-9a-f]{8}"), _zeros),
    # What is left of them where a line or a box ends.
    (re.compile(r"^ \d+(?=/\*\.)"), _digits),
    (re.compile(r"(?<=│)[0-9a-f]{1,4}(?= *$)"), _zeros),
    (re.compile(r"[0-9a-f-]{6,}(?=\.json)"), _zeros),
    (re.compile(r"\b[0-9A-F]{12,24}(?=@|…|\b)"), _zeros),
    (re.compile(r"\b[0-9a-f]{32}\b"), _zeros),
    (re.compile(r"(?<=Organization  )[0-9A-F]+|(?<=Client        )[0-9a-f]{2,}"), _zeros),  # a box may cover the rest
    (re.compile(r"(?<=port )\d+(?= answers)"), _digits),
    (re.compile(r" · \d+\.\d\d s(?= |$)"), lambda found: " " * len(found[0])),
    (re.compile(r"127\.0\.0\.1:\d+"), lambda found: "127.0.0.1:" + "0" * (len(found[0]) - 10)),
    (re.compile(r"\b\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?"), _digits),
    (re.compile(r"\b\d\d:\d\d(?::\d\d)?(?= UTC|$)"), _digits),
    (re.compile(r"\b\d\d-\d\d(?= \d\d:\d\d)"), _digits),
    (re.compile(r"\b\d+:\d\d(?::\d\d)?\b"), _digits),
    (re.compile(r"\b\d+ d \d+ h\b"), _digits),
    (re.compile(r"\b\d{13}\b"), _digits),
)


@dataclass(frozen=True)
class Snapshot:
    """One screen: its lines, masked, and the digest of its styles."""

    lines: tuple[str, ...]
    styles: str


def masked(text: str, folder: Path | None = None) -> str:
    """Return `text` with everything that differs from run to run replaced, as long as it was."""
    if folder is not None:
        start, name = f"{folder.parent}/{folder.name[:7]}", folder.name[7:]
        text = re.sub(re.escape(start) + f"[{re.escape(name)}]*", lambda found: "~" * len(found[0]), text)
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return text


def taken(pilot: Pilot[int], folder: Path) -> Snapshot:
    """Return the screen as it is now; `folder` holds the test's own files."""
    digest = hashlib.sha256()
    lines = []
    for strip in pilot.app.screen._compositor.render_strips():
        runs: list[tuple[int, str]] = []
        for segment in strip:
            style = str(segment.style)
            if runs and runs[-1][1] == style:
                runs[-1] = (runs[-1][0] + segment.cell_length, style)
            else:
                runs.append((segment.cell_length, style))
        digest.update(repr(runs).encode())
        lines.append(masked(strip.text, folder).rstrip())
    return Snapshot(tuple(lines), digest.hexdigest()[:16])


def difference(name: str, size: tuple[int, int], theme: str, snapshot: Snapshot, *, update: bool) -> str | None:
    """Compare with the file; say what differs, None if nothing does. With `update` the file is written instead."""
    file = FOLDER / f"{size[0]}x{size[1]}" / f"{name}.txt"
    lines, styles = read(file)
    if update:
        file.parent.mkdir(parents=True, exist_ok=True)
        styles[theme] = snapshot.styles
        digests = [f"{_STYLES}{theme}: {styles[theme]}" for theme in sorted(styles)]
        file.write_text("\n".join([*snapshot.lines, *digests]) + "\n", encoding="utf-8")
        return None
    if not lines:
        return f"{name}: there is no snapshot {file.name}"
    changed = [
        f"  line {at}\n    - {old}\n    + {new}"
        for at, (old, new) in enumerate(zip(lines, snapshot.lines, strict=True), start=1)
        if old != new
    ]
    if changed:
        return "\n".join([f"{name}, {size[0]}×{size[1]}, {theme}:", *changed])
    if styles.get(theme) != snapshot.styles:
        return f"{name}, {size[0]}×{size[1]}, {theme}: the same text in other colours or weights"
    return None


def read(file: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return lines and digests by theme; nothing where there is no file."""
    if not file.is_file():
        return (), {}
    lines = file.read_text(encoding="utf-8").split("\n")[:-1]
    styles = [line for line in lines if line.startswith(_STYLES)]
    pairs = [line.removeprefix(_STYLES).split(": ") for line in styles]
    return tuple(lines[: len(lines) - len(styles)]), {pair[0]: pair[1] for pair in pairs}
