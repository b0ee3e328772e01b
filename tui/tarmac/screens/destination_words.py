"""What the Destination screen says about itself, and about what does not fit on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tarmac.widgets.lines import cut

if TYPE_CHECKING:
    from tarmac.services.catalogue.dataset_cache import ListedDataset

HELP = """\
Where the chosen dataset goes.

The list holds the destinations of your connection profile first, then the six kinds that Experience Platform exports
datasets to, each with its connection spec and flow spec ID. enter opens the form.

A destination of the profile is yours: tarmac never rewrites the profile file. Its form holds the export only: folder,
format, schedule. A new destination is known until tarmac ends; ctrl+y copies it as TOML to paste into the profile.

Base connections that the sandbox has already are offered before a new one is made. What the platform's own specification
has otherwise than tarmac's table is said above the form, and decides.

ctrl+t tests: the platform's own test of its base connection, then this machine reads the storage layer by layer, with the
credentials that the training job will use. In the list t does it as well.

Secrets are never typed here. Write where they are: env:NAME, file:PATH, keyring:NAME or command:PROGRAM ARGUMENTS.

Schedules: "on demand" makes a dataflow whose own first run is a year away, and fires runs when you ask. "once" runs one
time. "repeated" exports everything first and then what is new.

What is filled in stays when you leave the form with esc: it is there again when you come back, but for a secret itself.
While a text is typed numbers are text: esc leaves the form, then 1 to 5 go to the screens. Letters are the form's own, also
where something is chosen: q leaves no form, ctrl+q leaves tarmac.

ctrl+s, or enter in the last field, goes on to the review. Nothing is sent before you apply there."""
_NAME = 32  # cells of a dataset's name that leave room for how many more there are


def datasets_words(datasets: Sequence[ListedDataset]) -> str:
    """Say which datasets the form is for: `for churn and 2 more`."""
    more = f" and {len(datasets) - 1} more" if len(datasets) > 1 else ""
    return f"for {cut(datasets[0].name, _NAME)}{more}"


def out_of_view(count: int, where: str) -> str:
    """Say how many fields are not in view: `2 more fields below`; empty for none."""
    return f"{count} more field{'' if count == 1 else 's'} {where}" if count else ""
