"""The error tree is drawn once, in `tarmac.platform.errors`; the drawing shows every error there is."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import tarmac
from tarmac.platform import errors
from tarmac.terms.errors import TarmacError


def below(kind: type[TarmacError]) -> Iterator[type[TarmacError]]:
    for each in kind.__subclasses__():
        yield each
        yield from below(each)


def test_the_drawing_shows_every_error() -> None:
    for module in pkgutil.walk_packages(tarmac.__path__, "tarmac."):
        if module.name != "tarmac.__main__":
            importlib.import_module(module.name)
    drawing = errors.__doc__ or ""
    ours = {kind.__name__ for kind in below(TarmacError) if kind.__module__.startswith("tarmac.")}
    assert "NotReady" in ours
    assert {name for name in ours if name not in drawing} == set()
