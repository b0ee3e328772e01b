"""Files written whole or not at all, for this user's eyes only. All functions block: call them off the event loop."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from tarmac.profiles.errors import ProfileError

PRIVATE_DIR = 0o700
PRIVATE_FILE = 0o600

_CAUSES = {
    errno.EACCES: ("you may not write there", "Make the folder yours, or set TARMAC_CONFIG_DIR and TARMAC_STATE_DIR."),
    errno.EPERM: ("you may not write there", "Make the folder yours, or set TARMAC_CONFIG_DIR and TARMAC_STATE_DIR."),
    errno.EROFS: (
        "the disk is read-only",
        "Set TARMAC_CONFIG_DIR and TARMAC_STATE_DIR to a place that can be written.",
    ),
    errno.ENOSPC: ("the disk is full", "Free some space and try again; the old file is unchanged."),
    errno.EDQUOT: ("your disk quota is used up", "Free some space and try again; the old file is unchanged."),
    errno.ENOTDIR: ("a part of this path is a file, not a folder", "Move that file out of the way."),
    errno.EEXIST: ("a file is in the way", "Move that file out of the way."),
}


def cannot_write(file: Path, error: OSError) -> ProfileError:
    """Return what a person is told when `file` could not be written."""
    cause, next_step = _CAUSES.get(
        error.errno or 0, (error.strerror or "unknown cause", "Check the folder and try again.")
    )
    return ProfileError(f"cannot be written: {cause}", file=file, next_step=next_step)


def is_there(file: Path) -> bool:
    """Whether there is something at `file`. Raises ProfileError when that cannot be known: `Path.exists` would raise."""
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        cause = error.strerror or "unknown cause"
        raise ProfileError(f"cannot be read: {cause}", file=file, next_step="Check the folder's owner.") from error
    return True


def make_private_dir(folder: Path) -> None:
    """Create `folder` and its missing parents with mode 0700; what exists is left as it is. Raises ProfileError."""
    try:
        for path in reversed([path for path in (folder, *folder.parents) if not path.is_dir()]):
            with contextlib.suppress(FileExistsError):
                path.mkdir(mode=PRIVATE_DIR)
        if not folder.is_dir():
            raise FileExistsError(errno.EEXIST, "a file is in the way")
    except OSError as error:
        raise cannot_write(folder, error) from error


def try_folder(folder: Path) -> None:
    """Make `folder` where it is not there, write a page into it and take that away again. Raises ProfileError."""
    make_private_dir(folder)
    try:
        _write_beside(folder / "trial", b"\n" * 4096).unlink()
    except OSError as error:
        raise cannot_write(folder, error) from error


def write_atomic(file: Path, content: bytes) -> None:
    """Replace `file` by `content` with mode 0600: after a crash there is the old file or the new one.

    A symbolic link stays one: what it points at is replaced (dot files kept in git). Raises ProfileError.
    """
    target = Path(os.path.realpath(file))
    make_private_dir(target.parent)
    try:
        temporary = _write_beside(target, content)
        try:
            temporary.replace(target)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync_dir(target.parent)
    except OSError as error:
        raise cannot_write(file, error) from error


def write_new(file: Path, content: bytes) -> None:
    """Create `file` with mode 0600, whole or not at all. Raises FileExistsError when it is there, else ProfileError."""
    make_private_dir(file.parent)
    try:
        temporary = _write_beside(file, content)
    except OSError as error:
        raise cannot_write(file, error) from error
    try:
        # A hard link is the one call that is both atomic and refuses to replace.
        os.link(temporary, file)
        _sync_dir(file.parent)
    except FileExistsError:
        raise
    except OSError as error:
        raise cannot_write(file, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _write_beside(target: Path, content: bytes) -> Path:
    """Write `content` to a hidden file in the folder of `target`, down to the disk, and return it."""
    # The name's length does not depend on the target's, so a long name does not fail here only.
    temporary = target.parent / f".tarmac-{os.urandom(8).hex()}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _sync_dir(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot sync a folder; the file itself is on the disk.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)
