"""Guards: a production sandbox and labelled data ask for a typed word before anything is created or changed.

A guard is an ordinary check with a `confirm` word. Words that were typed are remembered in the ledger for the export, so that
the same wish given again, by cron for example, is not asked for them again; the receipt keeps them, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tarmac.platform.errors import PlatformError
from tarmac.platform.models import Dataset, Sandbox
from tarmac.services.errors import NotConfirmed
from tarmac.services.exports.chain import Kind
from tarmac.services.landed.receipt import ConfirmedWord
from tarmac.services.plans.plan import Check, Verdict
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import TarmacError
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

CONFIRMED = "confirmed"
_PRODUCTION = "production"
_MOST_LABELS = 8


async def sandbox_of(platform: Platform, name: str) -> Sandbox | TarmacError | None:
    """Return the sandbox as the platform describes it; None where it is not listed, the error where it cannot be asked."""
    try:
        usable = await platform.sandboxes.usable()
    except PlatformError as error:
        return error
    return next((each for each in usable if each.name == name), None)


def production_guard(name: str, sandbox: Sandbox | TarmacError | None) -> Check | None:
    """Return the check about a production sandbox; None for a development one."""
    if sandbox is None or isinstance(sandbox, TarmacError):
        why = sandbox.message if isinstance(sandbox, TarmacError) else "The platform does not list it."
        return Check(Verdict.UNCHECKED, f"whether {plain(name, 60)} is a production sandbox is not known", why)
    if sandbox.kind.casefold() != _PRODUCTION:
        return None
    return Check(
        Verdict.WARNING,
        f"{plain(name, 60)} is a production sandbox",
        "What is changed here concerns live data.",
        f"Type {plain(name, 60)} to go on.",
        confirm=plain(name, 60),
    )


def labels_of(dataset: Dataset) -> tuple[str, ...]:
    """Return the data usage labels of a dataset (`dule`): every text in it, whatever its shape, without repetition."""
    return tuple(sorted({plain(label, 20) for label in _texts(dataset.raw.get("dule")) if label.strip()}))


def labels_guard(dataset: Dataset) -> Check | None:
    """Return the check about governance labels; None for a dataset without any."""
    labels = labels_of(dataset)
    if not labels:
        return None
    shown = ",".join(labels[:_MOST_LABELS])
    return Check(
        Verdict.WARNING,
        f"the dataset carries governance labels: {', '.join(labels)}",
        "They restrict what its data may be used for; outside the platform nothing enforces that.",
        f"Type {shown} to go on.",
        confirm=shown,
    )


async def guards_for(ws: Workspace, dataset: Dataset, marker: str) -> tuple[Check, ...]:
    """Return the guards of an export; what was confirmed for it before is told, not asked again."""
    name = ws.profile.platform.sandbox
    confirmed = {each.word: each.at for each in await confirmed_words(ws, marker)}
    found = [production_guard(name, await sandbox_of(await ws.platform(), name)), labels_guard(dataset)]
    return tuple(
        replace(each, confirm="", next_step=f"Confirmed on {confirmed[each.confirm]:%Y-%m-%d %H:%M} UTC.")
        if each.confirm in confirmed
        else each
        for each in found
        if each is not None
    )


async def confirmed_words(ws: Workspace, marker: str) -> tuple[ConfirmedWord, ...]:
    """Return the words that were typed for an export, oldest first."""
    return tuple(
        ConfirmedWord(note.text("word") or "", note.text("subject") or "", note.at)
        for note in await ws.ledger.notes(CONFIRMED)
        if note.text("marker") == marker and note.text("word")
    )


async def remember_words(ws: Workspace, marker: str, guards: Iterable[Check], words: Collection[str]) -> None:
    """Write down which guards were confirmed by which words."""
    given = {word.strip() for word in words}
    for guard in guards:
        if guard.confirm in given:
            facts = {"about": CONFIRMED, "marker": marker, "word": guard.confirm, "subject": guard.title}
            await ws.ledger.add(Kind.NOTE, "", **facts)


def require_words(guards: Collection[Check], words: Collection[str]) -> None:
    """Raise NotConfirmed for the first guard whose word was not typed; nothing was sent then."""
    given = {word.strip() for word in words}
    for guard in guards:
        if guard.confirm not in given:
            raise NotConfirmed(
                f"{guard.title}: this has to be confirmed",
                meaning=f"{guard.detail} Nothing was sent.".strip(),
                next_step=f"Look at the plan, then give --confirm {guard.confirm}, or type that word in the app.",
            )


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
