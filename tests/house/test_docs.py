"""README and docs say what is so: links lead somewhere, command lines are taken, TOML is read, the error page is the atlas."""

from __future__ import annotations

import importlib
import re
import shlex
import tomllib
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from tarmac.cli import build_parser
from tarmac.emulator.faults import FaultDocument, RequestFault, RunFault
from tarmac.emulator.strictness import choices
from tarmac.keymap import all_bindings, checked
from tarmac.platform.atlas import BY_CODE
from tarmac.profiles.config_store import load_config
from tarmac.profiles.models import Config, Notify, Timing
from tarmac.profiles.places import Places
from tarmac.profiles.profile_store import ProfileStore
from tarmac.terms.errors import UsageError
from tarmac.themes import load_theme, load_themes

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
PLATFORM = """\
[platform]
org_id = "0123456789ABCDEF01234567@AdobeOrg"
client_id = "aabbccdd"
client_secret = { env = "AEP_SECRET" }
sandbox = "ml-dev"
"""
# Options of pip, uv and of a training script.
OF_OTHERS = {"--upgrade", "--group", "--compile-bytecode", "--data"}
names = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def blocks(page: Path, *languages: str) -> Iterator[str]:
    """Yield the fenced blocks of these languages."""
    for found in re.finditer(r"^```(\w+)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        if found[1] in languages:
            yield found[2]


def commands(page: Path) -> Iterator[str]:
    """Yield what stands behind `$ tarmac` on a page, without its comment."""
    for block in blocks(page, "console"):
        for line in block.splitlines():
            for piece in re.split(r"\s{2,}(?=\$ )", line):
                if piece.startswith("$ tarmac"):
                    yield re.sub(r"\s#.*", "", piece[2:])


def parsers(parser: ArgumentParser, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], ArgumentParser]]:
    """Yield the parser of every verb and action by its words."""
    yield path, parser
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for name, child in action.choices.items():
                yield from parsers(child, (*path, name))


PARSERS = dict(parsers(build_parser()))


def options_of(parser: ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}


@names
def test_links_and_pictures_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [found for found in re.findall(r"\]\(([^)]+)\)", text) if "://" not in found]
    assert [target for target in targets if not (page.parent / target.partition("#")[0]).exists()] == []


@names
def test_every_command_is_one(page: Path) -> None:
    wrong = []
    for command in commands(page):
        try:
            build_parser().parse_args(shlex.split(command)[1:])
        except (UsageError, SystemExit) as error:
            wrong.append(f"{command}: {error}")
    assert wrong == []


@names
def test_options_and_commands_in_the_text_are_there_too(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    known = {option for parser in PARSERS.values() for option in options_of(parser)}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) - known <= OF_OTHERS
    wrong = []
    for command in re.findall(r"`tarmac ([^`]+)`", text):
        words = command.split()
        path: tuple[str, ...] = ()
        while words and (*path, words[0]) in PARSERS:
            path = (*path, words.pop(0))
        given = {word.partition("=")[0] for word in words if word.startswith("--")}
        is_verb = bool(path) or words[0].startswith("--")
        if not is_verb or not given <= options_of(PARSERS[path]):
            wrong.append(command)
    assert wrong == []


def test_the_pages_hold_commands_and_profiles_at_all() -> None:
    assert sum(len(list(commands(page))) for page in PAGES) > 30
    assert len(list(blocks(ROOT / "docs" / "destinations.md", "toml"))) == 1


@names
def test_destinations_are_read_as_they_stand(page: Path, tmp_path: Path) -> None:
    for block in blocks(page, "toml"):
        if "[destinations." not in block:
            continue
        places = Places(tmp_path / "config", tmp_path / "state")
        places.profiles.mkdir(parents=True, mode=0o700, exist_ok=True)
        file = places.profile_file("acme")
        file.write_text(block if "[platform]" in block else PLATFORM + block, encoding="utf-8")
        file.chmod(0o600)
        profile = ProfileStore(places).load("acme")
        assert len(profile.destinations) == block.count("kind =")


