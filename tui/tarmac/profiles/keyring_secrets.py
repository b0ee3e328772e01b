"""Secrets in the desktop's keyring, an optional extra. A keyring that is a plain file or none at all counts as none."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from tarmac.profiles.errors import SecretUnavailable
from tarmac.profiles.models import SecretRef

DEFAULT_SERVICE = "tarmac"
TIMEOUT_SECONDS = 60.0

_NO_KEYRING = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")
_OTHER_WAYS = "Use { env = … }, { command = [ … ] } or { file = … } in the profile instead."


async def from_keyring(ref: SecretRef, timeout_seconds: float = TIMEOUT_SECONDS) -> str:
    """Return the password of entry `SERVICE/USER`, or of user `NAME` of the service `tarmac`. Raises SecretUnavailable."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()

    def settle(value: str | None, error: Exception | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(value or "")

    def ask() -> None:
        value: str | None = None
        failure: Exception | None = None
        try:
            value = _password(ref)
        except SecretUnavailable as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - a back end may raise anything; its text may hold anything
            failure = _unavailable(
                ref, f"the keyring failed ({type(error).__name__})", "Unlock the keyring and try again."
            )
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, value, failure)

    # A thread of its own and not of the pool: a keyring that waits for its person must not hold up the end of the process.
    threading.Thread(target=ask, name="keyring", daemon=True).start()
    try:
        async with asyncio.timeout(timeout_seconds):
            return await answer
    except TimeoutError:
        raise _unavailable(
            ref, f"the keyring gave no answer within {timeout_seconds:g} s", "Unlock it and try again."
        ) from None


def _password(ref: SecretRef) -> str:
    try:
        import keyring
    except ImportError:
        raise _unavailable(ref, "keyring support is not installed", f"Install tarmac[keyring]. {_OTHER_WAYS}") from None
    backends = [backend for backend in _flat(keyring.get_keyring()) if not _is_none(backend)]
    if not backends:
        raise _unavailable(ref, "this machine has no keyring", _OTHER_WAYS)
    service, separator, user = ref.value.rpartition("/")
    if not separator:
        service, user = DEFAULT_SERVICE, ref.value
    for backend in backends:
        value = backend.get_password(service, user)
        if value is not None:
            return str(value)
    raise _unavailable(ref, "there is no such entry", f"Add it: keyring set {service} {user}")


def _flat(backend: Any) -> list[Any]:
    """The keyrings behind the one that chains several, else the keyring itself."""
    chained = type(backend).__module__ == "keyring.backends.chainer"
    return list(backend.backends) if chained else [backend]


def _is_none(backend: Any) -> bool:
    module = type(backend).__module__
    return any(module == none or module.startswith(f"{none}.") for none in _NO_KEYRING)


def _unavailable(ref: SecretRef, cause: str, next_step: str) -> SecretUnavailable:
    return SecretUnavailable(f"The secret from {ref.describe()} is not available: {cause}", next_step=next_step)
