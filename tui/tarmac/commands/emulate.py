"""`tarmac emulate`: the local Experience Platform, for tests and for a first try without credentials."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tarmac.commands.output import AnswerLost
from tarmac.commands.parsing import Parser, Verbs, add_verb, not_negative, whole_number
from tarmac.commands.running import Context
from tarmac.terms.destinations import DestinationKind
from tarmac.terms.errors import ExitCode

if TYPE_CHECKING:
    from tarmac.emulator.options import EmulatorOptions

NAME = "emulate"
_DETAILS = """\
Speaks the same REST API and really moves Parquet files. The first line on stdout is JSON with its addresses,
credentials and datasets; then it serves until SIGTERM. It listens on 127.0.0.1 only. It makes three sample datasets,
unless --dataset names Parquet files of your own.

In one terminal:   tarmac emulate --write-profile local
In another:        tarmac export --profile local --dataset training_set_churn --to landing --json"""


def add(verbs: Verbs[Parser]) -> None:
    """Add the verb."""
    example = "tarmac emulate --write-profile local --ready-after 60 --speed 60"
    parser = add_verb(verbs, NAME, "run the local emulator of Experience Platform", example, _DETAILS)
    parser.add_argument(
        "--port", type=whole_number, default=0, metavar="N", help="port on 127.0.0.1 (default: a free one)"
    )
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="keep everything here over a restart, also which datasets there are"
    )
    parser.add_argument(
        "--dataset",
        type=_named_path,
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="a Parquet file or a folder of them as a dataset; may be repeated (default: sample datasets)",
    )
    parser.add_argument(
        "--speed", type=not_negative, default=1.0, metavar="X", help="virtual seconds per real second (default 1)"
    )
    parser.add_argument(
        "--ready-after",
        type=not_negative,
        default=600.0,
        metavar="SECONDS",
        help="virtual seconds until a new dataflow accepts an ad-hoc run (default 600, as the platform)",
    )
    parser.add_argument(
        "--storage",
        type=_kind_url,
        action="append",
        default=[],
        metavar="KIND=URL",
        help="write to a real server, for example amazon-s3=http://127.0.0.1:9000; may be repeated",
    )
    parser.add_argument("--faults", type=Path, metavar="FILE", help="TOML file of faults to inject")
    parser.add_argument(
        "--write-profile",
        metavar="NAME",
        help="write a connection profile for this emulator, with the landing zone as destination `landing`",
    )
    parser.add_argument(
        "--landing-zone", choices=("azure", "aws"), default="azure", help="cloud of the landing zone (default azure)"
    )
    parser.add_argument(
        "--rows-per-file", type=whole_number, default=100_000, metavar="N", help="rows of a part file (default 100,000)"
    )
    parser.add_argument(
        "--synthetic-datasets",
        type=whole_number,
        default=0,
        metavar="N",
        help="so many more datasets in the catalog, without files",
    )
    parser.add_argument(
        "--sample-flows",
        type=whole_number,
        default=0,
        metavar="N",
        help="so many flows of other people, and what they left behind",
    )
    parser.add_argument(
        "--growth",
        type=whole_number,
        default=0,
        metavar="ROWS",
        help="rows that event datasets get in every virtual hour",
    )
    parser.add_argument(
        "--label",
        type=_labelled,
        action="append",
        default=[],
        metavar="DATASET=LABELS",
        help="governance labels of a dataset, such as C2,I1; may be repeated",
    )
    parser.add_argument(
        "--reading",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="where Adobe's documents disagree: follow this one, such as delete-status=204; may be repeated",
    )
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    """Serve until told to stop."""
    import asyncio

    from tarmac.emulator.server import serve

    name = context.arguments.write_profile

    def announce(ready: dict[str, Any]) -> None:
        if name is not None:
            from tarmac.services.setup.local_profile import write_emulator_profile
            from tarmac.services.values import find_places

            file = write_emulator_profile(find_places(), name, ready)
            context.out.note(f"connection profile {name} written: {file}")
        # The line is the contract of this verb, with --json and without.
        try:
            context.out.raw(json.dumps(ready, ensure_ascii=True) + "\n")
        except AnswerLost as lost:
            # Whoever closed stdout has the profile, or knows the port; it is no reason not to serve.
            context.out.problem(lost)
        context.out.note(f"serving at {ready['base_url']} until interrupted")

    options = options_of(context.arguments)
    asyncio.run(serve(options, announce))
    kept = (
        f"what is there is kept in {options.state_dir}"
        if options.state_dir
        else "nothing of it is kept without --state"
    )
    context.out.note(f"the emulator has ended; {kept}")
    return ExitCode.DONE


def options_of(arguments: argparse.Namespace) -> EmulatorOptions:
    """Return the emulator's options for the arguments."""
    from tarmac.emulator.options import EmulatorOptions, LandingZoneCloud
    from tarmac.emulator.strictness import strictness_of

    return EmulatorOptions(
        port=arguments.port,
        state_dir=arguments.state,
        datasets=tuple(arguments.dataset),
        speed=arguments.speed,
        ready_after=arguments.ready_after,
        storages=dict(arguments.storage),
        faults=arguments.faults,
        landing_zone_cloud=LandingZoneCloud(arguments.landing_zone),
        rows_per_file=arguments.rows_per_file,
        synthetic_datasets=arguments.synthetic_datasets,
        sample_flows=arguments.sample_flows,
        growth=arguments.growth,
        labels=dict(arguments.label),
        strictness=strictness_of(arguments.reading),
    )


def _named_path(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not name or not equals or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PATH")
    return name, Path(path)


def _labelled(text: str) -> tuple[str, tuple[str, ...]]:
    name, equals, labels = text.partition("=")
    found = tuple(label.strip() for label in labels.split(",") if label.strip())
    if not name or not equals or not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not DATASET=LABEL,LABEL")
    return name, found


def _kind_url(text: str) -> tuple[DestinationKind, str]:
    kind, equals, url = text.partition("=")
    try:
        found = DestinationKind(kind)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{kind!r} is not one of {', '.join(DestinationKind)}") from None
    if not equals or not url:
        raise argparse.ArgumentTypeError(f"{text!r} is not KIND=URL")
    return found, url
