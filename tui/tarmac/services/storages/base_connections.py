"""Base connections of the sandbox: which ones a destination can use, testing one, and giving one other keys in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tarmac.platform.errors import NotFound, PlatformError, StaleEtag
from tarmac.platform.models import Connection, Dataset
from tarmac.profiles.models import Destination, Export
from tarmac.services.errors import PlanOutdated
from tarmac.services.exports.chain import Kind
from tarmac.services.plans.compare import base_differences, must_be_new
from tarmac.services.plans.existing import choose_base
from tarmac.services.plans.fingerprints import remember_secrets
from tarmac.services.plans.plan import Wish
from tarmac.services.plans.wanted import Wanted, wanted_for
from tarmac.services.workspace import Workspace
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import TarmacError, UsageError
from tarmac.terms.secrets import Secret
from tarmac.terms.states import ObjectState
from tarmac.terms.text import plain

if TYPE_CHECKING:
    from tarmac.platform.client import Platform

ROTATED = "rotated"
_LOCK_WAIT_S = 10.0
_SENDS = 3


@dataclass(frozen=True)
class WriterTest:
    """The platform's own test of a base connection. `ok` None: it could not be asked, or did not say."""

    ok: bool | None
    words: str
    connection: Connection | None = None
    error: TarmacError | None = None
    next_step: str = ""


async def usable_bases(ws: Workspace, kind: DestinationKind | None = None) -> tuple[Connection, ...]:
    """Return the enabled base connections of the sandbox that a destination of `kind` (or of any of the six) can use.

    The newest first. Raises what the platform raises.
    """
    spec_id = None if kind is None else kind.spec.connection_spec_id
    found = await (await ws.platform()).connections.all(spec_id=spec_id)
    usable = [each for each in found if each.kind is not None and each.state in {None, ObjectState.ENABLED}]
    usable.sort(key=lambda each: each.created_at.timestamp() if each.created_at else 0.0, reverse=True)
    return tuple(usable)


def base_in_use(ws: Workspace, destination: Destination, bases: Sequence[Connection]) -> Connection | None:
    """Return the one of `bases` that an export to `destination` would go on with; None: one would be made.

    Raises UsageError when the destination names one that is not there.
    """
    same_kind = [each for each in bases if each.kind is destination.kind]
    return choose_base(same_kind, _wanted(ws, destination))


async def writer_test(ws: Workspace, destination: Destination) -> WriterTest:
    """Let the platform test the base connection of a destination (`/connections/{id}/test`).

    Never raises for what the test itself finds; raises UsageError, and what the platform raises for the look before it.
    """
    base = base_in_use(ws, destination, await usable_bases(ws, destination.kind))
    if base is None:
        return WriterTest(
            None, "there is no base connection yet: the first export makes it, and the platform tests it then"
        )
    shown = f'"{plain(base.name, 80)}"'
    try:
        ok = await (await ws.platform()).connections.test(base.id)
    except NotFound:
        # For destinations the test is undocumented (§12): its absence says nothing about the connection.
        return WriterTest(None, f"the platform has no test for {shown}", base)
    except PlatformError as error:
        if error.is_passing or error.maybe_done:
            return WriterTest(None, f"the platform could not test {shown} now: {error.message}", base, error)
        step = "Check the credentials and the location in the profile; correct keys go there with `tarmac destination rotate`."
        return WriterTest(False, f"the platform cannot use {shown}: {error.message}", base, error, step)
    if ok is None:
        return WriterTest(None, f"the platform tested {shown}, and its answer does not say how it went", base)
    words = f"the platform can use {shown}" if ok else f"the platform's test of {shown} failed"
    step = "" if ok else "Check the credentials in the profile; correct ones go there with `tarmac destination rotate`."
    return WriterTest(ok, words, base, next_step=step)


async def rotate(ws: Workspace, destination: Destination) -> Connection:
    """Give the base connection of a destination the credentials that the profile holds now, in place; return it.

    All parameters are sent, for the new ones replace the old ones whole (§3.4). Dataflows that use it go on with it.
    Raises ReadOnly and UsageError before anything is sent, PlanOutdated, and what the platform raises.
    """
    ws.require_write(f"change the credentials of {destination.name}")
    wanted = _wanted(ws, destination)
    if wanted.auth is None:
        raise _nothing_to_rotate(destination)
    secrets = await ws.secrets(wanted.secret_refs)
    for each in wanted.auth.fields:
        complaint = each.complaint(secrets[each.wire].reveal() if each.wire in secrets else "")
        if complaint is not None:
            raise UsageError(
                complaint, code="credentials", next_step=f"Correct it in the destination {destination.name}."
            )
    platform = await ws.platform()
    base = base_in_use(ws, destination, await usable_bases(ws, destination.kind))
    if base is None:
        raise UsageError(
            f"the destination {destination.name} has no base connection in this sandbox yet",
            code="no-base-connection",
            meaning="There is nothing whose keys could be changed; the first export makes it with the present ones.",
            next_step=f"Export to {destination.name}.",
        )
    if (
        must_be_new(base_differences(base, wanted))
        or (base.auth_spec or wanted.auth.spec_name) != wanted.auth.spec_name
    ):
        raise UsageError(
            f'"{plain(base.name, 80)}" signs in with {plain(base.auth_spec or "nothing", 60)}, and the profile has '
            f"{wanted.auth.words}",
            code="other-sign-in",
            meaning="The way to sign in of a base connection cannot be changed in place.",
            next_step="Export again: a new base connection is made, and the dataflow moves to it.",
        )
    async with ws.ledger.only_one(f"base-{base.id}", wait_s=_LOCK_WAIT_S):
        await _send(platform, base, secrets)
        await remember_secrets(ws.ledger, base.id, secrets)
        await ws.ledger.add(Kind.NOTE, "", about=ROTATED, base_id=base.id, destination=destination.name)
    return base


async def _send(platform: Platform, base: Connection, secrets: dict[str, Secret]) -> None:
    """Send the change; where no answer came, the etag tells whether it was carried out."""
    etag = base.etag or ""
    for attempt in range(1, _SENDS + 1):
        try:
            await platform.connections.change_credentials(base.id, etag, secrets)
        except StaleEtag as error:
            raise PlanOutdated(
                f'somebody changed "{plain(base.name, 80)}" just now',
                meaning="Its credentials were not sent.",
                next_step="Look who did, then rotate again.",
                request_id=error.request_id,
            ) from error
        except PlatformError as error:
            if not error.maybe_done or attempt == _SENDS:
                raise
            if (await platform.connections.get(base.id)).etag != base.etag:
                return
        else:
            return


def _nothing_to_rotate(destination: Destination) -> UsageError:
    if destination.kind is DestinationKind.DATA_LANDING_ZONE:
        return UsageError(
            f"{destination.name} is a landing zone: the platform hands out its credentials itself",
            code="no-credentials",
            next_step="Nothing has to be done: tarmac asks for fresh ones whenever the present ones have ended.",
        )
    return UsageError(
        f"the profile holds no credentials for {destination.name}",
        code="no-credentials",
        next_step="Add the new ones to the destination in the profile, then rotate again.",
    )


def _wanted(ws: Workspace, destination: Destination) -> Wanted:
    """What an export to `destination` wants of its base connection; the dataset has no part in that."""
    wish = Wish(Export(name=destination.name, dataset="", destination=destination.name), destination)
    return wanted_for(wish, Dataset(id="", name=""), ws.profile.platform)
