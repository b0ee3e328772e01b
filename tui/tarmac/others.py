"""Unfinished exports that no task of this app follows: carried on by another tarmac on the same state, or by none.

The ledger and its locks say how they stand. Only the disk is looked at, every few seconds, and only while there are such.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.worker import Worker

from tarmac.followed import Followed
from tarmac.terms.errors import TarmacError
from tarmac.terms.text import plain
from tarmac.widgets.rows import Tone

if TYPE_CHECKING:
    from tarmac.app import TarmacApp
    from tarmac.services.runs.standing import Standing
    from tarmac.services.workspace import Workspace

_LOOK_S = 5.0


class Others:
    """One per app. `rows` are all that are listed; of these the idle ones are kept true. `worker` does it."""

    def __init__(
        self,
        app: TarmacApp,
        rows: Mapping[str, Followed],
        take_up: Callable[[Followed], None],
        drop: Callable[[str], None],
    ) -> None:
        self._app = app
        self._rows = rows
        self._take_up = take_up
        self._drop = drop
        self.worker: Worker[None] | None = None

    def show(self, followed: Followed, standing: Standing | None) -> None:
        """Show how it stands; a run that is fired is followed from here, too. Where nothing has changed nothing is drawn."""
        row = None
        if standing is not None and not standing.is_here:
            followed.chain = standing.chain
            if standing.is_to_be_followed:
                self._take_up(followed)
                return
            row = standing.row(self._app.session.workspace)
        if row is None:
            self._drop(followed.row.key)  # put away, adopted, cleaned up, or gone on with in a row of its own
            return
        if replace(row, as_of=followed.row.as_of, elapsed_s=followed.row.elapsed_s) != followed.row:
            followed.row = row
            self._app.follow_changed(row)
        if followed.is_idle and (self.worker is None or self.worker.is_finished):
            self.worker = self._app.work_on(self._watch(), "others")

    async def go_on(self, followed: Followed) -> None:
        """Take it up, unless some tarmac has gone on with it, or has ended it, since it was looked at. Raises LedgerError."""
        standing = (await self._standings(self._app.session.workspace, [followed])).get(followed.row.key)
        if not self._is_listed(followed):
            return
        if standing is not None and standing.is_free:
            self._take_up(followed)
            return
        self.show(followed, standing)
        if standing is None or not standing.is_here:
            self._app.say(f"Another tarmac has gone on with {plain(followed.row.export, 60)}.", Tone.WARN)

    async def show_end(self, followed: Followed) -> None:
        """Show how it ended, where a task was about to go on with it. Raises LedgerError."""
        self.show(followed, (await self._standings(self._app.session.workspace, [followed])).get(followed.row.key))

    async def _watch(self) -> None:
        workspace = self._app.session.workspace
        while any(each.is_idle for each in self._rows.values()):
            await workspace.clock.sleep(_LOOK_S)
            idle = [each for each in self._rows.values() if each.is_idle]
            with contextlib.suppress(TarmacError):  # a ledger that cannot be read now is read at the next look
                found = await self._standings(workspace, idle)
                for each in filter(self._is_listed, idle):
                    self.show(each, found.get(each.row.key))

    def _is_listed(self, followed: Followed) -> bool:
        return followed.is_idle and self._rows.get(followed.row.key) is followed

    @staticmethod
    async def _standings(workspace: Workspace, idle: list[Followed]) -> dict[str, Standing]:
        """Return how they stand, by the keys of their rows. Raises LedgerError."""
        from tarmac.services.runs.standing import standings

        keys = {each.chain.id: each.row.key for each in idle if each.chain is not None}
        return {keys[chain]: each for chain, each in (await standings(workspace, keys)).items()}
