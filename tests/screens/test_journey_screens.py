"""Destination, Review, Runs and Flows against the emulator: what they say when something is in the way."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from support.keys import shown, started, to_review, wait_for

S3_WITHOUT_ITS_SECRET: dict[str, dict[str, object]] = {
    "lake": {
        "kind": "amazon-s3",
        "bucket": "acme-ml",
        "path": "features",
        "credentials": {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": {"env": "TARMAC_TEST_NOT_SET"}},
    }
}


async def test_a_blocker_keeps_the_plan_from_being_applied(tmp_path: Path) -> None:
    async with started(tmp_path, destinations=S3_WITHOUT_ITS_SECRET) as (emulated, pilot):
        screen = await to_review(pilot, "✘ Cannot be applied")
        assert "TARMAC_TEST_NOT_SET" in screen
        await pilot.press("a")
        await wait_for(pilot, lambda text: text.count("Cannot be applied") == 2)
        assert not emulated.requests("POST", "*/flowservice/*")


async def test_read_only_shows_the_plan_and_applies_nothing(tmp_path: Path) -> None:
    async with started(tmp_path, read_only=True) as (emulated, pilot):
        await to_review(pilot, "! Read-only")
        await pilot.press("a")
        await wait_for(pilot, "nothing can be applied")
        assert not emulated.requests("POST", "*/flowservice/*")


async def test_a_plan_that_cannot_be_made_says_why_and_is_made_again(tmp_path: Path) -> None:
    async with started(tmp_path) as (emulated, pilot):
        emulated.add_faults(request=[{"path": "*/flowservice/flows", "status": 403, "times": 0, "body": "no"}])
        screen = await to_review(pilot, "ctrl+r plans again")
        assert "✘" in screen
        assert "Next: " in screen
        emulated.clear_faults()
        await pilot.press("ctrl+r")
        await wait_for(pilot, "> ad-hoc run")


async def test_the_exact_requests_are_shown_without_the_token(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        await to_review(pilot)
        await pilot.press("r")
        screen = await wait_for(pilot, "POST /data/foundation/flowservice/sourceConnections")
        assert "Bearer ey" not in screen
        await pilot.press("escape")
        await wait_for(pilot, "> ad-hoc run")


async def test_a_failed_run_says_what_it_means_and_is_triggered_again(tmp_path: Path) -> None:
    async with started(tmp_path) as (emulated, pilot):
        emulated.add_faults(run=[{"code": "ACTIVATION_BATCH-0000-FAILED", "message": "Job aborted."}])
        await to_review(pilot)
        await pilot.press("a")
        screen = await wait_for(pilot, "FAILED")
        for words in ("ACTIVATION_BATCH-0000-FAILED", "Job aborted.", "What it means:", "Next:", "[t]", "[c]", "[o]"):
            assert words in screen
        await pilot.press("c")
        await wait_for(pilot, "The base connection ")
        await pilot.press("o")
        await wait_for(pilot, '"providerRefId"')
        await pilot.press("escape", "t")
        await wait_for(pilot, "✔ rows match")
        assert len(emulated.requests("POST", "*/flows")) == 1


async def test_cancelling_asks_and_stops_our_waiting_only(tmp_path: Path) -> None:
    async with started(tmp_path) as (emulated, pilot):
        emulated.add_faults(never_ready=True)
        await to_review(pilot)
        await pilot.press("a")
        await wait_for(pilot, "waiting: not ready")
        await pilot.press("x")
        await wait_for(pilot, "Only tarmac stops")
        await pilot.press("n")
        await wait_for(pilot, "waiting: not ready")
        await pilot.press("x", "y")
        await wait_for(pilot, "cancelled here")
        assert not emulated.requests("DELETE", "*")
        assert not emulated.requests("POST", "*/action*")


async def test_a_secret_typed_by_mistake_is_not_shown(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        await pilot.press("enter")
        await wait_for(pilot, "Google Cloud Storage")
        await pilot.press("down", "enter")
        await wait_for(pilot, "Secret access key")
        # name, bucket, folder, base connection, sign in with, access key ID, secret access key
        await pilot.press(*["down"] * 6, *"hunter2")
        await wait_for(pilot, "Secret access key is kept elsewhere")
        assert "hunter2" not in shown(pilot)
        await pilot.press(*["backspace"] * 7, *"env:S3_KEY")
        await wait_for(pilot, "env:S3_KEY")


async def test_a_number_changes_no_field_that_was_filled_in_for_the_person(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        await pilot.press("enter")
        await wait_for(pilot, "Google Cloud Storage")
        await pilot.press("enter")
        assert "1 Datasets [2 Destination] 3 Review" in await wait_for(pilot, "files in  ml/churn")
        await pilot.press("3")
        await wait_for(pilot, "[3 Review]")
        await pilot.press("2")
        assert "files in  ml/churn/" in await wait_for(pilot, "[2 Destination]")
        await pilot.press("shift+tab")
        screen = await wait_for(pilot, lambda text: "1 Datasets" not in text)
        assert "Datasets [2 Destination]   Review   Runs   Flows" in screen
        await pilot.press("ctrl+p", *"mode: flows", "enter")
        await wait_for(pilot, "[5 Flows]")


async def test_a_missing_dataset_is_said_before_what_follows_from_it(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        await pilot.press("2")
        await wait_for(pilot, "no dataset chosen yet: press 1")
        await pilot.press("enter", "ctrl+s")
        screen = await wait_for(pilot, "No dataset is chosen: esc, then 1")
        assert "Give an export a name" not in screen
        await pilot.press("escape", "1")
        await wait_for(pilot, "[1 Datasets]")


async def test_what_was_typed_is_there_again_when_a_form_is_opened_again(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        await pilot.press("enter")
        await wait_for(pilot, "Google Cloud Storage")
        await pilot.press("down", "enter")
        await wait_for(pilot, "make a new one")
        assert "reading…" not in shown(pilot)
        # name, bucket, folder, base connection, sign in with, access key ID, secret access key
        await pilot.press("down", *"acme-ml", "down", *"features", *["down"] * 4, *"env:S3_KEY")
        await wait_for(pilot, "env:S3_KEY")
        await pilot.press("escape")
        await wait_for(pilot, "CONN. SPEC")
        await pilot.press("enter")
        screen = await wait_for(pilot, "env:S3_KEY")
        assert "acme-ml" in screen
        assert "files in  acme-ml/features/" in screen
        await pilot.press(*["down"] * 6, *["backspace"] * 10, *"hunter2", "escape")
        await wait_for(pilot, "CONN. SPEC")
        assert "hunter2" not in str(pilot.app.session.drafts)  # type: ignore[attr-defined]  # the app is tarmac's
        await pilot.press("enter")
        await wait_for(pilot, "acme-ml/features/")
        await pilot.press("ctrl+s")
        await wait_for(pilot, "! Access key ID")


@pytest.mark.parametrize("size", [(80, 24), (120, 34)], ids=["80x24", "120x34"])
async def test_a_form_says_which_of_its_fields_are_out_of_view(tmp_path: Path, size: tuple[int, int]) -> None:
    async with started(tmp_path) as (_, pilot):
        await pilot.resize_terminal(*size)
        await pilot.press("enter")
        await wait_for(pilot, "Google Cloud Storage")
        await pilot.press("down", "enter")
        await wait_for(pilot, "make a new one")
        screen = await wait_for(pilot, "Export name")
        assert "more field" not in screen
        assert ("CONN. SPEC" in screen) == (size == (120, 34))
        await pilot.press("ctrl+s")
        screen = await wait_for(pilot, lambda text: "! Secret access key" in text and "CONN. SPEC" not in text)
        assert ("Export name" in screen) != ("1 more field below" in screen)
        await pilot.press(*["down"] * 9)
        screen = await wait_for(pilot, "Export name")
        assert ("Destination name" in screen) != ("more fields above" in screen)


async def test_a_draft_gives_another_dataset_its_own_name(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        await pilot.press("enter")
        await wait_for(pilot, "Google Cloud Storage")
        await pilot.press("enter", "up", "up", *["down"] * 5, "end", *"-x")
        await wait_for(pilot, "training_set_churn-landing-x")
        await pilot.press("escape", "1", "down", "enter")
        await wait_for(pilot, "for web_events")
        await pilot.press("enter")
        assert "landing-x" not in await wait_for(pilot, "web_events-landing")


async def test_a_new_profile_that_was_left_is_gone_on_with(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        await pilot.press("p")
        await wait_for(pilot, "ORGANIZATION")
        await pilot.press("n")
        await wait_for(pilot, "New connection profile")
        await pilot.press(*"acme", "down", *"0A@AdobeOrg", "escape")
        await wait_for(pilot, "ORGANIZATION")
        await pilot.press("n")
        assert "acme" in await wait_for(pilot, "0A@AdobeOrg")


async def test_a_new_destination_is_reviewed_and_can_be_edited_again(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        await pilot.press("enter")
        await wait_for(pilot, "Google Cloud Storage")
        await pilot.press(*["down"] * 4, "enter")
        await wait_for(pilot, "Destination name")
        await pilot.press("down", *"ml/typed", "ctrl+s")
        await wait_for(pilot, "ml/typed · PARQUET")
        await pilot.press("e")
        await wait_for(pilot, "Destination name")
        await pilot.press("end", *"/again", "ctrl+s")
        await wait_for(pilot, "ml/typed/again · PARQUET")
        await pilot.press("2", "escape")
        await wait_for(pilot, "typed: data-land")


@pytest.mark.parametrize("mode", ["2", "3", "4", "5"])
async def test_an_empty_screen_says_what_to_do(tmp_path: Path, mode: str) -> None:
    words = {
        "2": "no dataset chosen yet",
        "3": "Nothing to review yet",
        "4": "3  review the plan; a applies it",
        "5": "no dataset flow yet",
    }
    async with started(tmp_path) as (_, pilot):
        await pilot.press(mode)
        await wait_for(pilot, words[mode])


async def test_marked_datasets_are_planned_one_after_another_with_the_same_form(tmp_path: Path) -> None:
    async with started(tmp_path, ready_after=0.0, queue_seconds=1.0, speed=20.0) as (emulated, pilot):
        await pilot.press("space", "space", "home", "enter")
        await wait_for(pilot, "for training_set_churn and 1 more")
        await pilot.press("enter")
        await wait_for(pilot, "landing · Data Landing Zone · for training_set_churn and 1 more")
        await pilot.press(*["down"] * 3, "space", "ctrl+s")
        await wait_for(pilot, "1 more marked")
        await pilot.press("a")
        await wait_for(pilot, "Next of the marked datasets: web_events. 3 shows its plan.")
        await pilot.press("3")
        await wait_for(pilot, lambda text: "web_events → landing" in text and "tarmac export" in text)
        await pilot.press("a")
        screen = await wait_for(pilot, "0 under way, 2 followed")
        assert "Next of the marked" not in screen
        assert len(emulated.requests("POST", "*/flows")) == 2


async def test_an_unexpected_error_never_looks_like_going_on_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library below the client fails in a way that nobody knows of: at one kind of request, before it is sent."""
    real, broken = httpx.AsyncHTTPTransport.handle_async_request, [("GET", "/flows")]

    async def handle(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        if any(request.method == method and request.url.path.endswith(path) for method, path in broken):
            raise BufferError("a mistake of its own")
        return await real(transport, request)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle)
    async with started(tmp_path) as (emulated, pilot):
        await to_review(pilot, "while planning (BufferError)")
        broken[:] = [("POST", "/targetConnections")]
        await pilot.press("ctrl+r")
        await wait_for(pilot, "> ad-hoc run")
        await pilot.press("a")
        await wait_for(pilot, "while following it (BufferError)")
        await pilot.press("4")
        await wait_for(pilot, "0 under way")
        broken.clear()
        await pilot.press("t")
        await wait_for(pilot, "✔ rows match")
        for noun in ("sourceConnections", "connections", "targetConnections", "flows"):
            assert len(emulated.requests("POST", f"*/flowservice/{noun}")) == 1, noun


