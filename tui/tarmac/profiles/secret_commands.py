"""Secrets printed by a command, such as a password manager's: no shell, no terminal, no endless wait."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

from tarmac.profiles.errors import SecretUnavailable
from tarmac.profiles.models import SecretRef
from tarmac.terms.secrets import Secret, redact
from tarmac.terms.text import plain

TIMEOUT_SECONDS = 15.0
MAX_BYTES = 64 * 1024


async def from_command(ref: SecretRef, timeout_seconds: float = TIMEOUT_SECONDS) -> str:
    """Run the command and return what it printed. Raises SecretUnavailable; the command is gone when this returns.

    It gets no input and no terminal, so that a prompt cannot draw over the app or wait for keys that never come.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *ref.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        cause = (error.strerror if isinstance(error, OSError) else None) or "it cannot be started"
        raise _unavailable(ref, cause, "Check the program's name and that it is installed.") from None
    finished = False
    try:
        async with asyncio.timeout(timeout_seconds):
            output, complaint = await _output(process)
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
        said = _first_line(complaint, text)
        raise _unavailable(ref, how + (f": {said}" if said else ""), "Run it by hand and correct what it says.")
    return text


async def _output(process: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    """Read both streams to their ends, keeping a little more than the limit of each at most."""
    if process.stdout is None or process.stderr is None:  # pragma: no cover - both are pipes
        return b"", b""
    async with asyncio.TaskGroup() as group:
        output = group.create_task(_read(process.stdout))
        complaint = group.create_task(_read(process.stderr))
    return output.result(), complaint.result()


async def _read(stream: asyncio.StreamReader) -> bytes:
    kept = bytearray()
    while chunk := await stream.read(8192):
        kept += chunk[: MAX_BYTES + 1 - len(kept)]
    return bytes(kept)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the command and all that it started, also when we are cancelled."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.returncode is None:
        await asyncio.shield(process.wait())


def _first_line(complaint: bytes, output: str) -> str:
    """The first line of what it complained about; should that repeat its output, the output is masked."""
    lines = complaint.decode(errors="replace").strip().splitlines()
    if not lines:
        return ""
    printed = [Secret(line.strip()) for line in output.splitlines() if line.strip()]
    return plain(redact(lines[0], *printed), 160)


def _unavailable(ref: SecretRef, cause: str, next_step: str) -> SecretUnavailable:
    return SecretUnavailable(f"The secret from {ref.describe()} is not available: {cause}", next_step=next_step)
