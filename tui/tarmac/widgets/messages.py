"""What widgets and screens tell the app, typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from tarmac.widgets.rows import Tone

if TYPE_CHECKING:  # the services are imported after the first screen is drawn
    from tarmac.services.catalogue.dataset_cache import ListedDataset
    from tarmac.services.exports.progress import FollowedRun
    from tarmac.services.plans.plan import Plan
    from tarmac.services.values import Destination
    from tarmac.terms.errors import TarmacError


@dataclass
class DatasetsChosen(Message):
    """These datasets are to be exported (several share one schedule)."""

    datasets: tuple[ListedDataset, ...]


@dataclass
class DestinationChosen(Message):
    """The chosen datasets go there."""

    destination: Destination


@dataclass
class PlanMade(Message):
    """There is a plan to review."""

    plan: Plan


@dataclass
class FollowChanged(Message):
    """A row of the followed runs is new or changed; sent to every screen."""

    row: FollowedRun


@dataclass
class ApplyChanged(Message):
    """A step of applying began or ended; `is_over` after the last one, with the error that ended it too early."""

    key: str
    is_over: bool = False
    error: TarmacError | None = None


@dataclass
class SessionChanged(Message):
    """Sign-in, profile or choices changed; sent to every screen."""


@dataclass
class Notice(Message):
    """Something to say on the message line of the screen in front."""

    text: str
    tone: Tone = Tone.PLAIN