async def test_no_letter_leaves_a_form_while_something_is_chosen_in_it(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        await pilot.press("enter")
        await wait_for(pilot, "Google Cloud Storage")
        await pilot.press("down", "enter")
        await wait_for(pilot, "make a new one")
        # name, bucket, folder, base connection
        await pilot.press("down", *"acme-ml", "down", "down")
        for key in ("p", "y", "q"):
            await pilot.press(key)
            screen = await wait_for(pilot, f"{key} does nothing in a form")
            assert "ctrl+q" in screen
        assert pilot.app.return_code is None
        assert "acme-ml" in screen
        assert "q " not in screen.splitlines()[-1]
        await pilot.resize_terminal(100, 90)
        await pilot.press("f1")
        assert "  app.quit" not in await wait_for(pilot, "choice.next")
        await pilot.press("escape", "j", "l")  # sign in with: the second way
        await wait_for(pilot, "Role ARN")
        await pilot.press("escape")
        await wait_for(pilot, "CONN. SPEC")
        await pilot.press("q")
        assert pilot.app.return_code == 0


async def test_a_form_that_is_filled_in_already_begins_where_no_letter_leaves_it(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, pilot):
        await pilot.press("enter")
        await wait_for(pilot, "Google Cloud Storage")
        await pilot.press("enter")
        await wait_for(pilot, "files in  ml/churn")
        await pilot.press("q")
        await wait_for(pilot, "q does nothing in a form")
        assert pilot.app.return_code is None
        await pilot.press("ctrl+q")
        assert pilot.app.return_code == 0
