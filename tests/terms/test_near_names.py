from __future__ import annotations

import pytest

from tarmac.terms.near_names import near, near_names

KNOWN = ("churn-landing", "churn-lake", "churn\x1b[31m-lab", "churn-lanes", "orders")


def test_up_to_three_that_may_be_meant_are_named_without_what_a_terminal_obeys() -> None:
    said = near_names("churn-la", KNOWN, "Nothing.")
    assert said.startswith("Near names: churn-la")
    assert said.count(", ") == 2
    assert "\x1b" not in near_names("churn-lab", KNOWN, "Nothing.")


def test_where_none_is_near_it_says_what_else_is_to_be_said() -> None:
    assert near_names("weather", KNOWN, "It was never exported.") == "It was never exported."
    assert near("weather", KNOWN) == ""
    assert near("order", KNOWN) == "Did you mean orders?"


@pytest.mark.parametrize("slip", ["thme", "mous", "kyes", "notfy", "tming", "low_bandwith"])
def test_a_slip_is_told_from_another_word(slip: str) -> None:
    settings = ("theme", "profile", "low_bandwidth", "mouse", "keys", "timing", "notify")
    assert near(slip, settings).startswith("Did you mean ")
    assert near("bogus", settings) == ""
