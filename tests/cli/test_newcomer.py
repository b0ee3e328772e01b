"""The first hour: a demo that is over, a state folder that cannot be written, a wish that is worth keeping."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from support.child_command import heard, started
from tarmac.commands.progress_words import ProgressWords
from tarmac.profiles.profile_store import EMULATOR_MARK
from tarmac.services.crash_report import crash_error
from tarmac.services.exports.progress import RunSeen, WaitingForReady
from tarmac.services.values import Run, RunPhase

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import CommandLine

DEMO_IS_OVER = """\
[platform]
org_id = "0123456789ABCDEF01234567@AdobeOrg"
client_id = "aabbccdd"
client_secret = "gone-with-it"
sandbox = "ml-dev"
base_url = "http://127.0.0.1:1"
ims_url = "http://127.0.0.1:1"
"""


async def test_after_a_demo_the_first_profile_of_ones_own_is_the_one_that_is_meant(tarmac: CommandLine) -> None:
    tarmac.places.profiles.mkdir(parents=True)
    tarmac.places.profile_file("demo").write_text(EMULATOR_MARK + DEMO_IS_OVER)
    tarmac.places.profile_file("demo").chmod(0o600)
    over = await tarmac("runs")
    assert over.code == 1
    assert "nothing listens there" in over.err
    assert "tarmac demo" in over.err
    assert (await tarmac("profile", "new", "acme")).code == 0
    looked = await tarmac("doctor", "--json")
    assert {"what": "profile", "good": True} in [
        {"what": each["what"], "good": each["good"]}
        for each in looked.document["findings"]
        if each["found"].startswith("acme")
    ]


async def test_an_interrupted_demo_promises_nothing(tarmac: CommandLine) -> None:
    child = await started("demo", "--headless", "--json")
    async with asyncio.timeout(60):
        await heard(child, b"waiting")
        child.send_signal(signal.SIGINT)
        _, rest = await child.communicate()
    assert child.returncode == 130
    assert b"The same command begins anew" in rest
    assert b"cleanup" not in rest


async def test_doctor_sees_a_state_folder_that_cannot_be_written(
    tarmac: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TARMAC_STATE_DIR", str(tmp_path / "file"))
    answer = await tarmac("doctor", "--json")
    assert answer.code == 64
    [files] = [each for each in answer.document["findings"] if each["what"] == "files"]
    assert files["good"] is False
    assert "cannot be written" in files["found"]
    assert files["next"]


async def test_doctor_leaves_nothing_behind(tarmac: CommandLine) -> None:
    answer = await tarmac("doctor", "--json")
    assert {"files": True}.items() <= {each["what"]: each["good"] for each in answer.document["findings"]}.items()
    assert list(tarmac.places.state.iterdir()) == []


async def test_a_wish_that_is_saved_needs_its_name_only(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator():
        wish = ("--dataset", "loyalty_profiles", "--to", "landing")
        unknown = await tarmac("export", "nightly")
        assert unknown.code == 64
        assert "--save --name nightly" in unknown.err
        saved = await tarmac("plan", *wish, "--name", "nightly", "--path", "ml/nightly", "--save")
        assert saved.code == 2
        assert "from now on: tarmac export nightly" in saved.err
        file = tarmac.places.export_file("local", "nightly")
        before = file.read_text()
        assert 'path = "ml/nightly"' in before
        again = await tarmac("plan", "nightly", "--json")
        assert again.code == 2
        assert again.document["folder"].startswith("ml/nightly/")
        assert (await tarmac("plan", "nightly", "--save")).code == 64
        read_only = await tarmac("plan", *wish, "--name", "nightly", "--path", "x", "--save", "--read-only")
        assert read_only.code == 64
        assert file.read_text() == before


async def test_a_saved_wish_is_never_replaced_by_another_one_in_silence(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        wish = ("--to", "landing", "--name", "nightly", "--save")
        assert "saved as " in (await tarmac("plan", "--dataset", "loyalty_profiles", *wish)).err
        file = tarmac.places.export_file("local", "nightly")
        before = "# kept in git\n" + file.read_text()
        file.write_text(before)
        same = await tarmac("plan", "--dataset", "loyalty_profiles", *wish)
        assert (same.code, "saved already as " in same.err) == (2, True)
        by_name = before.replace(emulated.dataset_id(2), "loyalty_profiles")
        file.write_text(by_name)
        assert (await tarmac("plan", "--dataset", "loyalty_profiles", *wish)).code == 2
        assert file.read_text() == by_name

        other = ("--dataset", "training_set_churn", *wish)
        for verb in ("plan", "export"):
            refused = await tarmac(verb, *other, "--json")
            assert (refused.code, refused.document["error"]["code"]) == (64, "saved-otherwise")
            assert "dataset differs" in refused.document["error"]["message"]
            assert "--replace" in refused.document["error"]["next"]
        # What a check refuses is not worth keeping.
        blocked = await tarmac("export", *other, "--replace", "--schedule", "every 5h")
        assert blocked.code == 64
        assert file.read_text() == by_name
        assert not emulated.requests("POST", "*/flowservice/*")
        replaced = await tarmac("plan", *other, "--replace")
        assert (replaced.code, "replaced as " in replaced.err) == (2, True)
        assert file.read_text() != by_name
        assert (await tarmac("plan", *other[:-1], "--replace")).code == 64


def at_any_second(text: str) -> list[str]:
    """The lines; a folder is named by the second, and the second command may come in another one."""
    return re.sub(r"exportTime=\d+", "exportTime=…", text).splitlines()


async def test_an_export_shows_its_plan_before_it_is_carried_out(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        wish = ("--dataset", "loyalty_profiles", "--to", "landing", "--name", "loy")
        planned = at_any_second((await tarmac("plan", *wish)).out)
        landed = await tarmac("export", *wish, "--json")
        assert landed.code == 0
        shown = at_any_second(landed.err)
        assert shown[: len(planned)] == planned
        assert any(line.startswith("! ") for line in planned)
        assert landed.document["status"] == "landed"

        emulated.advance(60)
        again = (await tarmac("export", *wish)).err.splitlines()
        assert again.index("Nothing to change.") < 6
        assert any(line.startswith("! ") for line in again)
        assert any(line.startswith("  schedule ") for line in again)
        blocked = await tarmac("export", *wish, "--schedule", "every 5h", "--json")
        assert (blocked.code, blocked.document["status"]) == (64, "refused")
        assert "✘ " in blocked.err


@pytest.mark.parametrize("schedule", ["ad-hoc", "once", "every 6h"])
async def test_a_plan_says_each_thing_once(tarmac: CommandLine, schedule: str) -> None:
    async with tarmac.with_emulator():
        wish = ("--dataset", "loyalty_profiles", "--to", "landing", "--schedule", schedule)
        planned = (await tarmac("plan", *wish)).out.splitlines()
        document = (await tarmac("plan", *wish, "--json")).document["schedule"]
        for text in (document["words"], *document["notes"]):
            assert len([line for line in planned if text in line]) == 1, text
        assert len({line.strip() for line in planned}) == len(planned)


async def test_an_empty_list_of_flows_says_what_was_looked_for(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator():
        assert "no dataset flow is there" in (await tarmac("flows")).out
        assert "no enabled dataset flow ends within 30 days" in (await tarmac("flows", "--ending", "30d")).out
        assert "no dataset flow with 'churn' in it is there" in (await tarmac("flows", "--find", "churn")).out


def test_a_crash_without_a_report_asks_for_none() -> None:
    assert "send" not in crash_error(ValueError(), None).next_step


def test_a_run_that_is_over_took_its_time_and_one_that_waits_says_whether_it_asked() -> None:
    first = WaitingForReady(elapsed_s=0.0, next_probe_s=2.0, deadline_s=60.0, probes=0)
    line = ProgressWords().line(first)
    assert line is not None
    assert "not asked yet" in line
    run = Run(id="r", flow_id="f", phase=RunPhase.SUCCEEDED, status_word="success", created_at=datetime.now(UTC))
    over = ProgressWords().line(RunSeen(run, datetime.now(UTC), 13.0))
    assert over is not None
    assert over.startswith("run succeeded after 0:13")


async def test_a_receipt_that_cannot_be_kept_is_no_success_and_no_wrong_use(tarmac: CommandLine) -> None:
    """The run landed and was counted: 64 would say that nothing was sent."""
    folder = tarmac.places.profile_state("local") / "receipts"
    folder.parent.mkdir(parents=True)
    folder.write_text("a file is in the way")
    async with tarmac.with_emulator():
        wish = ("--dataset", "loyalty_profiles", "--to", "landing", "--name", "loyalty")
        answer = await tarmac("export", *wish, "--json")
        assert answer.code == 1
        assert answer.document["error"]["code"] == "receipt-unwritten"
        assert answer.document["rows"] == 25_000
        assert answer.document["verified"] is None
        run_id = answer.document["run_id"]
        assert f"tarmac verify {run_id}" in answer.document["error"]["next"]
        assert (await tarmac("verify", run_id)).code == 1
        assert (await tarmac("runs", "loyalty")).code == 0
        folder.unlink()
        assert (await tarmac("verify", run_id)).code == 0
    assert not list(tarmac.places.state.glob("crash-*"))


async def test_a_change_that_is_refused_is_refused_as_a_plan_too(tarmac: CommandLine) -> None:
    """Exit 0 would say that the flow is as wanted."""
    async with tarmac.with_emulator():
        wish = ("--dataset", "loyalty_profiles", "--to", "landing", "--name", "loyalty")
        assert (await tarmac("export", *wish)).code == 0
        refused = await tarmac("flow", "reschedule", "loyalty", "--schedule", "every 5h", "--dry-run", "--json")
        assert refused.code == 64
        assert refused.document["status"] == "refused"
        assert (await tarmac("flow", "reschedule", "loyalty", "--schedule", "every 6h", "--dry-run")).code == 2
        assert (await tarmac("flow", "enable", "loyalty", "--dry-run")).code == 0


def test_a_label_of_a_dataset_that_is_not_there_is_refused(tarmac: CommandLine) -> None:
    command = [sys.executable, "-m", "tarmac", "emulate", "--label", "web_evnts=C2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ))
    assert done.returncode == 64
    assert "there is no such dataset" in done.stderr
    assert "web_events" in done.stderr


async def test_a_demo_beside_a_profile_of_that_name_says_what_can_be_done(tarmac: CommandLine) -> None:
    tarmac.places.profiles.mkdir(parents=True)
    file = tarmac.places.profile_file("demo")
    file.write_text("# mine\n")
    answer = await tarmac("demo", "--headless", "--json")
    assert answer.code == 64
    assert str(file) in answer.document["error"]["message"]
    assert "another name, such as my-demo.toml" in answer.document["error"]["next"]
    assert file.read_text() == "# mine\n"


async def test_a_demo_takes_no_other_profile(tarmac: CommandLine) -> None:
    answer = await tarmac("demo", "--headless", "--profile", "acme", "--json")
    assert answer.code == 64
    assert "--profile has no meaning here" in answer.document["error"]["message"]
    assert not tarmac.places.profile_file("demo").exists()
