"""A recording that cannot go on says so, disturbs nobody, and what it holds can be shown."""

from __future__ import annotations

import asyncio
import gzip
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.memory_store import MemoryStore
from support.workspaces import literal
from tarmac.profiles.models import PlatformSettings, Profile
from tarmac.profiles.places import Places
from tarmac.services.flight.recorder import Recorder
from tarmac.services.flight.replay import Replay
from tarmac.services.flight.tape import read_tape
from tarmac.services.reading.read_address import Protocol, ReadAddress, Signing
from tarmac.services.workspace import Workspace
from tarmac.storage.row_count import count_rows
from tarmac.terms.errors import UsageError

LIMIT = 2_000
ADDRESS = ReadAddress(Protocol.S3, Signing.KEYS, "landing", region="eu")


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes, as on a disk that is full there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def type_much(recorder: Recorder) -> None:
    for _ in range(100):
        recorder.key("ä", "ä", hidden=False)


def test_a_recording_that_is_whole_has_nothing_to_say(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "session.jsonl")
    type_much(recorder)
    recorder.close()
    assert recorder.ended_early == ""
    assert len(read_tape(tmp_path / "session.jsonl").of("key")) == 100


def test_a_full_disk_ends_it_with_a_word_and_what_is_there_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    with files_up_to(LIMIT):
        recorder = Recorder(file)
        type_much(recorder)
        recorder.close()
    assert recorder.ended_early == f"The recording {file} ends before the session does: File too large."
    assert file.stat().st_size <= LIMIT
    assert 0 < len(read_tape(file).of("key")) < 100


def test_it_does_not_grow_for_ever(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    recorder = Recorder(file, max_bytes=LIMIT)
    type_much(recorder)
    recorder.close()
    assert recorder.ended_early.endswith("it has become too long.")
    assert 0 < len(read_tape(file).of("key")) < 100


def test_a_cut_through_the_middle_of_a_character_loses_that_line_only(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    recorder = Recorder(file)
    type_much(recorder)
    recorder.close()
    data = file.read_bytes()
    file.write_bytes(data[: data.rfind("ä".encode()) + 1])
    assert len(read_tape(file).of("key")) == 99


def test_a_line_in_the_middle_that_is_broken_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    recorder = Recorder(file)
    type_much(recorder)
    recorder.close()
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([*lines[:5], "{broken\n", *lines[5:]]), encoding="utf-8")
    with pytest.raises(UsageError, match="line 6 is not JSON"):
        read_tape(file)


async def boarded(folder: Path, *names: str) -> Recorder:
    """A recorder that has seen these profiles opened, each with a secret of its own."""
    places = Places(folder / "config", folder / "state")
    recorder = Recorder(folder / "session.jsonl")
    for name in names:
        settings = PlatformSettings("A@AdobeOrg", "client", literal(f"secret-of-{name}"), "prod")
        ws = Workspace(Profile(name, settings, {}), places=places)
        await ws.secret_box.get(settings.client_secret)
        recorder.board(ws)
    return recorder


async def test_a_receipt_that_is_gone_when_it_is_looked_at_disturbs_nobody(tmp_path: Path) -> None:
    receipts = Places(tmp_path / "config", tmp_path / "state").receipts("acme")
    receipts.mkdir(parents=True)
    (receipts / "run.json").write_text("{}")
    (receipts / "gone.json").symlink_to(tmp_path / "nowhere")
    recorder = await boarded(tmp_path, "acme")
    recorder.close()
    [profile] = read_tape(tmp_path / "session.jsonl").of("profile")
    assert [path.rpartition("/")[2] for path in profile["files"]] == ["run.json"]


async def test_the_secrets_of_the_profile_before_stay_masked(tmp_path: Path) -> None:
    recorder = await boarded(tmp_path, "first", "second")
    recorder.key("x", "it was secret-of-first and secret-of-second", hidden=False)
    recorder.close()
    text = (tmp_path / "session.jsonl").read_text(encoding="utf-8")
    assert "secret-of" not in text


async def test_a_replay_goes_on_when_what_was_counted_is_counted_again(tmp_path: Path) -> None:
    recorder = await boarded(tmp_path, "acme")
    store = recorder.watched(MemoryStore({"rows.json.gz": gzip.compress(b"{}\n")}), "landing", ADDRESS)
    files = [file async for page in store.list_files("") for file in page]
    await count_rows(store, files)
    recorder.close()
    tape = read_tape(tmp_path / "session.jsonl")
    replay = Replay(tape, tmp_path / "again")
    until_s = tape.of("counted")[-1]["t"]
    async with asyncio.TaskGroup() as group:
        task = group.create_task(replay.caught_up(until_s))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not task.done(), "a key would be pressed before the rows are there"
        opened = await replay.opened_store("landing")
        assert [each.rows for each in await count_rows(opened.store, files)] == [1]
        async with asyncio.timeout(5):
            await task


DAMAGE = [
    ('"sandbox":"prod"', '"sandbox":3', "line 2 .profile."),
    ('"timing":{"probe":20.0', '"timing":{"probe":"often"', "line 2 .profile."),
    ('"destinations":[]', '"destinations":[{"name":"a"}]', "line 2 .profile."),
    ('"key":"x"', '"kex":"x"', "line 3 .key."),
    ('"kind":"key"', '"kind":"exchange"', "line 3 .exchange."),
    ('"kind":"key"', '"kind":"listing"', "line 3 .listing."),
]


@pytest.mark.parametrize(("right", "wrong", "where"), DAMAGE, ids=[wrong for _, wrong, _ in DAMAGE])
async def test_a_damaged_recording_is_refused_by_its_line(tmp_path: Path, right: str, wrong: str, where: str) -> None:
    recorder = await boarded(tmp_path, "acme")
    recorder.key("x", "x", hidden=False)
    recorder.close()
    file = tmp_path / "session.jsonl"
    text = file.read_text(encoding="utf-8")
    assert text.count(right) == 1
    Replay(read_tape(file), tmp_path / "shown")
    file.write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(UsageError, match=where):
        Replay(read_tape(file), tmp_path / "shown again")
