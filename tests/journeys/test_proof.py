"""Trust "landed": what is proved, what is left out and named, what is said before files vanish; by headless commands."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cli.conftest import CommandLine, tarmac
from support.emulated import anonymous_client
from support.landed_files import on_disk, root_of, rows_of, runs_settled
from support.servers import S3Server

__all__ = ["tarmac"]

WISH = ("--dataset", "loyalty_profiles", "--to", "landing", "--name", "loyalty")
ROWS = 25_000
DAY, HOUR = 86_400.0, 3_600.0


BASE_ROWS, ROWS_AN_HOUR = 400, 360


def events(folder: Path) -> tuple[Path, pl.DataFrame]:
    """An event dataset of the last days."""
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(days=5)
    frame = pl.DataFrame({"n": range(BASE_ROWS)}).with_columns(
        timestamp=(pl.lit(begin) + pl.duration(minutes=pl.col("n"))).dt.cast_time_unit("us")
    )
    path = folder / "events.parquet"
    frame.write_parquet(path)
    return path, frame


def grown(base: pl.DataFrame, begin: datetime, until: datetime) -> pl.DataFrame:
    """The dataset's rows before `until`: every ten seconds since `begin` the next of its own rows is added anew."""
    step = timedelta(hours=1) / ROWS_AN_HOUR
    added = -((begin - until) // step)
    numbers = pl.DataFrame({"n": [k % BASE_ROWS for k in range(added)], "k": range(added)})
    later = numbers.select("n", timestamp=(pl.lit(begin) + pl.col("k") * pl.lit(step)).dt.cast_time_unit("us"))
    return pl.concat([base, later])


async def test_one_full_export_and_its_increments_while_the_newest_is_still_written(
    tarmac: CommandLine, tmp_path: Path
) -> None:
    path, base = events(tmp_path)
    options = {"datasets": (("events", path),), "rows_per_file": 500, "growth": ROWS_AN_HOUR}
    async with tarmac.with_emulator(**options) as emulated:
        wish = ("--dataset", "events", "--to", "landing", "--name", "events", "--schedule", "every 3h")
        assert (await tarmac("export", *wish)).code == 0
        emulated.advance(HOUR)
        await runs_settled(emulated, 2)
        emulated.advance(3 * HOUR)
        await runs_settled(emulated, 3)
        emulated.advance(HOUR)
        # Between two increments somebody exports everything on demand: its rows are not to be read twice.
        assert (await tarmac("export", *wish)).code == 0
        emulated.advance(2 * HOUR)
        await runs_settled(emulated, 5)
        whole = len(list(root_of(emulated).rglob("part-*")))
        emulated.add_faults(run=[{"stuck": True, "stuck_files": 1}])
        emulated.advance(3 * HOUR)
        await runs_settled(emulated, 5, "ml", whole + 1)

        answer = await tarmac("read", "events", "--as", "json", "--json")
        assert answer.code == 0, answer.err
        document = answer.document
        assert document["roles"] == ["full", "delta", "delta"]
        assert [each["reason"] for each in document["left_out"]] == [
            "a later full export replaces it",
            "it was run on demand: the scheduled exports around it hold its rows too",
            "its run is not over yet (processing)",
        ]
        runs = sorted(run.wire["createdAt"] for run in emulated.running.platform.state.runs)
        expected = grown(base, emulated.running.platform.growth.start, datetime.fromtimestamp(runs[-2] / 1000, UTC))
        assert document["rows"] == expected.height > BASE_ROWS + 6 * ROWS_AN_HOUR
        assert_frame_equal(rows_of(on_disk(emulated, document["files"])), expected)

        said = await tarmac("read", "events", "--as", "pandas")
        listed = [line for line in said.out.splitlines() if "exportTime=" in line]
        assert [line.rpartition("# ")[2] for line in listed] == ["full", "delta", "delta"]
        assert f"left out: {document['left_out'][2]['folder']}" in said.err
        assert [line.split()[0] for line in said.err.splitlines() if line.startswith("  ")] == document["roles"]


async def test_a_run_that_claims_more_rows_than_landed_is_never_called_landed(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        emulated.add_faults(run=[{"row_offset": 7}])
        answer = await tarmac("export", *WISH, "--json")
        assert (answer.code, answer.document["status"]) == (4, "mismatch")
        receipt = answer.document["receipt"]
        verdict = json.loads(Path(receipt).read_text())["verdicts"][0]  # noqa: ASYNC240 - one small file
        assert verdict["agrees"] is False
        assert verdict["explanation"].startswith("7 rows differ; likely: the run's own number is wrong")
        read = await tarmac("read", "loyalty")
        assert read.code == 1
        assert "did not agree" in read.err


async def test_a_cut_file_is_named(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator(rows_per_file=10_000) as emulated:
        landed = await tarmac("export", *WISH, "--json")
        assert landed.code == 0
        receipt = landed.document["receipt"]
        assert (await tarmac("verify", receipt)).code == 0
        files = sorted((root_of(emulated) / landed.document["folder"]).iterdir())
        name = files[1].relative_to(root_of(emulated)).as_posix()
        async with anonymous_client(emulated.base_url) as control:
            await control.post("/_emulator/storage", json={"truncate": name, "bytes": 5_000})

        cut = await tarmac("verify", receipt, "--json")
        assert cut.code == 4
        assert [(each["path"], each["what"]) for each in cut.document["differences"]] == [(name, "size")]
        recount = await tarmac("verify", landed.document["run_id"])
        assert recount.code == 4
        assert f"{name}: it does not end like a Parquet file" in recount.out
        later = await tarmac("verify", receipt, "--json")
        assert later.code == 4
        # The recount wrote the receipt anew: it remembers a file that nobody could count.
        assert [(each["path"], each["what"]) for each in later.document["differences"]] == [(name, "unreadable")]
        assert f"unreadable  {name}" in (await tarmac("verify", receipt)).out


async def test_a_dataset_without_rows_is_a_result(tarmac: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "none.parquet"
    pl.DataFrame({"id": []}, schema={"id": pl.Int64}).write_parquet(path)
    async with tarmac.with_emulator(datasets=(("none", path),)):
        answer = await tarmac("export", "--dataset", "none", "--to", "landing", "--name", "none", "--json")
        assert (answer.code, answer.document["rows"], answer.document["verified"]) == (0, 0, True)


async def test_files_are_copied_before_they_vanish(
    tarmac: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "data"
    async with tarmac.with_emulator(rows_per_file=10_000) as emulated:
        landed = await tarmac("export", *WISH, "--json")
        files = sorted((root_of(emulated) / landed.document["folder"]).iterdir())
        expected = rows_of(files)
        fresh = await tarmac("read", "loyalty")
        assert "copy them" not in fresh.err

        emulated.advance(6.5 * DAY)
        warned = await tarmac("read", "loyalty", "--json")
        assert "files: deleted in 1" in warned.err
        assert "tarmac copy loyalty --to" in warned.err
        assert warned.document["clocks"]["files_until"] is not None

        copied = await tarmac("copy", "loyalty", "--to", str(target), "--json")
        assert (copied.code, copied.document["status"], copied.document["rows"]) == (0, "copied", ROWS)
        assert "copied" in copied.err
        again = await tarmac("copy", "loyalty", "--to", str(target), "--json")
        assert again.document["skipped"] == again.document["files"] == 3
        # A home of nobody is a folder like any other, as in a shell.
        monkeypatch.chdir(tmp_path)
        assert (await tarmac("copy", "loyalty", "--to", "~nosuchuser/data")).code == 0
        assert_frame_equal(rows_of(sorted((tmp_path / "~nosuchuser").rglob("*.parquet"))), expected)

        emulated.advance(DAY)
        await emulated.running.scheduler.delete_old_files_once()
        gone = await tarmac("read", "loyalty", "--json")
        assert (gone.code, gone.document["error"]["code"]) == (1, "no-read-set")
        proof = await tarmac("verify", landed.document["receipt"], "--json")
        assert {each["what"] for each in proof.document["differences"]} == {"missing"}
    assert_frame_equal(rows_of(sorted(target.rglob("*.parquet"))), expected)


async def test_a_mistyped_destination_is_not_taken_for_a_folder(
    tarmac: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with tarmac.with_emulator():
        assert (await tarmac("export", *WISH)).code == 0
        answer = await tarmac("copy", "loyalty", "--to", "landingg", "--json")
        assert (answer.code, answer.document["error"]["code"]) == (64, "unknown-destination")
        assert answer.document["error"]["next"] == "Did you mean landing? Write ./landingg for a folder."
        assert not (tmp_path / "landingg").exists()
        (tmp_path / "there").mkdir()
        assert (await tarmac("copy", "loyalty", "--to", "there")).code == 0
        assert (await tarmac("copy", "loyalty", "--to", "./landingg")).code == 0
    assert [*(tmp_path / "there").rglob("*.parquet")]


async def test_a_copy_goes_to_another_destination_too(tarmac: CommandLine, s3_server: S3Server) -> None:
    async with tarmac.with_emulator():
        s3_server.bucket("acme-copies", {})
        keys = s3_server.admin
        with tarmac.places.profile_file("local").open("a") as profile:
            profile.write(
                f'\n[destinations.lake]\nkind = "amazon-s3"\nbucket = "acme-copies"\npath = "kept"\n'
                f'credentials = {{ access_key = "{keys.access_key_id}", secret_key = "{keys.secret_access_key}" }}\n'
                f'reader = {{ endpoint = "{s3_server.url}" }}\n'
            )
        assert (await tarmac("export", *WISH)).code == 0
        refused = await tarmac("copy", "loyalty", "--to", "lake", "--read-only", "--json")
        assert (refused.code, refused.document["error"]["code"]) == (64, "read-only")
        copied = await tarmac("copy", "loyalty", "--to", "lake", "--json")
        assert (copied.code, copied.document["rows"]) == (0, ROWS)
        assert (await tarmac("copy", "loyalty", "--to", "landing")).code == 64
    listed = s3_server.client("s3").list_objects_v2(Bucket="acme-copies")["Contents"]
    assert {each["Key"].rpartition("/")[0] for each in listed} == set(copied.document["folders"])
    assert all(each["Key"].startswith("kept/") for each in listed)


async def listed_with(sas_uri: str) -> int:
    async with anonymous_client() as client:
        answer = await client.get(httpx.URL(sas_uri).copy_merge_params({"restype": "container", "comp": "list"}))
    return answer.status_code


async def test_the_key_is_replaced_only_when_somebody_says_so(tarmac: CommandLine) -> None:
    async with tarmac.with_emulator() as emulated:
        assert (await tarmac("export", *WISH)).code == 0
        old = str(emulated.running.platform.landing_zone.credentials()["SASUri"])
        shown = await tarmac("landing-zone", "--json")
        assert (shown.document["ttl_days"], shown.document["exports"]) == (7, ["loyalty"])
        assert "sig=" not in shown.out
        unsaid = await tarmac("landing-zone", "refresh", "--json")
        assert (unsaid.code, unsaid.document["error"]["code"]) == (64, "not-confirmed")
        assert "whoever reads loyalty" in unsaid.err
        assert (await tarmac("landing-zone", "refresh", "--yes", "--read-only")).code == 64
        assert await listed_with(old) == 200
        assert (await tarmac("landing-zone", "refresh", "--yes")).code == 0
        assert await listed_with(old) == 403
        assert (await tarmac("read", "loyalty")).code == 0


def features(folder: Path, name: str, frame: pl.DataFrame) -> tuple[str, Path]:
    path = folder / f"{name}.parquet"
    frame.write_parquet(path)
    return name, path


@pytest.fixture
def two_datasets(tmp_path: Path) -> tuple[tuple[str, Path], ...]:
    before = pl.DataFrame({"id": range(1000), "age": range(1000), "email": ["a"] * 1000}).with_columns(
        churned=pl.col("id") % 10 == 0, tier=pl.struct(name=pl.lit("gold"), since=pl.col("id"))
    )
    after = before.drop("email").with_columns(
        pl.col("age").cast(pl.Float64),
        score=pl.when(pl.col("id") % 4 == 0).then(pl.col("id")),
        churned=pl.col("id") % 2 == 0,
        tier=pl.struct(name=pl.when(pl.col("id") % 5 == 0).then(pl.lit("gold")), since=pl.col("id")),
    )
    return features(tmp_path, "before", before), features(tmp_path, "after", after)


async def test_what_changed_between_two_exports(
    tarmac: CommandLine, two_datasets: tuple[tuple[str, Path], ...]
) -> None:
    async with tarmac.with_emulator(datasets=two_datasets) as emulated:
        for name in ("before", "after"):
            assert (await tarmac("export", "--dataset", name, "--to", "landing", "--name", name)).code == 0
        alone = await tarmac("diff", "before", "--json")
        assert (alone.code, alone.document["error"]["code"]) == (1, "nothing-to-compare")
        emulated.advance(60)
        assert (await tarmac("export", "before", "--dataset", "x")).code == 64
        assert (await tarmac("export", "--dataset", "before", "--to", "landing", "--name", "before")).code == 0
        same = await tarmac("diff", "before")
        assert same.code == 0, same.err
        assert "all 6 columns as before" in same.out

        changed = await tarmac("diff", "before", "after", "--label", "churned", "--json")
        assert changed.code == 4
        document = changed.document
        found = {each["name"]: each["change"] for each in document["columns"]}
        assert found == {
            "email": "gone",
            "age": "type",
            "score": "added",
            "tier.name": "nulls",
            "id": "same",
            "churned": "same",
            "tier.since": "same",
        }
        shares = {each["name"]: each["after"]["null_share"] for each in document["columns"] if each["after"]}
        assert (shares["score"], shares["tier.name"], shares["id"]) == (0.75, 0.8, 0.0)
        balance = {each["value"]: (each["before"], each["after"]) for each in document["balance"]}
        assert balance == {"True": (0.1, 0.5), "False": (0.9, 0.5)}
        shown = await tarmac("diff", "before", "after", "--label", "churned")
        assert "✘ gone" in shown.out
        assert "code that read these columns before breaks" in shown.out
        assert (await tarmac("diff", "before", "after", "--label", "nope")).code == 64


async def test_a_peek_reads_little_and_unfolds_what_is_nested(
    tarmac: CommandLine, two_datasets: tuple[tuple[str, Path], ...]
) -> None:
    async with tarmac.with_emulator(datasets=two_datasets) as emulated:
        for arguments in (("--name", "parquet"), ("--name", "lines", "--format", "json", "--path", "ml/lines")):
            assert (await tarmac("export", "--dataset", "before", "--to", "landing", *arguments)).code == 0
            answer = await tarmac("peek", arguments[1], "--rows", "3", "--json")
            assert answer.code == 0, answer.err
            document = answer.document
            assert [line.strip().partition(":")[0] for line in document["schema"]] == [
                *("id", "age", "email", "churned", "tier", "name", "since")
            ]
            assert document["schema"][-1].startswith("  since:")
            assert document["rows"][2] == [2, 2, "a", False, {"name": "gold", "since": 2}]
            assert document["rows_in_file"] == (1000 if arguments[1] == "parquet" else None)
        shown = await tarmac("peek", "parquet", "--rows", "1")
        assert "  name: string  gold" in shown.out
        log = emulated.requests("GET", "*/dlz-destination/*.parquet")
        assert log
