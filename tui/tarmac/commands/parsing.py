"""What the commands' arguments have in common. A wrong one is a UsageError (exit 64), never argparse's own exit 2."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NoReturn

from tarmac.commands.output import Output
from tarmac.terms.errors import UsageError
from tarmac.terms.near_names import near
from tarmac.terms.schedules import Schedule, parse_schedule
from tarmac.terms.text import plain
from tarmac.terms.times import parse_duration, parse_moment

# As wide as a text is still read easily.
_SENTENCE_WIDTH = 118


class _Help(argparse.RawDescriptionHelpFormatter):
    """Keeps examples and lists as they are written, and breaks sentences to the terminal's width."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        # Two blanks beside each other: something is aligned there, and breaking it would tear it.
        wide = min(width, _SENTENCE_WIDTH)
        parts = (part if "  " in part else textwrap.fill(part, wide) for part in text.split("\n\n"))
        return super()._fill_text("\n\n".join(parts), width, indent)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that takes no abbreviations, knows near names, and raises UsageError instead of ending."""

    def __init__(self, *arguments: object, **options: object) -> None:
        options.setdefault("formatter_class", _Help)
        options.setdefault("allow_abbrev", False)
        super().__init__(*arguments, **options)  # type: ignore[arg-type]  # handed on as given
        self._given: list[str] = []

    def error(self, message: str) -> NoReturn:
        """Raise UsageError; nothing was sent."""
        actions = [action for action in self._actions if isinstance(action, argparse._SubParsersAction)]
        if actions and "required" in message:
            message, words = f"`{self.prog}` alone says too little", f"Add one of: {', '.join(actions[0].choices)}."
            self._refuse(message, words)
        self._refuse(message)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Write a help or a version as any answer. Raises AnswerLost."""
        Output(stdout=file).raw(message)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read the arguments; what is left over is refused here, where the verb that it was given to is known."""
        self._given = [str(each) for each in args or ()]
        found, left = super().parse_known_args(args, namespace)
        if left:
            self._refuse_left(left)
        return found, left

    def _refuse_left(self, left: Sequence[str]) -> NoReturn:
        option = next((each for each in left if each.startswith("-") and each != "-"), None)
        if option is None:
            self._refuse(f"{_quoted(left[0])} is one argument too many for `{self.prog}`")
        name = option.partition("=")[0]
        self._refuse(f"`{self.prog}` has no option {plain(name)}", near(name, self._option_string_actions))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(each) for each in action.choices]
        if not isinstance(action, argparse._SubParsersAction):  # the type has no public name
            name = "/".join(action.option_strings) or str(action.metavar or action.dest)
            if len(choices) == 1:
                self._refuse(f"`{self.prog}` takes {choices[0]} there, not {_quoted(value)}")
            self._refuse(f"{name}: {_quoted(value)} is none of {', '.join(choices)}", near(value, choices))
        before = self._given[: self._given.index(value)] if value in self._given else []
        unknown = [each for each in before if each.startswith("-") and each not in self._option_string_actions]
        if unknown and "=" not in unknown[0]:
            # Taken for a verb was what the unknown option should have got.
            self._refuse_left(unknown)
        words = near(value, choices) or f"There are: {', '.join(choices)}."
        self._refuse(f"`{self.prog}` has no {str(action.metavar).lower()} {_quoted(value)}", words)

    def _refuse(self, message: str, next_step: str = "") -> NoReturn:
        help_words = f"See `{self.prog} --help`."
        raise UsageError(message, meaning="Nothing was sent.", next_step=f"{next_step} {help_words}".strip())


def _quoted(value: object) -> str:
    return repr(plain(str(value), 64))


Verbs = argparse._SubParsersAction  # the type has no public name


def add_verb(verbs: Verbs[Parser], name: str, summary: str, example: str, details: str = "") -> Parser:
    """Add a verb, or an action of one, with its one-line summary, details and an example, and the options of all."""
    text = summary[0].upper() + summary[1:] + "."
    parser = verbs.add_parser(
        name, help=summary, description=f"{text}\n\n{details}".strip(), epilog=f"example:\n  {example}"
    )
    add_common(parser)
    return parser


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add `--profile`, `--json` and `--read-only`; given before the verb they hold as well."""
    group = parser.add_argument_group("common options")
    group.add_argument(
        "--profile",
        metavar="P",
        default=argparse.SUPPRESS,
        help="connection profile to use (default: TARMAC_PROFILE, config.toml, or the only one)",
    )
    group.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="answer with one JSON document on stdout"
    )
    group.add_argument(
        "--read-only", action="store_true", default=argparse.SUPPRESS, help="refuse every write to the platform"
    )
    group.add_argument(
        "--record",
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="record requests, answers and keys, without secrets, for `tarmac replay FILE`",
    )


def duration(text: str) -> timedelta:
    """Read `20s`, `5m`, `2h`; for `type=`."""
    try:
        found = parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if found <= timedelta(0):
        raise argparse.ArgumentTypeError(f"{text!r} is no time at all")
    return found


def schedule(text: str) -> Schedule:
    """Read `ad-hoc`, `once`, `daily` or `every 6h`; for `type=`."""
    try:
        return parse_schedule(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def moment(text: str) -> datetime:
    """Read a day or an ISO 8601 moment, UTC unless it says another zone; for `type=`."""
    try:
        return parse_moment(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def whole_number(text: str) -> int:
    """Read a whole number; for `type=`."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def number_from(least: float, text: str) -> float:
    """Read a number from `least` on."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not least <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least:g} on")
    return value


def not_negative(text: str) -> float:
    """Read a number from 0 on; for `type=`."""
    return number_from(0.0, text)
