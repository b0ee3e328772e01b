"""Hooks: a command and a webhook that hear of a change. They get one JSON document; nothing is put on a command line.

A hook has a time limit, and what it does wrong is written to the log and told as a sentence: it never stops an export.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tarmac.profiles.addresses import webhook_complaint
from tarmac.profiles.models import Notify
from tarmac.terms.errors import TarmacError
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.services.workspace import Workspace

_log = logging.getLogger("tarmac.hooks")


async def send_hooks(ws: Workspace, notify: Notify, document: Mapping[str, Any]) -> tuple[str, ...]:
    """Run the command and call the webhook at the same time; return what went wrong, in sentences."""
    body = json.dumps(document, ensure_ascii=True).encode()
    timeout_s = notify.timeout.total_seconds()
    waiting = []
    if notify.command:
        waiting.append(run_command(notify.command, body, timeout_s))
    if notify.webhook is not None:
        try:
            address = (await ws.secret_box.get(notify.webhook)).reveal()
        except TarmacError as error:
            waiting.append(_problem(error.message))
        else:
            waiting.append(call_webhook(address, body, timeout_s))
    problems = tuple(problem for problem in await asyncio.gather(*waiting) if problem)
    for problem in problems:
        _log.warning("%s", problem)
    return problems


async def hook_problems(ws: Workspace, notify: Notify) -> tuple[str, ...]:
    """Return what would keep the hooks from being told, in sentences, without telling them anything."""
    found = []
    if notify.command and await asyncio.to_thread(shutil.which, notify.command[0]) is None:
        found.append(f"the hook command {plain(notify.command[0], 80)} is not there, or is no program")
    if notify.webhook is not None:
        try:
            complaint = webhook_complaint((await ws.secret_box.get(notify.webhook)).reveal())
        except TarmacError as error:
            found.append(f"the webhook of [notify] cannot be used: {error.message}")
        else:
            found += [f"the webhook of [notify] {complaint}"] if complaint else []
    return tuple(found)


async def run_command(command: Sequence[str], body: bytes, timeout_s: float) -> str:
    """Run a command with the document on its stdin; return what went wrong, or the empty text.

    It runs in a session of its own: at its time limit it ends with everything that it started.
    """
    name = plain(command[0], 80)
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        return f"the hook command {name} cannot be started: {error.strerror or type(error).__name__}"
    try:
        async with asyncio.timeout(timeout_s):
            await process.communicate(body + b"\n")
    except TimeoutError:
        return f"the hook command {name} did not end within {timeout_s:g} s and was stopped"
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return "" if process.returncode == 0 else f"the hook command {name} ended with exit code {process.returncode}"


async def call_webhook(address: str, body: bytes, timeout_s: float) -> str:
    """Send the document by POST; return what went wrong, or the empty text. The address may hold a key: it is not shown."""
    import httpx

    complaint = webhook_complaint(address)
    if complaint:
        return f"the webhook of [notify] cannot be used: it {complaint}"
    try:
        async with httpx.AsyncClient(timeout=timeout_s, follow_redirects=False) as client, asyncio.timeout(timeout_s):
            answer = await client.post(address, content=body, headers={"Content-Type": "application/json"})
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
        return f"the webhook of [notify] could not be reached ({type(error).__name__})"
    if answer.status_code >= 300:
        # Not the answer's text: servers repeat the address in it.
        return f"the webhook of [notify] answered {answer.status_code}"
    return ""


async def _problem(message: str) -> str:
    return f"the webhook of [notify] cannot be used: {message}"
