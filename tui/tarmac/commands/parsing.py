"""What the commands' arguments have in common. A wrong one is a UsageError (exit 64), never argparse's own exit 2."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from tarmac.terms.errors import UsageError
from tarmac.terms.schedules import Schedule, parse_schedule
from tarmac.terms.times import parse_duration


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that keeps its text as written, takes no abbreviations, and raises UsageError."""

    def __init__(self, *arguments: object, **options: object) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        options.setdefault("allow_abbrev", False)
        super().__init__(*arguments, **options)  # type: ignore[arg-type]  # handed on as given

    def error(self, message: str) -> NoReturn:
        """Raise UsageError; nothing was sent."""
        raise UsageError(message, meaning="Nothing was sent.", next_step=f"See `{self.prog} --help`.")


Verbs = argparse._SubParsersAction  # the type has no public name


def add_verb(verbs: Verbs[Parser], name: str, summary: str, example: str, details: str = "") -> Parser:
    """Add a verb with its one-line summary, details and an example, and the options that every verb has."""
    text = summary[0].upper() + summary[1:] + "."
    parser = verbs.add_parser(
        name, help=summary, description=f"{text}\n\n{details}".strip(), epilog=f"example:\n  {example}"
    )
    add_common(parser)
    return parser


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add `--profile`, `--json` and `--read-only`; given before the verb they hold as well."""
    group = parser.add_argument_group("common options")
    group.add_argument("--profile", metavar="P", default=argparse.SUPPRESS, help="connection profile to use")
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


def moment_with_zone(text: str) -> datetime:
    """Read an ISO 8601 moment with Z or an offset, as UTC; for `type=`. Without a zone it would depend on the machine."""
    example = "2026-12-01T01:00Z"
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise argparse.ArgumentTypeError(f"{text!r} has no time zone; write {example}, or an offset such as +01:00")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a moment such as {example}") from None


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
