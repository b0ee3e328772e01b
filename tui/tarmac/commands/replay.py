"""`tarmac replay`: a recorded session or command again, from its file alone."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from tarmac.commands.output import Output
from tarmac.commands.parsing import Parser, Verbs, add_verb, number_from
from tarmac.commands.running import Context
from tarmac.commands.terminal import require_terminal
from tarmac.terms.errors import UsageError

NAME = "replay"
_DETAILS = """\
Make the recording with `tarmac --record FILE`, or with --record FILE on any verb. Nothing is sent: requests are answered
from the file, storages show what was listed and counted, and nothing of this machine is changed."""


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs, NAME, "show a recorded session again, without a network", "tarmac replay session.jsonl", _DETAILS
    )
    parser.add_argument("file", metavar="FILE", help="what --record wrote")
    parser.add_argument(
        "--speed", type=partial(number_from, 0.1), default=1.0, metavar="X", help="times as fast as it was (default 1)"
    )
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """Show it; a recorded command runs again and returns its exit code."""
    from tarmac.services.flight.tape import read_tape

    tape = read_tape(Path(context.arguments.file))
    speed = float(context.arguments.speed)
    if tape.argv is None:
        require_terminal("tarmac replay of a recorded command")
        from tarmac.replaying import replay_app

        return replay_app(tape, speed=speed)
    from tarmac.cli import parse
    from tarmac.services.flight.replay import Replay

    arguments = parse(tape.argv)
    if getattr(arguments, "verb", None) in {None, NAME, "demo", "emulate"}:
        raise UsageError("this recording holds no command that can be replayed")
    with tempfile.TemporaryDirectory(prefix="tarmac-replay-") as folder:
        replay = Replay(tape, Path(folder), speed=speed)
        arguments.profile = replay.profile
        context.out = Output(as_json="--json" in tape.argv)
        context.arguments, context.flight, context.places = arguments, replay, replay.places
        code: int = arguments.run(context)
    return code
