"""`tarmac`: the app without a verb, one headless command with one."""

from __future__ import annotations

import codecs
import contextlib
import importlib
import io
import os
import sys
from argparse import Namespace
from collections.abc import Sequence

from tarmac import __version__
from tarmac.commands.output import Output
from tarmac.commands.parsing import Parser, add_common
from tarmac.commands.running import Context, guarded
from tarmac.commands.terminal import require_terminal
from tarmac.terms.ascii_signs import encodable
from tarmac.terms.errors import UsageError

# Each is a module of `tarmac.commands`, imported when it is asked for: the start of the app waits for none of them.
_VERBS = (
    *("demo", "emulate", "profile", "destination", "datasets", "plan", "export", "watch", "runs", "verify", "read"),
    *("peek", "diff", "copy", "landing-zone"),
    *("flows", "flow", "cleanup", "doctor", "replay", "completion"),
)
_SIGNS = "tarmac-signs"
_DESCRIPTION = """\
Land Adobe Experience Platform datasets where machine-learning code can read them.

Without a verb the terminal app starts. Every verb runs without a terminal, for cron, Airflow and CI."""
_EPILOG = """\
exit codes:
  0  done; for plan and --dry-run: nothing to change
  1  the platform, the run or the storage failed
  2  plan and --dry-run only: there are changes
  3  still running when --timeout was reached
  4  landed, but the rows or files do not agree
  64 usage or configuration: nothing was sent
  130, 143, 129  ended by ctrl+c, SIGTERM, SIGHUP; 141: nobody reads the answer any more

first steps without credentials:
  tarmac demo
  tarmac emulate --write-profile local --dataset flights=flights.parquet
  tarmac export --profile local --dataset flights --to landing --json"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code (design §5.2)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _prepare_streams()
    # Known before the arguments are read, so that a wrong argument is answered in JSON too.
    context = Context(Namespace(), Output(as_json="--json" in given), given=tuple(given))

    def run() -> int:
        try:
            context.arguments = parse(given)
        except SystemExit as end:  # --help and --version
            return int(end.code or 0)
        action = getattr(context.arguments, "run", _run_app)
        code: int = action(context)
        return code

    return guarded(run, context)


def build_parser(names: Sequence[str] = _VERBS) -> Parser:
    """Return the parser of the whole command line, or of these verbs only."""
    parser = Parser(prog="tarmac", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=f"tarmac {__version__}")
    add_common(parser)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs", parser_class=Parser)
    for name in names:
        importlib.import_module(f"tarmac.commands.{name.replace('-', '_')}").add(verbs)
    return parser


def parse(given: Sequence[str]) -> Namespace:
    """Read the command line with the verbs that it names; with all where that is not enough. Raises UsageError."""
    named = [name for name in _VERBS if name in given]
    asks_for_help = {"-h", "--help"} & set(given[: given.index(named[0])] if named else given)
    if not asks_for_help:
        with contextlib.suppress(UsageError):
            return build_parser(named).parse_args(given)
    return build_parser().parse_args(given)


def _run_app(context: Context) -> int:
    if context.out.as_json:
        raise UsageError("--json needs a verb", next_step="See `tarmac --help` for the verbs.")
    require_terminal(", ".join(_VERBS))
    from tarmac.launch import run_app

    return run_app(
        context.option("profile"), read_only=bool(context.option("read_only")), record=context.option("record")
    )


def _prepare_streams() -> None:
    """Make all three standard streams usable, whatever we were started with.

    A sign that the encoding does not have becomes an ASCII one, a name a row of question marks, instead of an error. A
    stream that was closed (`>&-`) goes nowhere: left alone, its descriptor would be that of the next file we open. Only of
    stdout it has to be known: what is written there takes no byte, so that an answer is not lost in silence.
    """
    codecs.register_error(_SIGNS, encodable)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            flags = os.O_WRONLY if name == "stderr" else os.O_RDONLY
            setattr(sys, name, os.fdopen(os.open(os.devnull, flags), mode, encoding="utf-8"))
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(ValueError, io.UnsupportedOperation):
                stream.reconfigure(errors=_SIGNS)
