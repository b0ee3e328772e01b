"""The `[keys]` of config.toml: binding id to keys. What is wrong in it is said; the rest is used."""

from __future__ import annotations

import importlib
import pkgutil
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import ASCII_KEY_NAMES, KEY_NAME_REPLACEMENTS, Keys

from tarmac.terms.text import plain

_MODIFIERS = {"ctrl", "alt", "shift", "super", "hyper", "meta"}
_NAMED = {str(key.value) for key in Keys} | set(ASCII_KEY_NAMES.values()) | set(KEY_NAME_REPLACEMENTS.values())
_EVERYWHERE = {"TarmacApp", "TarmacScreen"}  # their keys are active on every screen


@dataclass(frozen=True)
class KeyMap:
    """What of the person's map can be used, and sentences about the rest."""

    keys: Mapping[str, str]
    problems: tuple[str, ...] = ()


def all_bindings() -> list[tuple[str, Binding]]:
    """Return (class name, binding) for every binding of ours that has an id. Imports every screen: call it late."""
    importlib.import_module("tarmac.app")
    for package in ("tarmac.screens", "tarmac.widgets"):
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(module.name)
    found = [
        (node.__name__, binding)
        for node in _classes(DOMNode)
        if node.__module__.startswith("tarmac.")
        for binding in Binding.make_bindings(node.__dict__.get("BINDINGS", ()))
        if binding.id
    ]
    return sorted(found, key=lambda pair: (pair[1].id or "", pair[0], pair[1].key))


def checked(wanted: Mapping[str, str], bindings: list[tuple[str, Binding]]) -> KeyMap:
    """Check the person's map against the bindings there are: unknown ids, unknown keys, keys that are taken."""
    known = {binding.id for _, binding in bindings}
    usable: dict[str, str] = {}
    problems: list[str] = []
    for name, keys in wanted.items():
        bad = [key for key in split_keys(keys) if not is_key(key)]
        if name not in known:
            problems.append(f"keys: there is no action {plain(name, 40)!r}; the help (?) lists the names")
        elif bad or not split_keys(keys):
            problems.append(f"keys: {plain(bad[0], 20) if bad else 'nothing'!r} is no key (for {plain(name, 40)})")
        else:
            usable[name] = keys
    for first, second, key in list(_clashes(usable, bindings)):
        problems.append(f"keys: {key} is both {first} and {second}; {second} keeps its own key")
        usable.pop(second if second in usable else first, None)
    return KeyMap(usable, tuple(problems))


def split_keys(keys: str) -> list[str]:
    """Return the single keys of a text such as `ctrl+f,slash`; a comma alone is the key of that name."""
    if keys.strip() == ",":
        return ["comma"]
    return [key.strip() for key in keys.split(",") if key.strip()]


def is_key(key: str) -> bool:
    """Whether a key of this name can be pressed."""
    *modifiers, last = key.split("+") if key != "+" else ["+"]
    if not set(modifiers) <= _MODIFIERS:
        return False
    if len(last) == 1 or last in _NAMED:
        return True
    try:
        unicodedata.lookup(last.replace("_", " "))
    except KeyError:
        return False
    return True


def _clashes(usable: Mapping[str, str], bindings: list[tuple[str, Binding]]) -> Iterator[tuple[str, str, str]]:
    """Yield (action, action that was moved onto its key, key) where both can be active at once."""
    places: dict[str, set[str]] = {}
    pressed: dict[str, set[str]] = {}
    for place, binding in bindings:
        name = binding.id or ""
        places.setdefault(name, set()).add(place)
        pressed.setdefault(name, set()).add(_canonical(binding.key))
    for name, keys in usable.items():
        pressed[name] = {_canonical(key) for key in split_keys(keys)}
    for moved in usable:
        for other in pressed:
            together = places[moved] & places[other] or (places[moved] | places[other]) & _EVERYWHERE
            shared = pressed[moved] & pressed[other]
            if other != moved and together and shared and not (other in usable and other < moved):
                yield other, moved, min(shared)


def _canonical(key: str) -> str:
    *modifiers, last = key.split("+") if key != "+" else ["+"]
    if len(last) == 1 and not last.isalnum():
        name = unicodedata.name(last, last).lower().replace("-", "_").replace(" ", "_")
        last = KEY_NAME_REPLACEMENTS.get(name, name)
    return "+".join([*sorted(modifiers), last])


def _classes(root: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for child in list[type[DOMNode]](root.__subclasses__()):
        yield child
        yield from _classes(child)
