"""Saving the export under review: under a name, which may be another one's already, and for a destination of the profile."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from support.keys import started, to_review, wait_for
from tarmac.profiles.places import Places

EXPORT = "training_set_churn-data-landing-zone"
OTHER = """\
# kept in git
dataset = "66c0ffee0000000000000009"
destination = "landing"
format = "json"
compression = "gzip"
path = "ml/other"
schedule = { kind = "once" }
"""


def saved(folder: Path, text: str, name: str = "churn") -> Path:
    """Let an export be saved with this text."""
    file = Places(folder / "config", folder / "state").export_file("local", name)
    file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file


async def save_as(pilot: Pilot[int], name: str) -> None:
    """Type a name for the export under review."""
    await pilot.press("s")
    await wait_for(pilot, "Save the export as")
    await pilot.press("ctrl+u", *name, "enter")


async def test_an_export_is_saved_under_a_name_and_planned_as_that(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        await to_review(pilot)
        await pilot.press("s")
        await wait_for(pilot, "Save the export as")
        await pilot.press("home", *["delete"] * 40, *"../up", "enter")
        await wait_for(pilot, "! a name has 1 to 64")
        await pilot.press("home", *["delete"] * 10, *"churn", "enter")
        await wait_for(pilot, "tarmac export churn --profile local")
    assert (tmp_path / "config" / "exports" / "local" / "churn.toml").is_file()


async def test_another_saved_export_is_replaced_after_a_yes_only(tmp_path: Path) -> None:
    async with started(tmp_path) as (emulated, pilot):
        file = saved(tmp_path, OTHER)
        await to_review(pilot)
        await save_as(pilot, "churn")
        screen = " ".join((await wait_for(pilot, "Replace the saved export churn?")).replace("│", " ").split())
        assert '~ format "json" → "parquet"' in screen
        assert '~ path "ml/other" → not set' in screen
        assert '~ schedule { kind = "once" } → { kind = "ad-hoc" }' in screen
        assert "y yes" in screen
        for no in ("escape", "n"):
            await pilot.press(no)
            await wait_for(pilot, "Not saved: the export churn is as it was.")
            assert file.read_text() == OTHER
            await save_as(pilot, "churn")
            await wait_for(pilot, "Replace the saved export churn?")
        await pilot.press("y")
        await wait_for(pilot, "tarmac export churn --profile local")
        assert emulated.dataset_id(0) in file.read_text()
        assert not emulated.requests("POST", "*/flowservice/*")


async def test_a_saved_export_that_cannot_be_read_is_not_replaced_in_silence(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        file = saved(tmp_path, "dataset = \n")
        await to_review(pilot)
        await save_as(pilot, "churn")
        screen = await wait_for(pilot, "Replace the saved export churn?")
        assert "cannot be read" in screen
        await pilot.press("escape")
        await wait_for(pilot, "Not saved")
    assert file.read_text() == "dataset = \n"


async def test_the_same_wish_is_saved_again_without_a_question_and_its_file_stays(tmp_path: Path) -> None:
    async with started(tmp_path) as (emulated, pilot):
        await to_review(pilot)
        await save_as(pilot, "churn")
        await wait_for(pilot, "tarmac export churn --profile local")
        file = Places(tmp_path / "config", tmp_path / "state").export_file("local", "churn")
        by_name = "# kept in git\n" + file.read_text().replace(emulated.dataset_id(0), "training_set_churn")
        file.write_text(by_name)
        await save_as(pilot, "churn")
        await wait_for(pilot, "Saved as")
    assert file.read_text() == by_name


async def test_a_typed_destination_takes_no_name_of_the_profile_and_no_export_is_saved_for_it(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        await pilot.press("enter")
        await wait_for(pilot, "Google Cloud Storage")
        await pilot.press(*["down"] * 4, "enter")
        await wait_for(pilot, "Destination name")
        await pilot.press(*["backspace"] * 20, *"landing", "down", *"ml/typed", "ctrl+s")
        await wait_for(pilot, "The profile has a destination landing already")
        await pilot.press(*["backspace"] * 7, *"zone", "ctrl+s")
        await wait_for(pilot, "ml/typed · PARQUET")
        await pilot.press("s")
        await wait_for(pilot, lambda text: "Save the export as" in text and EXPORT in text)
        await pilot.press("enter")
        await wait_for(pilot, "The profile has no destination zone yet")
    assert not Places(tmp_path / "config", tmp_path / "state").export_file("local", EXPORT).is_file()
