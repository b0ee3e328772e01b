"""The shell around the screens: modes, help, palette, small terminals, keys, themes, profiles, the first start."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from textual.color import Color
from textual.widget import Widget

from support.emulated import running_emulator
from support.keys import app_at, home, shown, wait_for
from tarmac.app import TarmacApp
from tarmac.keymap import all_bindings, checked
from tarmac.profiles.places import Places
from tarmac.session import Session
from tarmac.themes import load_theme, shipped_folder

NOWHERE = {"org_id": "A@AdobeOrg", "client_id": "c", "client_secret": "s", "sandbox": "prod"}


def offline_home(folder: Path) -> Places:
    """A profile whose platform nobody answers for: the shell is there all the same."""
    places = Places(folder / "config", folder / "state")
    places.profiles.mkdir(parents=True, mode=0o700)
    lines = [f'{key} = "{value}"' for key, value in NOWHERE.items()]
    address = "http://127.0.0.1:9"
    file = places.profile_file("acme")
    file.write_text("[platform]\n" + "\n".join([*lines, f'base_url = "{address}"', f'ims_url = "{address}"']))
    file.chmod(0o600)
    return places


def words(screen: str) -> str:
    """The words of a screen, whatever box and line they are in."""
    return " ".join(screen.replace("│", " ").split())


def offline_app(folder: Path, **options: object) -> TarmacApp:
    return TarmacApp(Session("acme", places=offline_home(folder)), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
async def test_number_keys_go_to_the_modes_and_esc_goes_back(tmp_path: Path, size: tuple[int, int]) -> None:
    async with offline_app(tmp_path).run_test(size=size) as pilot:
        await wait_for(pilot, "not reachable")
        for key, words in (("2", "[2 Destination]"), ("3", "[3 Review]"), ("4", "[4 Runs]"), ("5", "[5 Flows]")):
            await pilot.press(key)
            screen = await wait_for(pilot, words)
            assert "? help" in screen.splitlines()[-1]
        await pilot.press("escape")
        await wait_for(pilot, "[4 Runs]")


async def test_an_unreachable_platform_says_what_and_how_to_go_on(tmp_path: Path) -> None:
    async with offline_app(tmp_path).run_test(size=(80, 24)) as pilot:
        screen = await wait_for(pilot, "r: read again")
        assert "127.0.0.1" in screen
        assert "not reachable" in screen.splitlines()[0]


async def test_help_is_made_from_the_keys_that_work_here(tmp_path: Path) -> None:
    async with offline_app(tmp_path).run_test(size=(100, 60)) as pilot:
        await wait_for(pilot, "not reachable")
        await pilot.press("question_mark")
        screen = await wait_for(pilot, "Help: Datasets")
        for words in ("datasets.find", "table.page_down", "app.quit", "mode.runs", "Every dataset of the sandbox"):
            assert words in screen
        await pilot.press("escape")
        await wait_for(pilot, lambda text: "Help: Datasets" not in text)


async def test_only_keys_that_work_are_on_the_key_line(tmp_path: Path) -> None:
    """While a text is typed `?` and `/` are text, and a box above a screen has the keys of the screen."""
    async with offline_app(tmp_path).run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, "not reachable")
        assert "/ find" in shown(pilot).splitlines()[-1]
        await pilot.press("slash")
        assert "f1 help" in await wait_for(pilot, "keep what was found")
        assert "/ find" not in shown(pilot)
        await pilot.press("f1")
        screen = await wait_for(pilot, "Help: Datasets")
        assert "keep what was found" not in screen.splitlines()[-1]
        await pilot.press("escape")
        await wait_for(pilot, "keep what was found")
        await pilot.press("escape", "p", "n")
        await wait_for(pilot, "New connection profile")
        await pilot.press("ctrl+g")
        assert "help" not in (await wait_for(pilot, "goes to its field")).splitlines()[-1]


async def test_a_box_steps_aside_too_and_keeps_the_keys(tmp_path: Path) -> None:
    async with offline_app(tmp_path).run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, "not reachable")
        await pilot.press("ctrl+p", *"mode ru")
        await wait_for(pilot, "mode: Runs")
        await pilot.resize_terminal(60, 20)
        assert "mode: Runs" not in await wait_for(pilot, "This terminal has 60×20")
        await pilot.resize_terminal(80, 24)
        await wait_for(pilot, "mode: Runs")
        await pilot.press("enter")
        await wait_for(pilot, "[4 Runs]")


async def test_the_palette_does_what_is_chosen(tmp_path: Path) -> None:
    async with offline_app(tmp_path).run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, "not reachable")
        await pilot.press("ctrl+p")
        await wait_for(pilot, "Actions")
        await pilot.press(*"mode runs", "enter")
        await wait_for(pilot, "[4 Runs]")
        await pilot.press("ctrl+p")
        await wait_for(pilot, "Actions")
        await pilot.press(*"light", "enter")
        await wait_for(pilot, "theme tarmac-light")
        assert pilot.app.theme == "tarmac-light"


async def test_ctrl_t_goes_through_all_themes(tmp_path: Path) -> None:
    async with offline_app(tmp_path).run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, "not reachable")
        seen = []
        shipped = sorted(file.stem for file in shipped_folder().glob("*.toml"))
        for _ in shipped:
            await pilot.press("ctrl+t")
            await wait_for(pilot, f"theme {pilot.app.theme};")
            await wait_for(pilot, lambda _: pilot.app.theme not in seen)
            seen.append(pilot.app.theme)
        assert sorted(seen) == shipped


async def test_a_bad_theme_of_ones_own_is_named_and_the_app_goes_on(tmp_path: Path) -> None:
    app = offline_app(tmp_path)
    assert app.session.places is not None
    folder = app.session.places.config / "themes"
    folder.mkdir()
    (folder / "mine.toml").write_text('[colors]\nprimary = "#12345"\n', encoding="utf-8")
    async with app.run_test(size=(110, 24)) as pilot:
        await wait_for(pilot, "not reachable")
        await pilot.press("question_mark")
        screen = await wait_for(pilot, "mine.toml:2")
        assert "primary is not a colour: '#12345'" in words(screen)


async def test_a_terminal_too_small_says_so_and_recovers(tmp_path: Path) -> None:
    async with offline_app(tmp_path).run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, "not reachable")
        await pilot.resize_terminal(60, 20)
        screen = await wait_for(pilot, "This terminal has 60×20")
        assert "NAME" not in screen
        await pilot.resize_terminal(1, 1)
        await pilot.pause()
        await pilot.resize_terminal(80, 24)
        assert "NAME" in await wait_for(pilot, lambda text: "tarmac needs" not in text)


async def test_remapped_keys_work_are_shown_and_the_old_ones_do_not(tmp_path: Path) -> None:
    async with offline_app(tmp_path, keys={"mode.runs": "alt+r", "datasets.find": "f"}).run_test(
        size=(80, 24)
    ) as pilot:
        await wait_for(pilot, "f find")
        await pilot.press("4")
        await pilot.pause()
        assert "[1 Datasets]" in shown(pilot)
        await pilot.press("alt+r")
        await wait_for(pilot, "[4 Runs]")


async def test_wrong_keys_in_the_configuration_are_said(tmp_path: Path) -> None:
    keys = {"mode.rns": "r", "app.help": "notakey", "datasets.sort": "i"}
    async with offline_app(tmp_path, keys=keys).run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, "s sort")
        await pilot.press("question_mark")
        screen = words(await wait_for(pilot, "keys:"))
        assert "there is no action 'mode.rns'" in screen
        assert "'notakey' is no key" in screen
        assert "i is both datasets.detail and datasets.sort" in screen
        assert "s sort" in screen


def test_the_bindings_as_shipped_do_not_clash() -> None:
    bindings = all_bindings()
    everything = {binding.id: binding.key for _, binding in bindings if binding.id}
    assert len(everything) > 40
    by_place: dict[tuple[str, str], set[str]] = {}
    for place, binding in bindings:
        by_place.setdefault((place, binding.key), set()).add(binding.id or "")
    assert {pair: ids for pair, ids in by_place.items() if len(ids) > 1} == {}


def test_a_key_map_without_trouble_is_taken_whole() -> None:
    wanted = {"app.help": "f1,question_mark", "table.up": "up", "mode.runs": "alt+4"}
    assert checked(wanted, all_bindings()).problems == ()
    assert dict(checked(wanted, all_bindings()).keys) == wanted


@pytest.mark.parametrize("file", sorted(shipped_folder().glob("*.toml")), ids=lambda file: file.stem)
def test_shipped_themes_are_right_and_their_texts_can_be_read(file: Path) -> None:
    theme = load_theme(file)
    assert theme.name == file.stem
    if theme.ansi:
        return
    ground = Color.parse(theme.background or "")
    wanted = 7.0 if "high-contrast" in theme.name else 4.5
    texts = [theme.foreground, theme.accent, theme.success, theme.warning, theme.error, theme.variables["text-muted"]]
    assert [text for text in texts if contrast(Color.parse(text or ""), ground) < wanted] == []


def contrast(first: Color, second: Color) -> float:
    """The contrast ratio of WCAG 2."""

    def light(color: Color) -> float:
        parts = [
            float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
            for part in (channel / 255 for channel in color.rgb)
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = max(light(first), light(second)), min(light(first), light(second))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
async def test_the_first_start_offers_a_demo_and_a_new_profile(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    places = Places(tmp_path / "config", tmp_path / "state")
    monkeypatch.setenv("AEP_SECRET", "s3cr3t")
    async with TarmacApp(Session(None, places=places)).run_test(size=size) as pilot:
        screen = await wait_for(pilot, "There is no connection profile yet")
        assert "Try the local demo" in screen
        await pilot.press("2")
        await pilot.pause()
        assert "There is no connection profile yet" in shown(pilot)
        await pilot.press("down", "enter")
        await wait_for(pilot, "Secret is in")
        await pilot.press(*"acme", "enter", *"0123456789ABCDEF01234567@AdobeOrg", "enter", *"aabb", "enter")
        await pilot.press("enter", *"AEP_SECRET", "enter", "ctrl+s")
        await wait_for(pilot, "Profile written")
        file = places.profile_file("acme")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert 'client_secret = { env = "AEP_SECRET" }' in file.read_text(encoding="utf-8")
        assert "prod @ acme" in shown(pilot)


async def test_profiles_are_listed_switched_and_broken_ones_explained(tmp_path: Path) -> None:
    async with running_emulator() as emulated:
        places = home(emulated, tmp_path)
        good = places.profile_file("local").read_text(encoding="utf-8")
        for name, text in (("broken", "[platform]\nsandbox = 3\n"), ("second", good)):
            places.profile_file(name).write_text(text, encoding="utf-8")
            places.profile_file(name).chmod(0o600)
        async with app_at(places).run_test(size=(80, 24)) as pilot:
            await wait_for(pilot, "● signed in")
            await pilot.press("p")
            screen = await wait_for(pilot, "● in use")
            assert "✘ cannot be read" in screen
            await pilot.press("home", "enter")
            assert "cannot be used" in await wait_for(pilot, "broken.toml")
            await pilot.press("G", "enter")
            await wait_for(pilot, "ml-dev @ second")
            await wait_for(pilot, "datasets can be exported")


async def test_the_editor_is_opened_on_the_file_and_the_file_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_emulator() as emulated:
        places = home(emulated, tmp_path)
        editor = tmp_path / "editor"
        editor.write_text('#!/bin/sh\necho "[platform" > "$1"\n', encoding="utf-8")
        editor.chmod(0o700)
        monkeypatch.setenv("VISUAL", str(editor))
        async with app_at(places).run_test(size=(120, 36)) as pilot:
            await wait_for(pilot, "● signed in")
            await pilot.press("p")
            await wait_for(pilot, "● in use")
            await pilot.press("e")
            screen = await wait_for(pilot, "cannot be given to an editor")
            assert os.fspath(places.profile_file("local")) in "".join(screen.split("\n "))


async def test_the_place_is_kept_and_found_again(tmp_path: Path) -> None:
    async with running_emulator(synthetic_datasets=30) as emulated:
        places = home(emulated, tmp_path)
        async with app_at(places).run_test(size=(80, 24)) as pilot:
            await wait_for(pilot, "33 datasets")
            await pilot.press("/", *"churn", "enter", "down", "down")
            await wait_for(pilot, "3/4")
            await pilot.press("q")
        from tarmac.services.setup.local_files import read_session

        state = read_session(places)
        assert (state.profile, state.mode, state.filter) == ("local", "datasets", "churn")
        app = TarmacApp(Session("local", places=places), resume=(state.mode, state.filter, state.row))
        async with app.run_test(size=(80, 24)) as pilot:
            await wait_for(pilot, "4 of 33 datasets")
            await wait_for(pilot, "3/4")


async def test_switching_modes_and_boxes_leaves_no_widgets_behind(tmp_path: Path) -> None:
    async with offline_app(tmp_path).run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, "not reachable")

        async def once() -> int:
            for key in ("2", "3", "4", "5", "p", "1"):
                await pilot.press(key)
            await pilot.press("question_mark", "escape", "ctrl+p", "escape", "/", "x", "escape", "i", "i")
            await pilot.pause()
            stacks = pilot.app._screen_stacks.values()
            return sum(len(list(screen.walk_children(Widget))) for stack in stacks for screen in stack)

        first = await once()
        for _ in range(4):
            last = await once()
        assert last == first


async def test_a_box_cuts_no_word_of_what_is_behind_it(tmp_path: Path) -> None:
    async with offline_app(tmp_path).run_test(size=(150, 40)) as pilot:
        behind = (await wait_for(pilot, "not reachable")).splitlines()
        await pilot.press("question_mark")
        front = (await wait_for(pilot, "Help: Datasets")).splitlines()
        assert all(
            line.startswith(("│", "┌", "└")) for line, was in zip(front[:-1], behind, strict=False) if line != was
        )
