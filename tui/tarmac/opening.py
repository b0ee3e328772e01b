"""Opening a profile, or the demo's, in place of the one that is open."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING

from tarmac.terms.errors import TarmacError
from tarmac.widgets.message_line import in_one_line
from tarmac.widgets.rows import Tone

if TYPE_CHECKING:
    from tarmac.app import TarmacApp
    from tarmac.services.workspace import Workspace

_ROWS_FIRST_S = 1.0


async def open_profile(app: TarmacApp, name: str | None) -> None:
    """Open a profile (None: the one there is) and follow what it has under way.

    Where it cannot be opened, the screen is shown on which that can be helped; what was open still is.
    """
    try:
        workspace = await app.session.made(name)
        app.follows.forget_all()
        before = app.session.use(workspace)
        if before is not None:
            app.work_on(_close(app, before), "close profile", exclusive=False)
        if app.current_mode == "datasets":
            # What following needs takes a tenth of a second to import: the rows that are waited for come first.
            await app.session.first_word(_ROWS_FIRST_S)
        await app.follows.open()
    except TarmacError as error:
        app.switch_mode("welcome" if error.code == "no-profile" else "profiles")
        if error.code != "no-profile":
            app.say(in_one_line(error), Tone.BAD)
        else:
            app.say_notices()


async def _close(app: TarmacApp, before: Workspace) -> None:
    """Close the connections of the profile before, when nobody asks over them any more."""
    await app.follows.ended()
    await before.aclose()


async def start_demo(app: TarmacApp) -> None:
    """Start the local emulator, open the profile for it, and show its sample datasets."""
    demo = await asyncio.to_thread(importlib.import_module, "tarmac.services.demo")
    app.demo_profile = profile = await demo.start_demo(app.session.places)
    await open_profile(app, profile)
    app.show_mode("datasets")
    app.say(demo.CLOCK_WORDS)
