"""A terminal's screen as SVG: small, sharp at every size, in the reader's own font; several screens as one that moves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

import pyte

_CELL_W, _CELL_H, _PAD, _BASE = 8.4, 18, 10, 13.5
_GROUND, _TEXT = "#14171c", "#d6d9de"
_NAMED = {
    "black": "#000000",
    "red": "#e57373",
    "green": "#7fbf7f",
    "brown": "#e0b060",
    "blue": "#7aa2d6",
    "magenta": "#c586c0",
    "cyan": "#56b6c2",
    "white": "#d6d9de",
}
_FONTS = "ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace"

Frame = tuple[str, ...]  # the pieces of one screen


def frame(screen: pyte.Screen) -> Frame:
    """Return the SVG elements of a screen: grounds first, then runs of text."""
    pieces: list[str] = []
    texts: list[str] = []
    for y in range(screen.lines):
        top = _PAD + y * _CELL_H
        for back, cells in groupby(range(screen.columns), key=lambda x: _looks(screen.buffer[y][x])[1]):
            taken = list(cells)
            if back != _GROUND:
                left, width = _PAD + taken[0] * _CELL_W, len(taken) * _CELL_W
                pieces.append(f'<path d="M{left:.1f} {top}h{width:.1f}v{_CELL_H}H{left:.1f}" fill="{back}"/>')
        for x, text, fore, is_bold in _runs(screen, y):
            where = f'x="{_PAD + x * _CELL_W:.1f}" y="{top + _BASE}" textLength="{len(text) * _CELL_W:.1f}"'
            weight = ' class="b"' if is_bold else ""
            color = f' fill="{fore}"' if fore != _TEXT else ""
            texts.append(f"<text {where}{color}{weight}>{escape(text, quote=False)}</text>")
    return (*pieces, *texts)


def still(screen: pyte.Screen, title: str) -> str:
    """Return one screen as a picture."""
    return _document(screen.columns, screen.lines, title, "".join(frame(screen)), "")


def moving(frames: Sequence[tuple[Frame, float]], columns: int, rows: int, title: str) -> str:
    """Return screens that follow each other, each with the seconds it stays, for ever."""
    total = sum(seconds for _, seconds in frames)
    styles, groups, at = [], [], 0.0
    for number, (pieces, seconds) in enumerate(frames):
        begin, end = 100 * at / total, 100 * (at + seconds) / total
        at += seconds
        steps = f"0%{{opacity:{int(begin == 0)}}}{begin:.2f}%{{opacity:1}}{end:.2f}%{{opacity:0}}100%{{opacity:0}}"
        styles.append(
            f"@keyframes k{number}{{{steps}}}#f{number}{{animation:k{number} {total:.1f}s step-end infinite}}"
        )
        hidden = ' opacity="0"' if number else ""
        groups.append(f'<g id="f{number}"{hidden}>{"".join(pieces)}</g>')
    return _document(columns, rows, title, "".join(groups), "".join(styles))


def _document(columns: int, rows: int, title: str, body: str, style: str) -> str:
    width, height = columns * _CELL_W + 2 * _PAD, rows * _CELL_H + 2 * _PAD
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}"'
        f' height="{height:.0f}" font-family="{_FONTS}" font-size="14" fill="{_TEXT}" xml:space="preserve">'
        f"<title>{escape(title)}</title><style>.b{{font-weight:bold}}{style}</style>"
        f'<rect width="100%" height="100%" rx="6" fill="{_GROUND}"/>{body}</svg>\n'
    )


def _runs(screen: pyte.Screen, y: int) -> Iterator[tuple[int, str, str, bool]]:
    """Yield (column, text, colour, bold) of one line without its blanks; neighbours that look alike are one run."""
    line = "".join(screen.buffer[y][x].data or " " for x in range(screen.columns))
    for found in re.finditer(r"\S+(?: {1,2}\S+)*", line):
        looks = [_looks(screen.buffer[y][x]) for x in range(found.start(), found.end())]
        looks = [looks[max(0, at - 1)] if line[found.start() + at] == " " else each for at, each in enumerate(looks)]
        start = 0
        for at in range(1, len(looks) + 1):
            if at == len(looks) or (looks[at][0], looks[at][2]) != (looks[start][0], looks[start][2]):
                text = line[found.start() + start : found.start() + at].rstrip()
                if text:
                    yield found.start() + start, text, looks[start][0], looks[start][2]
                start = at


def _looks(cell: pyte.screens.Char) -> tuple[str, str, bool]:
    fore, back = _color(cell.fg, _TEXT), _color(cell.bg, _GROUND)
    return (back, fore, bool(cell.bold)) if cell.reverse else (fore, back, bool(cell.bold))


def _color(name: str, default: str) -> str:
    return default if name == "default" else _NAMED.get(name) or f"#{name}"
