"""Saved exports: strict to read, and what is saved reads back the same."""

from __future__ import annotations

import contextlib
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.export_parsing import export_text, parse_export
from tarmac.profiles.export_store import ExportStore
from tarmac.profiles.models import Export
from tarmac.profiles.places import Places
from tarmac.terms.formats import Compression, FileFormat
from tarmac.terms.schedules import Schedule, ScheduleKind

FILE = Path("churn.toml")
START = datetime(2026, 12, 1, 1, tzinfo=UTC)
CHURN = Export("churn", "66c0ffee0000000000000001", "landing")
WANTED = 'dataset = "d"\ndestination = "landing"\n'


def parse(text: str) -> Export:
    return parse_export(text.encode(), FILE, "churn")


def test_the_smallest_export_has_the_usual_format() -> None:
    assert parse(WANTED) == Export("churn", "d", "landing", FileFormat.PARQUET, Compression.GZIP, Schedule())


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ('{ kind = "once" }', Schedule(ScheduleKind.ONCE)),
        ('{ kind = "incremental", every = "6h" }', Schedule(ScheduleKind.INCREMENTAL, timedelta(hours=6))),
        ('{ kind = "Incremental", every = "24h" }', Schedule(ScheduleKind.INCREMENTAL, timedelta(days=1))),
        ('{ kind = "ad-hoc", start = 2026-12-01T02:00:00+01:00 }', Schedule(start=START)),
    ],
)
def test_schedules(text: str, schedule: Schedule) -> None:
    assert parse(WANTED + f"schedule = {text}").schedule == schedule
    header = text.strip("{} ").replace(", ", "\n")
    assert parse(WANTED + f"[schedule]\n{header}").schedule == schedule


@pytest.mark.parametrize(
    ("text", "line", "words", "next_words"),
    [
        ('dataset = "d"', None, "destination is missing", "landing"),
        (WANTED + 'fromat = "json"', 3, "no setting fromat", "format"),
        (WANTED + 'format = "csv"', 3, "none of parquet, json", ""),
        (WANTED + 'format = "json"\ncompression = "none"', 4, "json needs", "gzip"),
        (WANTED.replace("landing", "a/b"), 2, "not the name of a destination", "NAME"),
        (WANTED + 'path = "../up"', 3, "must not hold", "ml/churn"),
        (WANTED + 'folder_template = "a/../../b"', 3, "must not hold", "DATASET_ID"),
        (WANTED + 'schedule = "once"', 3, "is text, not a table", "schedule = {"),
        (WANTED + "[schedule]", 3, "schedule.kind is missing", "ad-hoc"),
        (WANTED + '[schedule]\nkind = "daily"', 4, "none of ad-hoc, once, incremental", ""),
        (WANTED + '[schedule]\nkind = "incremental"', 3, "every is missing", "6h"),
        (WANTED + '[schedule]\nkind = "once"\nevery = "6h"', 5, "no meaning", "Remove"),
        (WANTED + '[schedule]\nkind = "incremental"\nevery = "90m"', 5, "neither whole hours", "6h"),
        (WANTED + '[schedule]\nkind = "incremental"\nevery = "36h"', 5, "neither whole hours", "6h"),
        (WANTED + '[schedule]\nkind = "incremental"\nevery = "400d"', 5, "neither whole hours", "6h"),
        (WANTED + '[schedule]\nkind = "once"\nstart = 2026-12-01T01:00:00', 5, "no time zone", "2026-12-01T01:00:00Z"),
        (WANTED + '[schedule]\nkind = "once"\nstart = 2026-12-01', 5, "not a date and time", "01:00:00Z"),
        (WANTED + '[schedule]\nkind = "once"\nstart = 0001-01-01T00:00:00+14:00', 5, "calendar", "year"),
        (
            WANTED + '[schedule]\nkind = "once"\nend = 2026-01-01T00:00:00Z\nstart = 2026-01-01T00:00:00Z',
            5,
            "is not after start",
            "leave end out",
        ),
    ],
)
def test_wrong_exports(text: str, line: int | None, words: str, next_words: str) -> None:
    with pytest.raises(ProfileError) as caught:
        parse(text)
    assert words in caught.value.message
    assert next_words in caught.value.next_step
    assert caught.value.line == line