def test_the_example_theme_loads_and_the_table_names_every_theme(tmp_path: Path) -> None:
    page = ROOT / "docs" / "themes-and-keys.md"
    [example] = [block for block in blocks(page, "toml") if "[colors]" in block]
    file = tmp_path / "dusk.toml"
    file.write_text(example, encoding="utf-8")
    assert load_theme(file).name == "dusk"
    named = set(re.findall(r"`(tarmac-[a-z-]+)`", page.read_text(encoding="utf-8")))
    assert named == set(load_themes().usable)


def test_the_example_keys_can_be_used() -> None:
    importlib.import_module("tarmac.app")  # its keys count, too
    [example] = [block for block in blocks(ROOT / "docs" / "themes-and-keys.md", "toml") if "[keys]" in block]
    keys = tomllib.loads(example)["keys"]
    assert checked(keys, all_bindings()).problems == ()


def test_the_settings_of_notices_and_times_are_on_their_pages_with_their_defaults(tmp_path: Path) -> None:
    [example] = [block for block in blocks(ROOT / "docs" / "themes-and-keys.md", "toml") if "[timing]" in block]
    file = tmp_path / "config.toml"
    file.write_text(example, encoding="utf-8")
    assert load_config(file) == Config()
    [hooks] = [block for block in blocks(ROOT / "docs" / "automation.md", "toml") if "[notify]" in block]
    written, called = tomllib.loads(example), tomllib.loads(hooks)
    assert set(written["timing"]) == {each.name for each in fields(Timing)}
    assert {*written["notify"], *called["notify"]} == {each.name for each in fields(Notify)}


def test_the_example_faults_are_read() -> None:
    [example] = [block for block in blocks(ROOT / "docs" / "emulator.md", "toml") if "[[request]]" in block]
    assert len(FaultDocument.parse(tomllib.loads(example)).request) == 1


def test_the_emulators_page_has_every_reading_and_its_values() -> None:
    text = (ROOT / "docs" / "emulator.md").read_text(encoding="utf-8")
    for name, values in choices().items():
        assert f"| `{name}` | {', '.join(values)} |" in text


def test_the_error_page_is_the_atlas() -> None:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    rows = [f"| `{code}` | {each.meaning} | {each.next_step} |" for code, each in sorted(BY_CODE.items())]
    assert [row for row in rows if row not in text] == [], "run python tests/pictures/errors_page.py"
    assert text.count("\n| `") == len(rows)


def test_every_screen_has_its_picture_and_they_are_small() -> None:
    pictures = list((ROOT / "docs" / "pictures").iterdir())
    shown = {picture.stem for picture in pictures}
    assert {"datasets", "destination", "review", "runs", "landed", "flows", "profiles", "help", "palette"} <= shown
    assert sum(picture.stat().st_size for picture in pictures) < 1_500_000


@pytest.mark.parametrize(
    ("table", "kind"), [("top level", FaultDocument), ("`[[request]]`", RequestFault), ("`[[run]]`", RunFault)]
)
def test_every_key_of_a_fault_is_on_its_page(table: str, kind: type[FaultDocument | RequestFault | RunFault]) -> None:
    text = (ROOT / "docs" / "emulator.md").read_text(encoding="utf-8")
    rows = re.search(rf"^\| {re.escape(table)} \|.*\n\|---.*\n((?:\| .*\n)+)", text, re.MULTILINE)
    assert rows is not None
    assert re.findall(r"^\| `(\w+)` \|", rows[1], re.MULTILINE) == [each.name for each in fields(kind)]


def test_a_wrong_fault_names_the_page_with_the_right_ones() -> None:
    with pytest.raises(UsageError) as caught:
        FaultDocument.parse({"run": [{"kode": "x"}]})
    page = re.search(r"docs/\S+\.md", caught.value.next_step)
    assert page is not None
    assert "## Faults" in (ROOT / page[0]).read_text(encoding="utf-8")
