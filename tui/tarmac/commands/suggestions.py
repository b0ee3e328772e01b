"""What could stand at the cursor of a half-written command line, by the parsers themselves and the names on this disk."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tarmac.commands.parsing import Parser

if TYPE_CHECKING:
    from tarmac.services.values import Places


@dataclass(frozen=True)
class Suggestion:
    """A word, and a few words about it for shells that show them."""

    word: str
    about: str = ""


# A file belongs here: the shell knows those best.
FILES = Suggestion(":files")
Names = Callable[["Places", str | None], Iterable[str]]


def _profiles(places: Places, _profile: str | None) -> Iterable[str]:
    from tarmac.services.setup.local_files import profile_names

    return profile_names(places)


def _destinations(places: Places, profile: str | None) -> Iterable[str]:
    from tarmac.services.setup.known_names import destination_names

    return destination_names(places, profile)


def _to(places: Places, profile: str | None) -> Iterable[str]:
    return dict.fromkeys((*_destinations(places, profile), "data-landing-zone"))


def _saved(places: Places, profile: str | None) -> Iterable[str]:
    from tarmac.services.setup.known_names import saved_export_names

    return saved_export_names(places, profile)


def _exports(places: Places, profile: str | None) -> Iterable[str]:
    from tarmac.services.setup.known_names import export_names

    return export_names(places, profile)


# By what the help calls it, and by the option where that says too little.
_NAMES: Mapping[str, Names] = {
    "EXPORT": _exports,
    "RUN|EXPORT": _exports,
    "RUN|RECEIPT": _exports,
    "FLOW": _exports,
    "DESTINATION": _to,
    "DIR|DESTINATION": _destinations,
    "--profile": _profiles,
    "plan EXPORT": _saved,
    "export EXPORT": _saved,
    "profile check NAME": _profiles,
    "destination test NAME": _destinations,
    "destination rotate NAME": _destinations,
}
_FILES_TOO = frozenset({"RUN|RECEIPT", "DIR|DESTINATION", "FILE", "DIR"})
_FIXED: Mapping[str, tuple[str, ...]] = {"--schedule": ("ad-hoc", "once", "daily")}


def suggestions(root: Parser, words: Sequence[str]) -> list[Suggestion]:
    """Return what could be the last of `words`, which is being written; empty where nothing is known."""
    given, after_equals = _joined(words or [""])
    line = _Line(root)
    for word in given[:-1]:
        if not line.take(word):
            return []
    current = given[-1]
    option, equals, value = current.partition("=")
    if equals and option in line.parser._option_string_actions:
        # A shell that breaks words at `=` wants what stands behind it only.
        before = "" if after_equals else f"{option}="
        values = line.values(line.parser._option_string_actions[option])
        return [
            each if each is FILES else Suggestion(before + each.word, each.about)
            for each in values
            if each is FILES or each.word.startswith(value)
        ]
    return [each for each in line.next(current) if each is FILES or each.word.startswith(current)]


def _joined(words: Sequence[str]) -> tuple[list[str], bool]:
    """Put `--option`, `=`, `value` together again, as bash breaks them; and say whether the last word was broken so."""
    joined: list[str] = []
    broken = False
    for word in words:
        if joined and broken and joined[-1].endswith("="):
            joined[-1] += word
        elif joined and word == "=" and joined[-1].startswith("--"):
            joined[-1] += "="
            broken = True
            continue
        else:
            joined.append(word)
            broken = False
    return joined, broken


@dataclass
class _Line:
    """What the words so far have led to: a parser, and what it waits for."""

    parser: argparse.ArgumentParser
    verb: tuple[str, ...] = ()
    profile: str | None = None
    _open: argparse.Action | None = None
    _position: int = 0
    _used: set[str] = field(default_factory=set)

    def take(self, word: str) -> bool:
        """Take in a word that is finished; False where nothing can follow that we would know."""
        if self._open is not None:
            self._close(word)
            return True
        name, equals, value = word.partition("=")
        option = self.parser._option_string_actions.get(name)
        if option is not None:
            self._used.add(option.dest)
            if option.nargs != 0:
                self._open = option
                if equals:
                    self._close(value)
            return True
        if word.startswith("-"):
            return True
        action = self._positional()
        if action is None:
            return True
        if isinstance(action, argparse._SubParsersAction):  # the type has no public name
            if word not in action.choices:
                return False
            self.parser, self._position = action.choices[word], 0
            self.verb = (*self.verb, word)
        elif action.nargs not in {"*", "+"}:
            self._position += 1
        return True

    def next(self, current: str) -> Iterable[Suggestion]:
        """Return what can follow."""
        if self._open is not None:
            return self.values(self._open)
        action = self._positional()
        if current.startswith("-"):
            return self._options()
        # Where no word is due, options are what is left to say.
        return self._options() if action is None else self.values(action)

    def values(self, action: argparse.Action) -> list[Suggestion]:
        """Return what an option or an argument can be."""
        if isinstance(action, argparse._SubParsersAction):
            return [Suggestion(each.dest, each.help or "") for each in action._choices_actions]
        title = str(action.metavar or "")
        option = action.option_strings[-1] if action.option_strings else ""
        if action.choices is not None:
            found: Iterable[str] = (str(each) for each in action.choices)
        elif option in _FIXED:
            found = _FIXED[option]
        else:
            from tarmac.services.values import find_places

            place = " ".join((*self.verb, title))
            names = _NAMES.get(place) or _NAMES.get(option) or _NAMES.get(title)
            found = () if names is None else names(find_places(), self.profile)
        files = [FILES] if title in _FILES_TOO else []
        return [*(Suggestion(each) for each in found), *files]

    def _positional(self) -> argparse.Action | None:
        wanted = [each for each in self.parser._actions if not each.option_strings and each.help != argparse.SUPPRESS]
        return wanted[self._position] if self._position < len(wanted) else None

    def _options(self) -> list[Suggestion]:
        return [
            Suggestion(each.option_strings[-1], " ".join((each.help or "").replace("%%", "%").split()))
            for each in self.parser._actions
            if each.option_strings and (each.dest not in self._used or isinstance(each, argparse._AppendAction))
        ]

    def _close(self, value: str) -> None:
        if self._open is not None and self._open.dest == "profile":
            self.profile = value
        self._open = None
