"""The datasets of the emulated data lake: Parquet files that were given, or three sample datasets made once and cached."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tarmac.emulator.contracts import Behavior, EmulatedDataset
from tarmac.emulator.parquet_files import NotParquet, ParquetFacts, facts
from tarmac.emulator.sample_data import SAMPLES, SAMPLES_VERSION, Sample, write_sample
from tarmac.terms.errors import UsageError
from tarmac.terms.own_path import own_path

# An XDM ExperienceEvent's own time; a given dataset with such a column is taken for a time series.
_EVENT_TIME = "timestamp"
_ENDING = ".parquet"


async def load_datasets(
    given: Sequence[tuple[str, Path]], cache_dir: Path, *, spare_dir: Path | None = None
) -> tuple[EmulatedDataset, ...]:
    """Return the given datasets, `(name, Parquet file or folder)`, or the sample datasets when none are given.

    Samples are made under `cache_dir` at the first start and found there later; where it cannot be written, as in many
    containers, under `spare_dir` at every start. Ids depend on the name alone.
    Raises UsageError: a path is missing, not Parquet or empty, files of one folder differ in columns, a name is used twice.
    """
    return await asyncio.to_thread(_load, tuple(given), cache_dir, spare_dir)


def dataset_id(name: str) -> str:
    """The id of the dataset called `name`: 24 hex digits, the same at every start."""
    return hashlib.sha256(f"dataset {name}".encode()).hexdigest()[:24]


def _load(given: tuple[tuple[str, Path], ...], cache_dir: Path, spare_dir: Path | None) -> tuple[EmulatedDataset, ...]:
    if not given:
        folder = _sample_folder(cache_dir, spare_dir)
        return tuple(_sample_dataset(sample, folder) for sample in SAMPLES)
    seen: set[str] = set()
    for name, _ in given:
        if not name.strip():
            raise UsageError("A dataset needs a name.", next_step="Write --dataset NAME=PATH.")
        if name in seen:
            raise UsageError(
                f"Two datasets are called {name}.",
                meaning="The platform knows a dataset by one name.",
                next_step="Give each --dataset a name of its own.",
            )
        seen.add(name)
    return tuple(_given_dataset(name, path) for name, path in given)


def _given_dataset(name: str, path: Path) -> EmulatedDataset:
    path = own_path(path).absolute()
    try:
        files = _parquet_files(name, path)
        read = [(file, _facts(name, file)) for file in files]
    except OSError as error:
        raise UsageError(
            f"Dataset {name}: {error.filename or path} cannot be read ({error.strerror}).",
            next_step="Check the path after --dataset and its permissions.",
        ) from error
    first_file, first = read[0]
    for file, other in read[1:]:
        if other.columns != first.columns:
            raise UsageError(
                f"Dataset {name}: {file.name} has other columns than {first_file.name}.",
                meaning="All files of one dataset share one schema.",
                next_step="Give each schema a folder and a --dataset of its own.",
            )
    moment = next((c.name for c in first.columns if c.name == _EVENT_TIME and c.type == "timestamp"), None)
    return EmulatedDataset(
        id=dataset_id(name),
        name=name,
        description=f"Read from {path.name}",
        files=tuple(files),
        rows=sum(each.rows for _, each in read),
        size_bytes=sum(each.size_bytes for _, each in read),
        columns=first.columns,
        behavior=Behavior.RECORD if moment is None else Behavior.TIME_SERIES,
        timestamp_column=moment,
    )


def _parquet_files(name: str, path: Path) -> list[Path]:
    if path.is_dir():
        # Spark and others leave markers and half-written files whose names begin with _ or a dot.
        files = sorted(
            file
            for file in path.rglob(f"*{_ENDING}")
            if file.is_file() and not any(part[0] in "._" for part in file.relative_to(path).parts)
        )
        if not files:
            raise UsageError(
                f"Dataset {name}: the folder {path} holds no Parquet file.",
                next_step=f"Name a folder with files that end in {_ENDING}, or one such file.",
            )
        return files
    if not path.exists():
        raise UsageError(f"Dataset {name}: {path} does not exist.", next_step="Check the path after --dataset.")
    return [path]


def _facts(name: str, file: Path) -> ParquetFacts:
    try:
        found = facts(file)
    except NotParquet as error:
        raise UsageError(
            f"Dataset {name}: {file} is not a Parquet file: {error}.",
            next_step="Convert it to Parquet, or name another file.",
        ) from error
    if not found.columns:
        raise UsageError(f"Dataset {name}: {file} has no columns.", next_step="Name a file with at least one column.")
    return found


def _sample_dataset(sample: Sample, folder: Path) -> EmulatedDataset:
    files = tuple(sorted(folder.glob(f"{sample.name}-*{_ENDING}")))
    read = [facts(file) for file in files]
    return EmulatedDataset(
        id=dataset_id(sample.name),
        name=sample.name,
        description=sample.description,
        files=files,
        rows=sum(each.rows for each in read),
        size_bytes=sum(each.size_bytes for each in read),
        columns=read[0].columns,
        behavior=sample.behavior,
        timestamp_column=sample.timestamp_column,
        label_column=sample.label_column,
    )


def _sample_folder(cache_dir: Path, spare_dir: Path | None) -> Path:
    try:
        return _cached_samples(cache_dir)
    except OSError as error:
        if spare_dir is not None:
            return _sample_folder(spare_dir, None)
        raise UsageError(
            f"The sample datasets cannot be made in {cache_dir}: {error.strerror}.",
            next_step="Set XDG_CACHE_HOME or TMPDIR to a folder that can be written, or give --dataset NAME=PATH.",
        ) from error


def _cached_samples(cache_dir: Path) -> Path:
    """Return the folder of the sample files; make it when it is not there.

    The files are made in a folder of their own that is then renamed: a folder with the final name is always whole, and of two
    that start at once the later finds the earlier's.
    """
    folder = cache_dir / f"samples-{SAMPLES_VERSION}"
    if folder.is_dir():
        return folder
    cache_dir.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".samples-", dir=cache_dir))
    try:
        for sample in SAMPLES:
            write_sample(sample, making)
        try:
            making.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder
