"""What a person is told when a followed run changes while they look elsewhere, and which rows they have not looked at yet.

Each way can be switched in config.toml: `[notify] bell, osc, title`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tarmac.widgets import calling

if TYPE_CHECKING:
    from tarmac.app import TarmacApp
    from tarmac.services.exports.progress import FollowedRun, FollowState


class Calls:
    """One per app. `unseen` holds the keys of rows that changed since they were last looked at."""

    def __init__(self, app: TarmacApp) -> None:
        self._app = app
        self._states: dict[str, FollowState] = {}
        self._has_title = False
        self.unseen: set[str] = set()
        self.looked_at: str | None = None

    def forget(self) -> None:
        """Another profile is opened: its runs are news to nobody."""
        self._states.clear()
        self.unseen.clear()
        self.looked_at = None

    def saw(self, key: str | None) -> None:
        """The row was looked at; it is the one under the cursor until another one is."""
        self.unseen.discard(key or "")
        self.looked_at = key

    def gone(self, key: str) -> None:
        """The row is not there any more."""
        self._states.pop(key, None)
        self.unseen.discard(key)

    def changed(self, run: FollowedRun) -> None:
        """Note a row that is new or changed, and call where it is another state than before."""
        before, self._states[run.key] = self._states.get(run.key), run.state
        if before is None or before is run.state:
            return
        self.unseen.add(run.key)
        if not self._app.session.is_open:
            return
        notify = self._app.session.workspace.config.notify
        words = f"{run.export} {run.state.value}"
        if notify.title:
            if not self._has_title:
                self._write(calling.KEEP_TITLE)
            self._has_title = True
            self._write(calling.title(f"{words} · tarmac"))
        if run.state.is_final and not before.is_final:
            if notify.bell:
                self._write(calling.BELL)
            if notify.osc:
                self._write(calling.notification(words))

    def end(self) -> None:
        """Give the terminal its own title back."""
        if self._has_title:
            self._write(calling.title(""))
            self._write(calling.GIVE_BACK_TITLE)
            self._has_title = False

    def _write(self, sequence: str) -> None:
        self._app.write_to_terminal(sequence)
