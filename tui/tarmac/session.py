"""What the app is working on: the open workspace, the followed runs, and what was chosen so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the services are imported after the first screen is drawn
    from tarmac.services.plan import Plan, Wish
    from tarmac.services.values import Dataset, Destination
    from tarmac.terms.errors import TarmacError


class SignIn(StrEnum):
    """How things stand with the platform."""

    NONE = "no profile"
    SIGNING_IN = "signing in…"
    SIGNED_IN = "● signed in"
    OFFLINE = "offline"


@dataclass
class Choices:
    """What the person has chosen on the way to an export."""

    datasets: tuple[Dataset, ...] = ()
    destination: Destination | None = None
    wish: Wish | None = None
    plan: Plan | None = None


class Session:
    """One per app; screens ask it and the app changes it. `on_change` is called after every change."""

    def __init__(self, profile: str | None = None, *, read_only: bool = False) -> None:
        self.profile = profile
        self.read_only = read_only
        self.sandbox = ""
        self.sign_in = SignIn.NONE
        self.error: TarmacError | None = None
        self.data_at: datetime | None = None
        self.choices = Choices()
        self.on_change: Callable[[], None] = lambda: None

    @property
    def where(self) -> str:
        """Profile and sandbox for the top line."""
        if self.profile is None:
            return ""
        words = f"{self.profile} @ {self.sandbox}" if self.sandbox else self.profile
        return f"{words} (read-only)" if self.read_only else words

    @property
    def state_words(self) -> str:
        """The sign-in words for the top line."""
        if self.sign_in is SignIn.OFFLINE and self.error is not None:
            return f"offline: {self.error.code}"
        return self.sign_in.value

    @property
    def tone(self) -> str:
        """What the sign-in words mean, by the name of a tone."""
        return {SignIn.SIGNED_IN: "good", SignIn.OFFLINE: "bad"}.get(self.sign_in, "dim")

    def saw_data(self, at: datetime) -> None:
        """Note when the newest data arrived; the top line shows it with the next thing that is drawn."""
        self.data_at = at
        self.on_change()
