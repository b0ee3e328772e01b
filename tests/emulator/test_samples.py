import asyncio
import hashlib
import re
import threading
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tarmac.emulator.contracts import Behavior, Column
from tarmac.emulator.sample_data import SAMPLES_END
from tarmac.emulator.samples import load_datasets
from tarmac.terms.errors import ExitCode, UsageError


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*.parquet"))}


async def test_three_samples_of_different_kinds(tmp_path: Path) -> None:
    churn, events, profiles = await load_datasets((), tmp_path)
    assert [each.name for each in (churn, events, profiles)] == ["training_set_churn", "web_events", "loyalty_profiles"]
    for each in (churn, events, profiles):
        frame = pl.read_parquet(list(each.files))
        assert (each.rows, [column.name for column in each.columns]) == (frame.height, frame.columns)
        assert each.size_bytes == sum(file.stat().st_size for file in each.files)
        assert re.fullmatch(r"[0-9a-f]{24}", each.id)
    assert churn.rows >= 104_200
    assert churn.label_column == "churned"
    assert Column("churned", "bool") in churn.columns
    assert 0.1 < float(pl.read_parquet(list(churn.files))["churned"].cast(pl.Float64).sum()) / churn.rows < 0.3
    assert (events.behavior, events.timestamp_column) == (Behavior.TIME_SERIES, "timestamp")
    moments = pl.read_parquet(list(events.files))["timestamp"]
    assert (moments < SAMPLES_END).all()
    assert (moments < SAMPLES_END - timedelta(days=365)).sum() > 1_000
    kinds = {column.name: column for column in profiles.columns}
    assert [child.type for child in kinds["home"].children] == ["string", "string", "struct"]
    assert kinds["interests"] == Column("interests", "list", (Column("element", "string"),))


async def test_the_samples_are_the_same_bytes_each_time_and_made_once(tmp_path: Path) -> None:
    first = await load_datasets((), tmp_path / "a")
    again = await load_datasets((), tmp_path / "b")
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert [each.id for each in first] == [each.id for each in again]
    made = {file: file.stat().st_mtime_ns for each in first for file in each.files}
    assert await load_datasets((), tmp_path / "a") == first
    assert {file: file.stat().st_mtime_ns for file in made} == made


def test_two_that_start_at_once_find_the_same_whole_files(tmp_path: Path) -> None:
    found = []

    def start() -> None:
        found.append(asyncio.run(load_datasets((), tmp_path)))

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1]
    assert len(list(tmp_path.iterdir())) == 1


async def test_given_files_and_folders(tmp_path: Path) -> None:
    frame = pl.DataFrame({"timestamp": [SAMPLES_END] * 5, "n": range(5), "tags": [["a"]] * 5, "word": ["x"] * 5})
    frame.write_parquet(tmp_path / "one.parquet")
    (tmp_path / "many" / "_temporary").mkdir(parents=True)
    for number, rows in enumerate((2, 0, 3)):
        frame.head(rows).write_parquet(tmp_path / "many" / f"part-{number}.parquet")
    (tmp_path / "many" / "_SUCCESS").touch()
    (tmp_path / "many" / "_temporary" / "half.parquet").write_bytes(b"PAR1")
    one, many = await load_datasets((("one", tmp_path / "one.parquet"), ("many", tmp_path / "many")), tmp_path / "no")
    assert (one.rows, many.rows, len(many.files)) == (5, 5, 3)
    assert [column.type for column in one.columns] == ["timestamp", "int64", "list", "string"]
    assert (one.behavior, one.timestamp_column) == (Behavior.TIME_SERIES, "timestamp")
    assert one.id != many.id
    (renamed,) = await load_datasets((("one", tmp_path / "many"),), tmp_path / "no")
    assert renamed.id == one.id
    assert not (tmp_path / "no").exists()


async def test_rows_of_a_file_with_very_many_columns_and_groups(tmp_path: Path) -> None:
    wide = pl.DataFrame({f"column_{number}": range(3_000) for number in range(120)})
    wide.write_parquet(tmp_path / "wide.parquet", row_group_size=100)
    (dataset,) = await load_datasets((("wide", tmp_path / "wide.parquet"),), tmp_path)
    assert (dataset.rows, len(dataset.columns)) == (3_000, 120)


async def test_what_cannot_be_a_dataset_is_refused_with_its_name(tmp_path: Path) -> None:
    frame = pl.DataFrame({"n": range(1_000)})
    frame.write_parquet(tmp_path / "good.parquet")
    whole = (tmp_path / "good.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "short.parquet").write_bytes(b"PAR1")
    (tmp_path / "text.parquet").write_text("n\n1\n2\n" * 10)
    (tmp_path / "footer.parquet").write_bytes(whole[:-30] + b"\xff" * 22 + whole[-8:])
    (tmp_path / "length.parquet").write_bytes(whole[:-8] + b"\xff\xff\xff\x7fPAR1")
    (tmp_path / "empty").mkdir()
    (tmp_path / "mixed").mkdir()
    frame.write_parquet(tmp_path / "mixed" / "a.parquet")
    frame.with_columns(pl.lit("x").alias("m")).write_parquet(tmp_path / "mixed" / "b.parquet")
    for path, words in {
        "nowhere.parquet": "does not exist",
        "cut.parquet": "cut off",
        "short.parquet": "too short",
        "text.parquet": "does not begin with PAR1",
        "footer.parquet": "is not a Parquet file",
        "length.parquet": "longer than the file",
        "empty": "holds no Parquet file",
        "mixed": r"b\.parquet has other columns than a\.parquet",
    }.items():
        with pytest.raises(UsageError, match=rf"Dataset churn: .*{words}") as caught:
            await load_datasets((("churn", tmp_path / path),), tmp_path)
        assert caught.value.next_step
        assert caught.value.exit_code is ExitCode.USAGE
    with pytest.raises(UsageError, match="Dataset churn: "):
        await load_datasets((("churn", Path("~nosuchuser/x")),), tmp_path)
    good = ("churn", tmp_path / "good.parquet")
    with pytest.raises(UsageError, match="Two datasets are called churn"):
        await load_datasets((good, good), tmp_path)
    with pytest.raises(UsageError, match="needs a name"):
        await load_datasets(((" ", tmp_path / "good.parquet"),), tmp_path)


async def test_without_a_cache_the_samples_are_made_beside(tmp_path: Path) -> None:
    """As in a container, whose home cannot be written."""
    (tmp_path / "file").write_text("")
    cache = tmp_path / "file" / "cache"
    found = await load_datasets((), cache, spare_dir=tmp_path / "spare")
    assert all(file.is_relative_to(tmp_path / "spare") for each in found for file in each.files)
    with pytest.raises(UsageError, match="cannot be made in") as caught:
        await load_datasets((), cache, spare_dir=tmp_path / "file")
    assert "TMPDIR" in caught.value.next_step
