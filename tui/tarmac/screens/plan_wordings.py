"""The ways to write a plan down as something else to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tarmac.screens.copy_as import Wording
from tarmac.screens.plan_lines import command_of
from tarmac.services.plans.as_code import Language, plan_as_code

if TYPE_CHECKING:
    from tarmac.services.plans.plan import Plan
    from tarmac.services.values import Profile


def wordings_of(plan: Plan, profile: Profile, name: str) -> list[Wording]:
    """Return the ways; `name` is what the command calls the profile. The texts are made when they are asked for."""
    return [
        Wording("command", "one headless command of tarmac", lambda: command_of(plan, name)[0]),
        Wording("Python", "the same requests with httpx", lambda: plan_as_code(plan, profile, Language.PYTHON)),
        Wording("curl", "the same requests as a shell script", lambda: plan_as_code(plan, profile, Language.CURL)),
    ]
