"""What stands after a plan, as it looks: its boxes, runs that wait, fail and disagree, and flows being changed."""

from __future__ import annotations

from pathlib import Path

from support.album import EVERY, Album, OpenAlbum
from support.emulated import running_emulator
from support.keys import home, wait_for

# Asked once, and not again while it is looked at.
SELDOM = {"probe": "1h", "poll": "300ms"}


async def to_the_review(made: Album) -> None:
    """Choose the first dataset and the profile's first destination."""
    await wait_for(made.pilot, "loyalty_profiles")
    await made.press("enter")
    await wait_for(made.pilot, "Google Cloud Storage")
    await made.press("enter")
    await wait_for(made.pilot, "files in  ml/churn")
    await made.press("ctrl+s")
    await wait_for(made.pilot, "> ad-hoc run")


@EVERY
async def test_what_the_review_asks(folder: Path, open_album: OpenAlbum) -> None:
    labels = {"training_set_churn": ("C2", "S1")}
    async with (
        running_emulator(labels=labels) as emulated,
        open_album(home(emulated, folder), "local") as made,
    ):
        await to_the_review(made)
        await made.press("Y")
        await made.take("review-copy-as", "Python")
        await made.press("escape", "s")
        await made.take("review-save", "Save the export as")
        await made.press(*"/..", "enter")
        await made.take("review-save-wrong", "! a name has")
        await made.press("escape", "a")
        await made.take("review-confirm", "Type C2,S1")
        await made.press("C", "2", "enter")
        await made.take("review-confirm-wrong", "! type C2,S1")


@EVERY
async def test_a_run_that_waits(folder: Path, open_album: OpenAlbum) -> None:
    async with (
        running_emulator(ready_after=600.0, speed=0.0) as emulated,
        open_album(home(emulated, folder, timing=SELDOM), "local") as made,
    ):
        await to_the_review(made)
        await made.press("a")
        await made.take("runs-waiting", "asked once")
        await made.press("enter")
        await made.take("runs-waiting-details", "esc close")
        await made.press("escape", "x")
        await made.take("runs-stop", "Stop waiting for")
        await made.press("y")
        await made.take("runs-cancelled", "go on with it")


@EVERY
async def test_runs_that_fail_and_disagree(folder: Path, open_album: OpenAlbum) -> None:
    async with (
        running_emulator(queue_seconds=1.0, speed=20.0) as emulated,
        open_album(home(emulated, folder), "local") as made,
    ):
        emulated.add_faults(run=[{"code": "ACTIVATION_BATCH-0000-FAILED", "message": "Job aborted."}])
        await to_the_review(made)
        await made.press("a")
        await made.take("runs-failed", "What it means")
        await made.press("enter")
        await made.take("runs-failed-details", "esc close")
        await made.press("escape", "o")
        await made.take("runs-raw", '"flowId"')
        await made.press("escape")
        emulated.clear_faults()
        emulated.add_faults(run=[{"row_offset": -3}])
        await made.press("t")
        await made.take("runs-mismatch", "✘ mismatch")
        await made.press("enter")
        await made.take("landed-mismatch", "deleted in")


@EVERY
async def test_what_landed(folder: Path, open_album: OpenAlbum) -> None:
    async with (
        running_emulator(queue_seconds=1.0, speed=20.0) as emulated,
        open_album(home(emulated, folder), "local") as made,
    ):
        await to_the_review(made)
        await made.press("a")
        await wait_for(made.pilot, "✔ rows match")
        await made.press("enter")
        await wait_for(made.pilot, "deleted in")
        await made.press("p")
        await made.take("landed-first-rows", "Schema and first row")
        await made.press("escape", "c")
        await made.take("landed-copy", "Copy to a folder")
        await made.press("escape", "right", "right", "right", "right")
        await made.take("landed-code", "import polars")


@EVERY
async def test_flows_being_changed(folder: Path, size: tuple[int, int], open_album: OpenAlbum) -> None:
    async with (
        running_emulator(sample_flows=6) as emulated,
        open_album(home(emulated, folder), "local") as made,
    ):
        await wait_for(made.pilot, "loyalty_profiles")
        await made.press("5")
        await wait_for(made.pilot, "6 dataset flows")
        await made.press("enter")
        await made.take("flow-details", "esc close")
        await made.press("escape", "t")
        await made.take("flow-schedule", "New schedule")
        await made.press(*"5m", "enter")
        await made.take("flow-schedule-wrong", "is no schedule")
        await made.press("escape", "x", "enter")
        await made.take("flow-plan", "Extend 1 flow?")
        await made.press("escape", "space", "space", "d")
        await made.take("flows-plan", "Disable 2 flows?")
        await made.press("y")
        await made.take("flows-changed", "all 2 done")
        await made.press("escape")
        await wait_for(made.pilot, lambda text: text.count("disabled") == 3)
        await made.press("D")
        await made.take("flows-delete", "Type delete")
        await made.press("escape", "n")
        await made.take("orphans", "Connections that no flow uses")
        await made.press("a", "D")
        await made.take("orphans-delete", "Type delete")
        if size == (80, 24):
            await made.press("pagedown")
            await made.take("orphans-delete-end", "10-23/23")
