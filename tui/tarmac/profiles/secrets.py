"""Secret references resolved at the last moment. Errors name the reference, never the value."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import assert_never

from tarmac.profiles.errors import SecretUnavailable
from tarmac.profiles.keyring_secrets import from_keyring
from tarmac.profiles.models import SecretRef, SecretSource
from tarmac.profiles.secret_commands import from_command
from tarmac.profiles.secret_files import from_file
from tarmac.terms.secrets import Secret


async def resolve(ref: SecretRef) -> Secret:
    """Return the secret that `ref` points at. Commands have 15 s, a keyring 60 s.

    Raises SecretUnavailable, which names file, line and key where a file has the reference.
    """
    try:
        value = await _value(ref)
        if not value.strip():
            raise SecretUnavailable(
                f"The secret from {ref.describe()} is empty", next_step="Put the secret there, or change the profile."
            )
    except SecretUnavailable as error:
        if ref.place is None:
            raise
        raise SecretUnavailable(f"{ref.place}: {error.message}", next_step=error.next_step) from None
    return Secret(value)


async def _value(ref: SecretRef) -> str:
    match ref.source:
        case SecretSource.LITERAL:
            return ref.value
        case SecretSource.ENV:
            return _from_environment(ref)
        case SecretSource.COMMAND:
            return _shortened(await from_command(ref), ref)
        case SecretSource.FILE:
            return _shortened(await asyncio.to_thread(from_file, ref), ref)
        case SecretSource.KEYRING:
            return await from_keyring(ref)
        case _:
            assert_never(ref.source)


class SecretBox:
    """The secrets of this process, each resolved once: a password manager asks its person once, not at every request.

    Failures are not kept. Callers that ask for the same secret at the same time share one resolution.
    """

    def __init__(self) -> None:
        self._known: dict[SecretRef, Secret] = {}
        self._locks: dict[SecretRef, asyncio.Lock] = {}

    async def get(self, ref: SecretRef) -> Secret:
        """Return the secret, resolving it the first time. Raises SecretUnavailable."""
        async with self._locks.setdefault(ref, asyncio.Lock()):
            if ref not in self._known:
                self._known[ref] = await resolve(ref)
            return self._known[ref]

    @property
    def known(self) -> tuple[Secret, ...]:
        """All that was resolved so far, for masking in logs."""
        return tuple(self._known.values())


def _from_environment(ref: SecretRef) -> str:
    value: str | None = None
    with contextlib.suppress(ValueError):  # a name with = or a null character
        value = os.environ.get(ref.value)
    if value is None:
        raise SecretUnavailable(
            f"The secret from {ref.describe()} is missing: the variable is not set",
            next_step=f"Set {ref.value} before starting tarmac, or change the profile.",
        )
    return value


def _shortened(text: str, ref: SecretRef) -> str:
    """Without trailing line ends; the first line only, unless the value has several."""
    text = text.rstrip("\r\n")
    return text if ref.whole else text.partition("\n")[0].rstrip("\r")
