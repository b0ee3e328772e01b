"""Wrong use: exit 64, the message on stderr, one JSON document if asked for, nothing sent and no traceback."""

from __future__ import annotations

import argparse
import re
import shlex
import stat
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

from tarmac.cli import build_parser
from tarmac.services.catalogue import datasets as datasets_service

if TYPE_CHECKING:
    from cli.conftest import CommandLine

VERBS = ("demo", "emulate", "profile", "datasets", "plan", "export", "watch", "runs", "verify", "read", "doctor")


@pytest.mark.parametrize("verb", VERBS)
async def test_every_verb_has_help_with_an_example_and_the_common_options(tarmac: CommandLine, verb: str) -> None:
    answer = await tarmac(verb, "--help")
    assert answer.code == 0
    assert f"example:\n  tarmac {verb}" in answer.out
    assert "--json" in answer.out
    assert "--profile" in answer.out


async def test_help_names_every_verb_and_exit_code(tarmac: CommandLine) -> None:
    answer = await tarmac("--help")
    assert answer.code == 0
    assert all(f"\n    {verb} " in answer.out for verb in VERBS)
    assert all(f"\n  {code:<2} " in answer.out for code in (0, 1, 2, 3, 4, 64))
    assert "130, 143, 129 " in answer.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("fly",),
        ("export", "--frobnicate"),
        ("export",),
        ("export", "churn", "--dataset", "x", "--to", "landing"),
        ("export", "--dataset", "x", "--to", "landing", "--schedule", "every now and then"),
        ("export", "--dataset", "x", "--to", "landing", "--timeout", "soon"),
        ("export", "--dataset", "x", "--to", "landing", "--timeout", "0s"),
        ("export", "--dataset", "x", "--to", "landing", "--form", "json"),
        ("read", "churn", "--as", "excel"),
        ("emulate", "--dataset", "nopath"),
        ("emulate", "--storage", "floppy=http://127.0.0.1:1"),
        ("emulate", "--speed", "-1"),
        ("verify", "no-such-receipt.json"),
        ("profile",),
        ("demo",),
        ("demo", "--read-only", "--nonsense"),
    ],
)
async def test_a_wrong_command_line_is_refused_in_words_and_in_json(
    tarmac: CommandLine, arguments: tuple[str, ...]
) -> None:
    told = await tarmac(*arguments)
    assert told.code == 64
    assert told.err.startswith("tarmac: ")
    assert told.out == ""
    answer = await tarmac(*arguments, "--json")
    assert answer.code == 64
    assert answer.document["status"] == "refused"
    assert set(answer.document["error"]) == {"code", "message", "meaning", "next", "request_id"}
    assert answer.document["error"]["next"]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("exprt", "churn"), "`tarmac` has no verb 'exprt'", "Did you mean export? See `tarmac --help`."),
        (("--profle", "acme", "datasets"), "`tarmac` has no option --profle", "Did you mean --profile?"),
        (("datasets", "--fnd", "x"), "`tarmac datasets` has no option --fnd", "Did you mean --find?"),
        (("flow", "extend", "--endin=3d"), "`tarmac flow extend` has no option --endin", "Did you mean --ending?"),
        (("flow", "enabel", "x"), "`tarmac flow` has no action 'enabel'", "Did you mean enable?"),
        (("flow",), "`tarmac flow` alone says too little", "Add one of: enable, disable"),
        (("verify", "a", "b"), "'b' is one argument too many for `tarmac verify`", "See `tarmac verify --help`."),
        (("read", "x", "--as", "polar"), "--as: 'polar' is none of paths", "Did you mean polars?"),
        (("completion", "bsh"), "SHELL: 'bsh' is none of bash, zsh, fish", "Did you mean bash?"),
        (
            ("landing-zone", "refrsh"),
            "`tarmac landing-zone` takes refresh there, not 'refrsh'",
            "See `tarmac landing-zone",
        ),
        (("emulate", "--port", "abc"), "--port: 'abc' is not a whole number", "See `tarmac emulate --help`."),
        (("completion",), "the following arguments are required: SHELL", "See `tarmac completion --help`."),
        (("no\x1b[31mway",), "`tarmac` has no verb 'no", "There are: demo, emulate"),
    ],
)
async def test_a_slip_of_the_hand_is_named_with_what_may_have_been_meant(
    tarmac: CommandLine, arguments: tuple[str, ...], message: str, hint: str
) -> None:
    answer = await tarmac(*arguments)
    assert answer.code == 64
    assert message in answer.err
    assert hint in answer.err
    assert "\x1b" not in answer.err


def every_parser(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from every_parser(each)


def test_every_verb_and_every_action_has_an_example_that_is_a_right_command_line() -> None:
    texts = {each.prog: each.epilog or "" for each in every_parser(build_parser())}
    assert len(texts) > 30
    assert [prog for prog, text in texts.items() if prog != "tarmac" and f"example:\n  {prog}" not in text] == []
    for text in texts.values():
        for line in re.findall(r"^  (tarmac .*)", text, re.MULTILINE):
            build_parser().parse_args(shlex.split(line)[1:])


@pytest.mark.parametrize("columns", ["40", "80", "200"])
async def test_sentences_of_the_help_are_broken_to_the_width_and_examples_are_not(
    tarmac: CommandLine, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for parser in every_parser(build_parser()):
        text = parser.format_help()
        sentences = text.partition("\n\n")[2].partition("options:")[0].partition("arguments:")[0].splitlines()
        assert [line for line in sentences if len(line) > min(int(columns), 120) and "  " not in line] == []
        assert (parser.epilog or "").splitlines()[-1] in text


async def test_without_a_profile_the_way_to_one_is_said(tarmac: CommandLine) -> None:
    answer = await tarmac("datasets")
    assert answer.code == 64
    assert "tarmac profile new" in answer.err
    assert "tarmac demo" in answer.err


async def test_the_app_needs_a_terminal(tarmac: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    answer = await tarmac()
    assert answer.code == 64
    assert "export" in answer.err
    assert "datasets" in answer.err


async def test_a_profile_is_made_listed_and_left_alone(tarmac: CommandLine) -> None:
    made = await tarmac("profile", "new", "acme", "--json")
    assert made.code == 0
    assert made.document["file"] == str(tarmac.places.profile_file("acme"))
    again = await tarmac("profile", "new", "acme")
    assert again.code == 64
    assert "already a profile acme" in again.err
    listed = await tarmac("--json", "profile", "list")
    assert [each["name"] for each in listed.document["profiles"]] == ["acme"]


async def test_a_broken_profile_hides_no_other(tarmac: CommandLine) -> None:
    await tarmac("profile", "new", "acme")
    tarmac.places.profile_file("broken").write_text("[platform\n")
    listed = await tarmac("profile", "list")
    assert listed.code == 0
    assert "acme" in listed.out
    assert "broken" in listed.out


async def test_something_unexpected_gives_one_line_and_a_private_report(
    tarmac: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> AsyncIterator[object]:
        raise RuntimeError("token Bearer eyJhbGciOiJSUzI1NiJ9.abc leaked")

    monkeypatch.setattr(datasets_service, "exportable", broken)
    async with tarmac.with_emulator():
        answer = await tarmac("datasets", "--json")
    assert answer.code == 1
    assert answer.document["error"]["code"] == "crash"
    assert "RuntimeError" in answer.err
    (report,) = tarmac.places.state.glob("crash-*.txt")
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    text = report.read_text()
    assert "RuntimeError" in text
    assert "test_usage.py" in text
    assert "eyJhbGciOiJSUzI1NiJ9" not in text
