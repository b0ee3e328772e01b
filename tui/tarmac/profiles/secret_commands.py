"""Secrets printed by a command, such as a password manager's: no shell, no terminal, no endless wait."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

from tarmac.profiles.errors import SecretUnavailable
from tarmac.profiles.models import SecretRef

TIMEOUT_SECONDS = 15.0
MAX_BYTES = 64 * 1024


async def from_command(ref: SecretRef, timeout_seconds: float = TIMEOUT_SECONDS) -> str:
    """Run the command and return what it printed. Raises SecretUnavailable; the command is gone when this returns.

    It gets no input and no terminal, so that a prompt cannot draw over the app or wait for keys that never come. What it
    complains of is not kept: some programs repeat the secret there.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *ref.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        cause = (error.strerror if isinstance(error, OSError) else None) or "it cannot be started"
        raise _unavailable(ref, cause, "Check the program's name and that it is installed.") from None
    finished = False
    try:
        async with asyncio.timeout(timeout_seconds):
            output = await _read(process.stdout)
            status = await process.wait()
        finished = True
    except TimeoutError:
        raise _unavailable(
            ref,
            f"it gave no answer within {timeout_seconds:g} s",
            "Run it by hand: if it asks something, unlock the password manager first.",
        ) from None
    finally:
        if not finished:
            await _end(process)
    if len(output) > MAX_BYTES:
        raise _unavailable(ref, "it printed more than 64 KiB", "Let it print the secret only.")
    try:
        text = output.decode()
    except UnicodeDecodeError:
        raise _unavailable(ref, "it printed something that is not text", "Let it print the secret only.") from None
    if status != 0:
        how = f"it ended with status {status}" if status > 0 else f"it was ended by signal {-status}"
        raise _unavailable(ref, how, "Run it by hand: what it says is not repeated here, since it may hold the secret.")
    return text


async def _read(stream: asyncio.StreamReader | None) -> bytes:
    """Read to the end, keeping a little more than the limit at most."""
    kept = bytearray()
    if stream is None:  # pragma: no cover - it is a pipe
        return b""
    while chunk := await stream.read(8192):
        kept += chunk[: MAX_BYTES + 1 - len(kept)]
    return bytes(kept)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the command and all that it started, also when we are cancelled."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.returncode is None:
        await asyncio.shield(process.wait())


def _unavailable(ref: SecretRef, cause: str, next_step: str) -> SecretUnavailable:
    return SecretUnavailable(f"The secret from {ref.describe()} is not available: {cause}", next_step=next_step)
