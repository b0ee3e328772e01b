"""Start the app: what the framework and the first screen need is read before the framework is imported, the rest later."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tarmac.services.flight.contract import Flight
    from tarmac.services.setup.local_files import StartSettings
    from tarmac.terms.errors import TarmacError

_SSH_FRAMES = "15"


def run_app(
    profile: str | None = None,
    *,
    read_only: bool = False,
    mouse: bool | None = None,
    record: str | None = None,
    afresh: bool = False,
    notices: tuple[str, ...] = (),
) -> int:
    """Run the app until it is quit; return the exit code of the process. `record` names the file of a recording to make.

    `afresh` begins at the first screen, wherever the last start was left: the platform is a new one, and ends with us.
    `notices` are said at the start.

    There has to be a terminal to draw on. Raises ProfileError for a broken config.toml.
    """
    # What the start makes is there to stay: looking for garbage among it is a tenth of the way to the first paint.
    gc.disable()
    from tarmac.services.setup.local_files import find_places, profile_names, read_session, read_start_settings

    places = find_places()
    settings = read_start_settings(places)
    state = read_session(places)
    names = profile_names(places)
    chosen = profile or os.environ.get("TARMAC_PROFILE") or settings.profile
    if chosen is None:
        chosen = state.profile if state.profile in names else (names[0] if len(names) == 1 else None)
    same = chosen == state.profile and not afresh
    _prepare_framework(settings)

    from tarmac.app import TarmacApp
    from tarmac.ascii import AsciiDriver, speaks_utf8
    from tarmac.driver import FrameDriver
    from tarmac.services.catalogue.dataset_cache import read_remembered, remembered_file
    from tarmac.session import Session
    from tarmac.themes import first_theme, wanted_theme

    theme, problem = first_theme(wanted_theme(settings.theme), places.config / "themes")
    make: Callable[..., TarmacApp] = TarmacApp
    flight: Flight | None = None
    if record is not None:
        from tarmac.recording import recorded

        make, flight = recorded(record)
    app = make(
        Session(chosen, places=places, read_only=read_only, flight=flight),
        theme=theme,
        keys=settings.keys,
        driver=FrameDriver if speaks_utf8() else AsciiDriver,
        remembered=read_remembered(remembered_file(places, chosen)) if chosen in names else None,
        notices=(*notices, *said_of_theme(problem)),
        resume=(state.mode, state.filter, state.row) if same else (None, None, None),
    )
    app.demo_profile = chosen if afresh else None
    wants_mouse = mouse if mouse is not None else settings.mouse
    result = app.run(mouse=wants_mouse)
    if flight is not None and flight.ended_early:
        sys.stderr.write(f"tarmac: {flight.ended_early}\n")
    code = result if result is not None else app.return_code or 0
    for line in app.unfinished if code == 0 else ():  # after a signal the terminal may be gone
        sys.stderr.write(f"tarmac: {line}\n")
    return code


def said_of_theme(problem: TarmacError | None) -> tuple[str, ...]:
    """Say what is wrong with the theme of config.toml, in the words that reading all themes says it in again."""
    from tarmac.widgets.message_line import in_one_line

    return () if problem is None else (in_one_line(problem),)


def _prepare_framework(settings: StartSettings) -> None:
    """Textual reads these when it is imported."""
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    if "SSH_CONNECTION" in os.environ or settings.low_bandwidth:
        os.environ.setdefault("TEXTUAL_FPS", _SSH_FRAMES)