def test_saved_text_is_the_documented_one() -> None:
    schedule = Schedule(ScheduleKind.INCREMENTAL, timedelta(hours=6), START, START.replace(year=2027))
    assert export_text(replace(CHURN, schedule=schedule), FILE) == (
        'dataset = "66c0ffee0000000000000001"\ndestination = "landing"\nformat = "parquet"\ncompression = "gzip"\n'
        'schedule = { kind = "incremental", every = "6h", start = 2026-12-01T01:00:00Z, end = 2027-12-01T01:00:00Z }\n'
    )


texts = st.text(max_size=20)
moments = st.none() | st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]))
steps = st.integers(1, 23).map(lambda hours: timedelta(hours=hours)) | st.integers(1, 365).map(
    lambda d: timedelta(days=d)
)
exports = st.builds(
    Export,
    name=st.just("churn"),
    dataset=texts,
    destination=st.sampled_from(["landing", "lake.v2"]),
    format=st.sampled_from(FileFormat),
    compression=st.sampled_from(Compression),
    schedule=st.builds(Schedule, st.sampled_from(ScheduleKind), st.none() | steps, moments, moments),
    path=st.none() | texts,
    folder_template=st.none() | texts,
)


@given(exports)
def test_what_is_saved_reads_back(export: Export) -> None:
    # A refusal is fine; another exception or a silent change is not.
    with contextlib.suppress(ProfileError):
        assert parse(export_text(export, FILE)) == export


@pytest.mark.parametrize(
    "start", [datetime.min.replace(tzinfo=timezone(timedelta(hours=5))), START.replace(tzinfo=None)]
)
def test_times_that_cannot_be_saved(start: datetime) -> None:
    with pytest.raises(ProfileError, match="cannot be saved"):
        export_text(replace(CHURN, schedule=Schedule(start=start)), FILE)


plain_texts = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters=".\\"), min_size=1)


@given(plain_texts, plain_texts)
def test_ordinary_exports_are_never_refused(dataset: str, path: str) -> None:
    export = replace(CHURN, dataset=dataset, path=path)
    assert parse(export_text(export, FILE)) == export


@given(
    st.binary(max_size=100)
    | st.dictionaries(texts, texts | st.datetimes() | st.integers()).map(lambda d: tomli_w.dumps(d).encode())
)
def test_any_bytes_give_an_export_or_a_profile_error(data: bytes) -> None:
    with contextlib.suppress(ProfileError):
        parse_export(data, FILE, "churn")


def test_store(places: Places) -> None:
    store = ExportStore(places, "acme")
    assert store.list() == ()
    file = store.save(CHURN)
    assert file == places.config / "exports" / "acme" / "churn.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    store.save(CHURN)
    assert file.read_bytes() == before
    changed = replace(CHURN, format=FileFormat.JSON)
    store.save(changed)
    assert store.load("churn") == changed
    (file.parent / "broken.toml").write_text("dataset = 1")
    (file.parent / "a b.toml").write_text("")
    broken_name, broken, good = store.list()
    assert (broken.name, good.export) == ("broken", changed)
    assert broken.problem is not None
    assert broken_name.problem is not None
    assert store.names() == ("a b", "broken", "churn")


def test_store_with_names_that_are_not_there(places: Places) -> None:
    store = ExportStore(places, "acme")
    with pytest.raises(ProfileError, match="has none"):
        store.load("churn")
    store.save(CHURN)
    with pytest.raises(ProfileError, match="there are: churn") as caught:
        store.load("chrun")
    assert caught.value.next_step == "Did you mean churn?"
    for bad in ("../churn", "", "a/b"):
        with pytest.raises(ProfileError, match="cannot be the name"):
            store.save(replace(CHURN, name=bad))
    with pytest.raises(ProfileError, match="cannot be the name"):
        ExportStore(places, "../acme")
