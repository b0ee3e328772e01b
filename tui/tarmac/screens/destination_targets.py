"""What the list of the Destination screen holds: the profile's destinations, those typed since the start, and the kinds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tarmac.screens.destination_form import Target
from tarmac.terms.destinations import SPECS

if TYPE_CHECKING:
    from tarmac.session import Session

_MOST_BESIDE = 12  # rows that are shown beside a form at most


class Targets:
    """The rows by key. `typed` are the names of those that the profile file does not have."""

    def __init__(self) -> None:
        self.typed: frozenset[str] = frozenset()
        self._all: dict[str, Target] = {}

    def __iter__(self) -> Iterator[Target]:
        return iter(self._all.values())

    def __contains__(self, key: str) -> bool:
        return key in self._all

    def get(self, key: str | None) -> Target | None:
        """Return the row with this key."""
        return self._all.get(key or "")

    @property
    def height_beside(self) -> int:
        """The lines that the list takes beside a form."""
        return min(len(self._all), _MOST_BESIDE) + 2

    def read(self, session: Session) -> str:
        """List what there is now, and return how much of what it is; another profile has other destinations."""
        workspace = session.workspace if session.is_open else None
        saved = {} if workspace is None else workspace.profile.destinations
        self.typed = frozenset() if workspace is None else workspace.typed
        targets = [Target(each.kind, each) for each in saved.values()] + [Target(kind) for kind in SPECS]
        self._all = {target.key: target for target in targets}
        count = len(saved) - len(self.typed)
        of_profile = "" if workspace is None else f"{count} destination{'' if count == 1 else 's'} of the profile · "
        return f"{of_profile}{len(SPECS)} kinds"
