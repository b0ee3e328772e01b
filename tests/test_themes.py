"""The themes as a set: enough of them, a light one, and one that colour-blind people can tell good from bad in."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from textual.color import Color

from tarmac.themes import load_theme, load_themes, shipped_folder

# Machado, Oliveira and Fernandes 2009, severity 1.0: what is left of linear red, green and blue.
BLINDNESS = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
Triple = tuple[float, float, float]


def linear(color: Color) -> Triple:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in color.rgb)
    )
    return (red, green, blue)


def seen(color: Color, matrix: tuple[Triple, ...]) -> Triple:
    red, green, blue = linear(color)
    first, second, third = (min(1.0, max(0.0, a * red + b * green + c * blue)) for a, b, c in matrix)
    return (first, second, third)


def lab(light: Triple) -> Triple:
    red, green, blue = light
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (float(v ** (1 / 3)) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return (116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz))


def apart(first: Triple, second: Triple) -> float:
    """CIE76 distance; 20 and more is told apart at a glance."""
    return math.dist(lab(first), lab(second))


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("name", ["tarmac-color-blind"])
def test_good_warning_and_bad_differ_for_colour_blind_people(name: str, kind: str) -> None:
    theme = load_theme(shipped_folder() / f"{name}.toml")
    states = [Color.parse(text or "") for text in (theme.success, theme.warning, theme.error, theme.foreground)]
    near = [
        (first.hex, second.hex)
        for first, second in combinations(states, 2)
        if apart(seen(first, BLINDNESS[kind]), seen(second, BLINDNESS[kind])) < 20
    ]
    assert near == []


def test_there_is_a_theme_for_most_eyes_and_rooms() -> None:
    themes = load_themes()
    assert themes.problems == ()
    assert len(themes.usable) >= 6
    assert {"tarmac-high-contrast", "tarmac-color-blind", "tarmac-plain"} <= themes.usable.keys()
    assert sum(1 for theme in themes.usable.values() if not theme.dark) >= 2
