"""Signs in ASCII: as wide as they were, and each meaning with a sign of its own."""

from __future__ import annotations

from rich.cells import cell_len

from tarmac.ascii import to_ascii
from tarmac.services.plans.plan import Action, Verdict


def test_every_sign_takes_as_many_cells_as_before() -> None:
    for text in ("✔ rows match", "┌─┐│└┘", "→ ≤ ≥ ≈ “x” ‘y’ …", "顧客", "▸●○◆"):
        assert to_ascii(text).isascii()
        assert len(to_ascii(text)) == cell_len(text)


def test_what_a_plan_does_and_what_its_checks_found_have_signs_of_their_own() -> None:
    signs = [*(action.sign for action in Action), *(verdict.sign for verdict in Verdict)]
    assert len({to_ascii(sign) for sign in signs}) == len(signs)


def test_between_two_values_stands_another_sign_than_for_none() -> None:
    assert to_ascii("– · –") == "- | -"
