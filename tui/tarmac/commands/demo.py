"""`tarmac demo`: an emulator with sample datasets and a profile for it; then the app, or one whole export."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from tarmac.commands.export import ExportFollower
from tarmac.commands.parsing import Parser, Verbs, add_verb
from tarmac.commands.running import Context, interruption, run_verb
from tarmac.commands.terminal import require_terminal
from tarmac.terms.errors import UsageError

NAME = "demo"
_DETAILS = """\
Needs no credentials and no network. The emulator listens on 127.0.0.1 and ends with this command."""
_END_WITHIN_S = 8.0
# The emulator ends with us: nothing goes on, and there is nothing to go on with.
_NOTHING_KEPT = interruption(
    "stopped", "The demo's emulator ended with it, and all that was made there.", "The same command begins anew."
)


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(verbs, NAME, "try everything on a local emulator", "tarmac demo --headless", _DETAILS)
    parser.add_argument(
        "--headless", action="store_true", help="no app: one whole export, verified, its result printed"
    )
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """Run the demo."""
    if context.option("profile") is not None:
        raise UsageError(
            "the demo has a profile of its own, so --profile has no meaning here",
            meaning="Nothing was started.",
            next_step="Leave --profile out; `tarmac emulate --write-profile NAME` is an emulator with a profile called NAME.",
        )
    if context.arguments.headless:
        return run_verb(_headless, context)
    if context.out.as_json:
        raise UsageError("--json needs --headless here", next_step="Run `tarmac demo --headless --json`.")
    require_terminal("tarmac demo --headless")
    from tarmac.launch import run_app
    from tarmac.services.demo import CLOCK_WORDS

    context.out.note("Starting the local emulator…")
    with _emulator_beside():
        # Each demo is a new platform: there is nothing to come back to.
        return run_app(
            "demo",
            read_only=bool(context.option("read_only")),
            record=context.option("record"),
            afresh=True,
            notices=(CLOCK_WORDS,),
        )


async def _headless(context: Context) -> int:
    from tarmac.services.demo import PROFILE, running_demo
    from tarmac.services.exports.exporting import export
    from tarmac.services.plans.wishes import wish_of_pieces
    from tarmac.services.setup.local_profile import DESTINATION
    from tarmac.services.values import find_places

    context.out.progress("starting the local emulator")
    async with running_demo(find_places()) as demo:
        context.arguments.profile = PROFILE
        async with context.open_workspace() as ws:
            dataset = str(demo.ready["datasets"][0]["id"])
            follower = ExportFollower(context, kept=_NOTHING_KEPT)
            async for event in export(ws, await wish_of_pieces(ws, dataset=dataset, to=DESTINATION)):
                follower.see(event)
    # The emulator ends with us: there is no run left that could be watched.
    context.document, context.interrupted = {}, None
    return follower.finish()


@contextmanager
def _emulator_beside() -> Iterator[None]:
    """Keep the demo's emulator running while the block runs: in a thread, because the app has an event loop of its own."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def hold() -> None:
        from tarmac.services.demo import running_demo
        from tarmac.services.values import find_places

        stop = asyncio.Event()
        async with running_demo(find_places()):
            started.set_result((asyncio.get_running_loop(), stop))
            await stop.wait()

    def work() -> None:
        try:
            asyncio.run(hold())
        except Exception as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=work, name="demo", daemon=True)
    thread.start()
    loop, stop = started.result()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_END_WITHIN_S)
