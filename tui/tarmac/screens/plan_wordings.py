"""The ways to write a plan down as something else to run."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from tarmac.screens.copy_as import Wording
from tarmac.screens.plan_lines import command_of
from tarmac.services.plans.as_code import Language, plan_as_code
from tarmac.services.values import destination_text

if TYPE_CHECKING:
    from tarmac.services.plans.plan import Plan
    from tarmac.services.values import Profile


def wordings_of(plan: Plan, profile: Profile, name: str, typed: Collection[str]) -> list[Wording]:
    """Return the ways; `name` is what the command calls the profile. The texts are made when they are asked for.

    A destination that was `typed` comes first: the command needs it in the profile's file, the programs do not.
    """
    command, first = command_of(plan, name, typed)
    destination = plan.wish.destination
    toml = Wording(
        "destination", "as TOML for the profile: the command needs it", lambda: destination_text(destination)
    )
    return [
        *([toml] if destination.name in typed else []),
        Wording("command", "one headless command of tarmac", lambda: command, first),
        Wording("Python", "the same requests with httpx", lambda: plan_as_code(plan, profile, Language.PYTHON)),
        Wording("curl", "the same requests as a shell script", lambda: plan_as_code(plan, profile, Language.CURL)),
    ]
