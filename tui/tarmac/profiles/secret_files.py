"""Secrets in files of their own."""

from __future__ import annotations

import os
import stat

from tarmac.profiles.errors import SecretUnavailable
from tarmac.profiles.models import SecretRef
from tarmac.terms.own_path import own_path

MAX_BYTES = 64 * 1024


def from_file(ref: SecretRef) -> str:
    """Return the text of the file. Raises SecretUnavailable, also when everybody on the machine can read it. Blocks."""
    path = own_path(ref.value)
    try:
        with open(path, "rb", opener=_open_without_waiting) as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise _unavailable(ref, "it is not a file", "Name the file itself.")
            # Secrets mounted into a container are often 0444 on a read-only mount: nobody can change that there.
            if mode & stat.S_IROTH and not os.fstatvfs(stream.fileno()).f_flag & os.ST_RDONLY:
                raise _unavailable(ref, "everybody on this machine can read it", f"Run chmod 600 {path}")
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        cause = (error.strerror if isinstance(error, OSError) else None) or "it cannot be opened"
        raise _unavailable(ref, cause, "Check the path in the profile and the file's owner.") from None
    if len(data) > MAX_BYTES:
        raise _unavailable(ref, "it is larger than 64 KiB", "Name a file that holds the secret only.")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _unavailable(ref, "it is not text", "Name a file that holds the secret only.") from None


def _open_without_waiting(path: str, flags: int) -> int:
    """A named pipe in the place of the file must not hold us."""
    return os.open(path, flags | os.O_NONBLOCK)


def _unavailable(ref: SecretRef, cause: str, next_step: str) -> SecretUnavailable:
    return SecretUnavailable(f"The secret from {ref.describe()} is not available: {cause}", next_step=next_step)
