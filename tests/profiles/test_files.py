"""Files are written whole or not at all, and for their owner only."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tarmac.profiles.errors import ProfileError
from tarmac.profiles.files import make_private_dir, write_atomic, write_new


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_modes_whatever_the_umask(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "c.toml"
    write_atomic(file, b"x")
    assert [mode(path) for path in (file, file.parent, file.parent.parent)] == [0o600, 0o700, 0o700]
    write_new(tmp_path / "d" / "e.toml", b"x")
    assert mode(tmp_path / "d" / "e.toml") == 0o600


def test_replacing_tightens_and_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_bytes(b"old")
    file.chmod(0o644)
    write_atomic(file, b"new")
    assert (file.read_bytes(), mode(file), names(tmp_path)) == (b"new", 0o600, ["c.toml"])


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "git" / "c.toml"
    write_atomic(real, b"old")
    link = tmp_path / "c.toml"
    link.symlink_to(real)
    write_atomic(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_new_never_replaces(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    write_new(file, b"first")
    with pytest.raises(FileExistsError):
        write_new(file, b"second")
    assert (file.read_bytes(), names(tmp_path)) == (b"first", ["c.toml"])


def test_failure_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "c.toml"
    write_atomic(file, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ProfileError, match="the disk is full"):
        write_atomic(file, b"new")
    assert (file.read_bytes(), names(tmp_path)) == (b"old", ["c.toml"])


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    with pytest.raises(ProfileError, match="is a file, not a folder") as caught:
        write_atomic(tmp_path / "config" / "profiles" / "a.toml", b"x")
    assert caught.value.next_step
    with pytest.raises(ProfileError, match="cannot be written"):
        make_private_dir(tmp_path / "config")
