"""What the Review screen shows of a plan: what is in the way first, then the steps and the checks; or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tarmac.screens.plan_lines import plan_lines, summary_of, title_of
from tarmac.trouble import profile_keys
from tarmac.widgets.rows import Cell, Tone
from tarmac.widgets.text_pane import Line

if TYPE_CHECKING:
    from tarmac.followed import Steps
    from tarmac.services.catalogue.dataset_cache import ListedDataset
    from tarmac.services.plans.plan import Plan, Wish
    from tarmac.terms.errors import TarmacError

_PLACE = 10  # cells behind the title, where the pane writes which lines are in view


def panel_title(wish: Wish, plan: Plan | None, datasets: Sequence[ListedDataset], width: int) -> str:
    """Say what goes where; before there is a plan, as far as it was chosen."""
    name = plan.dataset.name if plan else datasets[0].name if datasets else ""
    return title_of(name, wish.destination, summary_of(plan) if plan else "", width - _PLACE)


def review_lines(
    plan: Plan, steps: Steps, datasets: Sequence[ListedDataset], width: int, *, read_only: bool
) -> list[Line]:
    """Return the plan with how far its `steps` have come; above it what keeps it, or other datasets, from going ahead."""
    lines: list[Line] = list(plan_lines(plan, width, steps.done, steps.doing))
    if read_only:
        lines = [Cell("! Read-only: this plan can be looked at, not applied.", Tone.WARN), "", *lines]
    elif more := len(datasets) - 1 if datasets and datasets[0].id == plan.dataset.id else 0:
        words = f"! {more} more marked: each dataset gets a plan of its own, the next one after this one is applied."
        lines = [Cell(words, Tone.WARN), "", *lines]
    if plan.blockers:
        lines = [Cell(f"✘ Cannot be applied: {plan.blockers[0].title}", Tone.BAD), "", *lines]
    return lines


def failure_lines(error: TarmacError) -> list[Line]:
    """Say why there is no plan, what it means and what to do."""
    lines: list[Line] = [Cell(f"✘ {error.message}", Tone.BAD), Cell(f"  {error.code}", Tone.DIM)]
    if error.meaning:
        lines += ["", f"What it means: {error.meaning}"]
    lines += ["", f"Next: {error.next_step}" if error.next_step else "Next: try again."]
    if error.request_id:
        lines.append(Cell(f"Request id for Adobe support: {error.request_id}", Tone.DIM))
    keys = " · ".join(filter(None, ("ctrl+r plans again · e edits the destination", profile_keys(error))))
    return [*lines, "", Cell(keys, Tone.ACCENT)]
