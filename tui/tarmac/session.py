"""What the app is working on: the open workspace, the followed runs, and what was chosen so far."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tarmac import trouble
from tarmac.terms.errors import TarmacError
from tarmac.widgets.rows import Tone

if TYPE_CHECKING:  # the services are imported after the first screen is drawn
    from tarmac.services.catalogue.dataset_cache import ListedDataset
    from tarmac.services.flight.contract import Flight
    from tarmac.services.plans.plan import Plan, Wish
    from tarmac.services.values import Destination, Places
    from tarmac.services.workspace import Workspace
    from tarmac.terms.secrets import Secret


class SignIn(StrEnum):
    """How things stand with the platform."""

    NONE = "no profile"
    SIGNING_IN = "signing in…"
    SIGNED_IN = "● signed in"
    OFFLINE = "offline"


_TONES = {SignIn.SIGNED_IN: Tone.GOOD, SignIn.OFFLINE: Tone.BAD}


@dataclass
class Choices:
    """What the person has chosen on the way to an export."""

    datasets: tuple[ListedDataset, ...] = ()
    destination: Destination | None = None
    wish: Wish | None = None
    plan: Plan | None = None


class Session:
    """One per app; screens ask it and the app changes it. `on_change` is called after every change that shows."""

    def __init__(
        self,
        profile: str | None = None,
        *,
        places: Places | None = None,
        read_only: bool = False,
        flight: Flight | None = None,
    ) -> None:
        self.profile = profile
        self.places = places
        self.read_only = read_only
        self.flight = flight  # a recording that is made, or shown
        self.sandbox = ""
        self.sign_in = SignIn.NONE if profile is None else SignIn.SIGNING_IN
        self.error: TarmacError | None = None
        self.data_at: datetime | None = None
        self.choices = Choices()
        self.drafts: dict[str, Mapping[str, str]] = {}  # of forms that were left; never a secret itself
        self.on_change: Callable[[], None] = lambda: None
        self._workspace: Workspace | None = None
        self._secrets_of: list[Callable[[], tuple[Secret, ...]]] = []  # of every profile that was opened
        self._keeps_log = False
        self._heard = asyncio.Event()

    @property
    def workspace(self) -> Workspace:
        """The open workspace. Raises RuntimeError before `is_open`."""
        if self._workspace is None:
            raise RuntimeError("no connection profile is open")
        return self._workspace

    @property
    def is_open(self) -> bool:
        """Whether a profile is open."""
        return self._workspace is not None

    @property
    def known_secrets(self) -> tuple[Secret, ...]:
        """What must be masked: the secrets of every profile that was opened, as far as they were needed."""
        return tuple(dict.fromkeys(secret for known in tuple(self._secrets_of) for secret in known()))

    @property
    def where(self) -> str:
        """Sandbox and profile for the top line: `ml-dev @ acme`."""
        if self.profile is None:
            return ""
        words = f"{self.sandbox} @ {self.profile}" if self.sandbox else self.profile
        return f"{words} (read-only)" if self.read_only else words

    @property
    def state_words(self) -> str:
        """The sign-in words for the top line; of a replay they say that it is one."""
        words: str = self.sign_in.value
        if self.sign_in is SignIn.OFFLINE and self.error is not None:
            words = trouble.state_words(self.error)
        return f"replay: {words.removeprefix('● ')}" if self.flight is not None and self.flight.is_replay else words

    @property
    def tone(self) -> Tone:
        """What the sign-in words mean."""
        return _TONES.get(self.sign_in, Tone.DIM)

    async def made(self, profile: str | None = None) -> Workspace:
        """Make the workspace of a profile, beside the one that is open: `use` puts it in its place.

        Raises ProfileError; then what was open still is.
        """
        # A hundred milliseconds of imports: in a thread, so that keys are answered meanwhile.
        opened = await asyncio.to_thread(self._made_ready)
        try:
            workspace = await opened.open(
                profile or self.profile,
                places=self.places,
                read_only=self.read_only,
                clock=None if self.flight is None else self.flight.clock,
            )
        except TarmacError as error:
            if not self.is_open:
                self.profile, self.sign_in, self.error = None, SignIn.NONE, error
                self.on_change()
            raise
        if self.flight is not None:
            await asyncio.to_thread(self.flight.board, workspace)
        return workspace

    def use(self, workspace: Workspace) -> Workspace | None:
        """Work with this one from now on; forget what was chosen. Returns the one before, which is the caller's to close."""
        before, self._workspace = self._workspace, workspace
        box = workspace.secret_box
        self._secrets_of.append(lambda: box.known)
        self.profile, self.sandbox = workspace.profile.name, workspace.profile.platform.sandbox
        self.sign_in, self.error, self.data_at = SignIn.SIGNING_IN, None, None
        self.choices = Choices()
        self._heard.clear()
        self.on_change()
        return before

    async def close(self) -> None:
        """Close connections and forget what was chosen."""
        workspace, self._workspace = self._workspace, None
        self.choices = Choices()
        if workspace is not None:
            await workspace.aclose()

    def end_log(self) -> None:
        """Write what is yet to be written to the log. Waits for the disk, a moment at most."""
        if self._keeps_log:
            from tarmac.services.log import stop_log

            stop_log()

    def _made_ready(self) -> type[Workspace]:
        """Begin the log, import what opens a profile."""
        from tarmac.services.log import start_log
        from tarmac.services.values import find_places
        from tarmac.services.workspace import Workspace

        if not self._keeps_log:
            self._keeps_log = True
            start_log(self.places or find_places(), lambda: self.known_secrets, aside=True)
        return Workspace

    def answered(self, at: datetime) -> None:
        """Note that the platform answered; the top line shows the minute, so that is all that is kept of `at`."""
        minute = at.replace(second=0, microsecond=0)
        self._heard.set()
        is_news = self.sign_in is not SignIn.SIGNED_IN or minute != self.data_at
        self.sign_in, self.error, self.data_at = SignIn.SIGNED_IN, None, minute
        if is_news:
            self.on_change()

    def failed(self, error: TarmacError) -> None:
        """Note that the platform did not answer, or not with what was asked for."""
        self._heard.set()
        self.sign_in, self.error = SignIn.OFFLINE, error
        self.on_change()

    async def first_word(self, limit_s: float) -> None:
        """Return when the platform has answered for the first time, or has not, or after `limit_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._heard.wait()
