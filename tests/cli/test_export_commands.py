"""plan, export, watch, runs, verify, read against an emulator: answers, exit codes, and what is never said."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tarmac.services.landed.receipts import read_receipt

if TYPE_CHECKING:
    from cli.conftest import CommandLine
    from support.emulated import Emulated

WISH = ("--dataset", "loyalty_profiles", "--to", "landing", "--name", "loyalty")
KEYS = {
    *("status", "export", "dataset_id", "flow_id", "run_id", "destination", "folder", "rows", "bytes", "files"),
    *("verified", "receipt", "reused", "created"),
}


def sas_token(emulated: Emulated) -> str:
    return str(emulated.running.platform.landing_zone.credentials()["SASToken"])


async def test_from_plan_to_reading_code(tarmac: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    async with tarmac.with_emulator() as emulated:
        planned = await tarmac("plan", *WISH, "--json")
        assert (planned.code, planned.document["status"]) == (2, "changes")
        assert [step["action"] for step in planned.document["steps"]] == [*["create"] * 4, "fire"]
        assert not emulated.requests("POST", "*/flowservice/*")

        landed = await tarmac("export", *WISH, "--json")
        assert landed.code == 0, landed.err
        document = landed.document
        assert set(document) == KEYS
        assert (document["status"], document["verified"], document["rows"]) == ("landed", True, 25_000)
        assert document["destination"] == "data-landing-zone"
        assert len(document["created"]) == 4

        unchanged = await tarmac("plan", *WISH)
        assert unchanged.code == 0
        assert "Nothing to change." in unchanged.out
        changed = await tarmac("plan", *WISH, "--path", "ml/elsewhere", "--json")
        assert changed.code == 2
        assert {"field": "folder", "have": "ml/churn", "want": "ml/elsewhere"} in [
            difference for step in changed.document["steps"] for difference in step["differences"]
        ]

        emulated.advance(60)
        again = await tarmac("export", *WISH, "--json")
        assert again.document["created"] == []
        assert again.document["flow_id"] == document["flow_id"]
        assert again.document["run_id"] != document["run_id"]

        watched = await tarmac("watch", "loyalty", "--json")
        assert (watched.code, watched.document["status"]) == (0, "succeeded")
        assert watched.document["run_id"] == again.document["run_id"]
        assert watched.document["verified"] is True
        assert "Not verified yet" not in watched.err

        listed = await tarmac("runs", "--json")
        assert [(run["run_id"], run["verified"]) for run in listed.document["runs"]] == [
            (again.document["run_id"], True),
            (document["run_id"], True),
        ]
        assert "✔" in (await tarmac("runs", "loyalty")).out

        paths = await tarmac("read", "loyalty")
        assert paths.code == 0
        assert paths.out.splitlines() == [f"{emulated.base_url}/{container_of(emulated)}/{again.document['folder']}"]
        assert "later full export" in paths.err

        code = (await tarmac("read", "loyalty", "--as", "polars")).out
        monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", sas_token(emulated))
        assert "sig=" not in code
        scope: dict[str, pl.DataFrame] = {}
        await asyncio.to_thread(exec, code, scope)  # what a person would paste
        assert scope["frame"].height == 25_000


def container_of(emulated: Emulated) -> str:
    return "/".join(
        str(emulated.running.platform.landing_zone.credentials()["SASUri"]).partition("?")[0].split("/")[3:]
    )


async def test_the_landing_zone_needs_no_entry_in_the_profile(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator():
        answer = await tarmac(
            "export", "--dataset", "loyalty_profiles", "--to", "data-landing-zone", "--path", "ml/x", "--json"
        )
        assert answer.code == 0, answer.err
        assert answer.document["folder"].startswith("ml/x/")


async def test_code_that_cannot_read_the_storage_is_no_answer(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator():
        assert (await tarmac("export", *WISH, "--json")).code == 0
        for more in ((), ("--json",)):
            answer = await tarmac("read", "loyalty", "--as", "spark", *more)
            assert answer.code == 64
            assert "Spark cannot read this storage" in answer.err
            if more:
                assert answer.document["error"]["code"] == "no-reader"
            else:
                assert answer.out == ""


async def test_json_rows_are_counted_and_read_too(tarmac: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    async with tarmac.with_emulator() as emulated:
        landed = await tarmac("export", *WISH, "--format", "json", "--json")
        assert landed.code == 0, landed.err
        assert landed.document["rows"] == 25_000
        monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", sas_token(emulated))
        answer = await tarmac("read", "loyalty", "--as", "polars", "--json")
        scope: dict[str, pl.DataFrame] = {}
        await asyncio.to_thread(exec, answer.document["code"], scope)
        assert scope["frame"].height == 25_000


async def test_a_plan_that_a_check_refuses_sends_nothing(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        for verb in ("plan", "export"):
            answer = await tarmac(verb, *WISH, "--format", "json", "--compression", "none", "--json")
            assert (answer.code, answer.document["status"]) == (64, "refused")
            assert answer.document["error"]["next"]
        assert not emulated.requests("POST", "*/flowservice/*")


async def test_an_unknown_dataset_and_destination_are_refused(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator():
        near = await tarmac("export", "--dataset", "loyalty_profile", "--to", "landing")
        assert near.code == 64
        assert "loyalty_profiles" in near.err
        nowhere = await tarmac("export", "--dataset", "loyalty_profiles", "--to", "moon")
        assert nowhere.code == 64
        assert "landing" in nowhere.err


async def test_a_name_that_could_never_be_saved_is_refused_at_once(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        answer = await tarmac("plan", "--dataset", "loyalty_profiles", "--to", "landing", "--name", "a/b", "--json")
        assert (answer.code, answer.document["status"]) == (64, "refused")
        assert "'a/b' cannot name an export" in answer.document["error"]["message"]
        assert not emulated.requests()


async def test_a_list_of_datasets_in_an_unknown_form_is_not_an_empty_one(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        emulated.add_faults(request=[{"path": "*/configs", "times": 0, "status": 200, "body": []}])
        answer = await tarmac("datasets", "--json")
        assert answer.code == 1
        assert "a list of datasets should be there, but it holds an array" in answer.document["error"]["message"]


async def test_read_only_refuses_before_anything_is_sent(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        answer = await tarmac("--read-only", "export", *WISH, "--json")
        assert (answer.code, answer.document["error"]["code"]) == (64, "read-only")
        assert not emulated.requests("POST", "*/flowservice/*")


async def test_a_failed_run_is_said_at_once_with_the_platforms_words(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        emulated.add_faults(run=[{"code": "ACTIVATION_BATCH-0000-FAILED", "message": "Job aborted."}])
        answer = await tarmac("export", *WISH, "--json")
        assert (answer.code, answer.document["status"]) == (1, "failed")
        assert answer.document["error"]["code"] == "ACTIVATION_BATCH-0000-FAILED"
        assert "Job aborted." in answer.err
        run_id = answer.document["run_id"]
        assert (await tarmac("watch", run_id)).code == 1
        verified = await tarmac("verify", run_id, "--json")
        assert (verified.code, verified.document["status"]) == (1, "failed")
        nothing = await tarmac("read", "loyalty", "--json")
        assert (nothing.code, nothing.document["error"]["code"]) == (1, "no-read-set")


async def test_a_run_without_end_is_still_running_at_the_deadline(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        emulated.add_faults(run=[{"stuck": True}])
        answer = await tarmac("export", *WISH, "--timeout", "1s", "--json")
        assert (answer.code, answer.document["status"]) == (3, "running")
        assert answer.document["run_id"]
        assert answer.document["verified"] is None
        watched = await tarmac("watch", answer.document["run_id"], "--timeout", "300ms", "--json")
        assert (watched.code, watched.document["status"]) == (3, "running")
        early = await tarmac("verify", answer.document["run_id"], "--json")
        assert (early.code, early.document["status"]) == (3, "running")


async def test_a_status_word_that_nobody_knows_is_named_and_what_landed_is_counted(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        emulated.add_faults(run=[{"status": "Finished_Somehow"}])
        answer = await tarmac("export", *WISH, "--timeout", "3s", "--json")
        assert (answer.code, answer.document["status"]) == (3, "running")
        error = answer.document["error"]
        assert "'Finished_Somehow', which tarmac does not know" in error["message"]
        assert "By its own times it ended" in error["meaning"]
        assert "slow" not in error["meaning"]
        assert error["next"].endswith(f"tarmac verify {answer.document['run_id']}")
        counted = await tarmac("verify", answer.document["run_id"], "--json")
        assert (counted.code, counted.document["status"]) == (0, "verified")


async def test_not_ready_at_the_deadline_is_continued_by_the_same_command(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator(ready_after=600.0) as emulated:
        waiting = await tarmac("export", *WISH, "--timeout", "1s", "--json")
        assert (waiting.code, waiting.document["status"]) == (3, "running")
        assert waiting.document["error"]["code"] == "not-ready"
        assert "waiting: not ready" in waiting.err
        emulated.advance(700)
        landed = await tarmac("export", *WISH, "--json")
        assert (landed.code, landed.document["status"]) == (0, "landed")
        assert landed.document["flow_id"] == waiting.document["flow_id"]


async def test_rows_that_disagree_are_a_mismatch_with_a_receipt(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        emulated.add_faults(run=[{"row_offset": 3}])
        answer = await tarmac("export", *WISH, "--json")
        assert (answer.code, answer.document["status"]) == (4, "mismatch")
        assert answer.document["verified"] is False
        assert answer.document["rows"] == 25_000
        receipt = read_receipt(Path(answer.document["receipt"]))
        assert receipt.verified is False
        assert receipt.run_output_rows == 25_003
        assert (await tarmac("verify", "loyalty")).code == 4
        assert (await tarmac("read", "loyalty")).code == 1


async def test_a_run_without_numbers_is_proved_by_the_catalog(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        emulated.add_faults(run=[{"omit": ["sizeSummary", "recordSummary", "fileSummary"]}])
        answer = await tarmac("export", *WISH, "--json")
        assert (answer.code, answer.document["verified"], answer.document["rows"]) == (0, True, 25_000)


async def test_a_receipt_proves_later_whether_the_files_are_still_there(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        landed = await tarmac("export", *WISH, "--json")
        receipt = landed.document["receipt"]
        there = await tarmac("verify", receipt, "--json")
        assert (there.code, there.document["status"], there.document["differences"]) == (0, "verified", [])
        zone = emulated.running.platform.landing_zone
        assert zone.delete_older_than(emulated.running.platform.now() + timedelta(days=1)) > 0
        gone = await tarmac("verify", receipt, "--json")
        assert (gone.code, gone.document["status"]) == (4, "mismatch")
        assert {each["what"] for each in gone.document["differences"]} == {"missing"}
        words = await tarmac("verify", receipt)
        assert "missing" in words.out
        assert (await tarmac("read", "loyalty")).code == 1


async def test_no_wait_ends_when_the_run_is_fired(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator():
        answer = await tarmac("export", *WISH, "--no-wait", "--json")
        assert answer.document["status"] == "running"
        assert answer.document["run_id"]
        assert answer.code == 0
        assert (await tarmac("watch", answer.document["run_id"])).code == 0
        assert (await tarmac("verify", answer.document["run_id"])).code == 0


async def test_no_wait_that_fired_nothing_is_not_done(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator(ready_after=600.0):
        answer = await tarmac("export", *WISH, "--no-wait", "--json")
        assert (answer.code, answer.document["status"], answer.document["run_id"]) == (3, "running", None)


async def test_datasets_are_found_by_name(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator():
        everything = await tarmac("datasets", "--json")
        assert {each["name"] for each in everything.document["datasets"]} >= {"training_set_churn", "loyalty_profiles"}
        some = await tarmac("datasets", "--find", "LOYAL")
        assert "loyalty_profiles" in some.out
        assert "training_set_churn" not in some.out
        assert "25,000" in some.out


async def test_doctor_finds_nothing_wrong_and_then_the_wrong_secret(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator():
        well = await tarmac("doctor", "--json")
        assert well.code == 0, well.out
        assert {each["what"]: each["good"] for each in well.document["findings"] if each["what"] != "terminal"} == {
            **dict.fromkeys(("files", "profile", "sign-in", "sandbox", "rights", "landing zone", "storage"), True)
        }
        assert str(tarmac.places.state) in next(
            each["found"] for each in well.document["findings"] if each["what"] == "files"
        )
        assert (await tarmac("profile", "check", "local")).code == 0
        file = tarmac.places.profile_file("local")
        file.write_text(
            "\n".join(
                'client_secret = "wrong"' if line.startswith("client_secret") else line
                for line in file.read_text().splitlines()
            )
        )
        ill = await tarmac("doctor", "--json")
        assert ill.code == 1
        found = {each["what"]: each["good"] for each in ill.document["findings"]}
        assert found["sign-in"] is False
        assert found["storage"] is None
        assert (await tarmac("profile", "check", "local")).code == 1


async def test_no_secret_is_in_any_answer_log_or_receipt(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        said = ""
        for arguments in (
            ("plan", *WISH, "--json"),
            ("export", *WISH, "--json"),
            ("runs",),
            ("verify", "loyalty"),
            ("read", "loyalty", "--as", "pandas"),
            ("read", "loyalty", "--json"),
            ("doctor",),
        ):
            answer = await tarmac(*arguments)
            said += answer.out + answer.err
        said += "".join(file.read_text() for file in tarmac.places.state.rglob("*") if file.is_file())
        signature = sas_token(emulated).rpartition("sig=")[2]
        for secret in (emulated.client_secret, signature):
            assert secret not in said
        assert json.dumps(emulated.client_secret) not in said
