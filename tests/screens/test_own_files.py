"""The person's own themes and keys: what is wrong with them is said when it is found, all of it, and once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from support.keys import shown, wait_for
from tarmac.app import TarmacApp
from tarmac.launch import said_of_theme
from tarmac.profiles.places import Places
from tarmac.session import Session
from tarmac.themes import first_theme

GOOD = '[colors]\nprimary = "#7aa2d6"\n'
BROKEN = '[colors]\nprimary = "#12345"\n'


def themes_of(folder: Path) -> Path:
    themes = folder / "config" / "themes"
    themes.mkdir(parents=True, exist_ok=True)
    return themes


def app_with(folder: Path, wanted: str | None = None, keys: Mapping[str, str] | None = None) -> TarmacApp:
    """The app as it is started with this theme in config.toml."""
    theme, problem = first_theme(wanted, themes_of(folder))
    places = Places(folder / "config", folder / "state")
    return TarmacApp(Session(None, places=places), theme=theme, keys=keys, notices=said_of_theme(problem))


def words(screen: str) -> str:
    """The words of a screen, whatever box and line they are in."""
    return " ".join(screen.replace("│", " ").split())


async def test_a_theme_that_is_broken_while_it_is_looked_at_is_named_and_stays_on(tmp_path: Path) -> None:
    file = themes_of(tmp_path) / "mine.toml"
    file.write_text(GOOD, encoding="utf-8")
    app = app_with(tmp_path, "mine")
    async with app.run_test(size=(120, 30)) as pilot:
        await wait_for(pilot, "There is no connection profile yet")
        file.write_text(BROKEN, encoding="utf-8")
        await pilot.press("ctrl+t")
        screen = words(await wait_for(pilot, "mine stays on"))
        assert "mine.toml:2: primary is not a colour: '#12345'" in screen
        assert app.theme == "mine"
        await pilot.press("ctrl+t")  # it was said: this time it is left
        await wait_for(pilot, "theme tarmac-color-blind; to keep it: theme = ")
        file.write_text(GOOD, encoding="utf-8")
        await pilot.press("ctrl+t")
        await wait_for(pilot, "theme tarmac-dark;")
        await pilot.press("question_mark")
        await wait_for(pilot, "Help: ")
        assert "mine.toml" not in shown(pilot)  # what was mended is no notice any more
        await pilot.press("escape")
        file.write_text(BROKEN, encoding="utf-8")
        await pilot.press("ctrl+t")
        await wait_for(pilot, "tarmac-dark stays on")


async def test_wrong_keys_and_a_broken_theme_are_both_said_at_the_start(tmp_path: Path) -> None:
    (themes_of(tmp_path) / "mine.toml").write_text(BROKEN, encoding="utf-8")
    app = app_with(tmp_path, keys={"mode.rns": "r"})
    async with app.run_test(size=(100, 30)) as pilot:
        screen = words(await wait_for(pilot, "mine.toml"))
        assert "2 notices, ? lists them: keys: there is no action 'mode.rns'" in screen


async def test_the_help_lists_the_error_of_the_theme_in_use_once(tmp_path: Path) -> None:
    (themes_of(tmp_path) / "mine.toml").write_text(BROKEN, encoding="utf-8")
    app = app_with(tmp_path, "mine")
    async with app.run_test(size=(120, 40)) as pilot:
        await wait_for(pilot, "mine.toml")
        await pilot.press("ctrl+t")
        await wait_for(pilot, "theme tarmac-dusk;")
        await pilot.press("question_mark")
        screen = words(await wait_for(pilot, "Help: "))
        assert screen.count("is not a colour") == 1
        assert "'#12345'. Write a colour" in screen
