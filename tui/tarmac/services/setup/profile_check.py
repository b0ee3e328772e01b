"""Whether a profile works: all that is wrong with it at once, not only the first of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tarmac.profiles.models import SecretRef
from tarmac.profiles.profile_store import ProfileStore
from tarmac.profiles.profile_template import untouched_samples
from tarmac.services.workspace import Workspace
from tarmac.terms.errors import TarmacError, UsageError


@dataclass(frozen=True)
class ProfileCheck:
    """`warnings` are sentences, `problems` what keeps the profile from working, in the order in which to correct it."""

    warnings: tuple[str, ...]
    problems: tuple[TarmacError, ...]

    @property
    def gravest(self) -> TarmacError | None:
        """What decides how the check ends: what the platform says, else what is wrong in the file."""
        said = [each for each in self.problems if not isinstance(each, UsageError)]
        return next(iter([*said, *self.problems]), None)


async def check_whole_profile(ws: Workspace) -> ProfileCheck:
    """Look at the file, resolve every secret, sign in and read one thing from the sandbox.

    Where the samples of a new profile are untouched or the client's secret is missing, nothing is sent. Never raises.
    """
    store, name = ProfileStore(ws.places), ws.profile.name
    summary = await asyncio.to_thread(store.check, name)
    problems: list[TarmacError] = list(await asyncio.to_thread(untouched_samples, store.file(name)))
    problems += await _missing(ws, ws.profile.platform.client_secrets)
    if not problems:
        try:
            platform = await ws.platform()
            await platform.sign_in()
            await platform.flows.named("tarmac profile check")
        except TarmacError as error:
            problems.append(error)
    of_destinations = [
        each
        for destination in ws.profile.destinations.values()
        for each in (*destination.credentials.values(), *destination.reader.values())
        if isinstance(each, SecretRef)
    ]
    problems += await _missing(ws, of_destinations)
    return ProfileCheck(summary.warnings, tuple(problems))


async def _missing(ws: Workspace, references: tuple[SecretRef, ...] | list[SecretRef]) -> list[TarmacError]:
    found: list[TarmacError] = []
    for ref in dict.fromkeys(references):
        try:
            await ws.secret_box.get(ref)
        except UsageError as error:
            found.append(error)
    return found
