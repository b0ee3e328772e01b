"""The two clocks run on the platform's time, and what is not known is said to be unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tarmac.services.landed.clocks import Urgency, landing_zone_clocks, own_storage_clocks

WRITTEN = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
KEY_END = datetime(2027, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "urgency", "said"),
    [
        (timedelta(), Urgency.CALM, "deleted in 7 d, on 2026-11-30 01:00 UTC"),
        (timedelta(days=3, hours=20), Urgency.CALM, "deleted in 3 d 4 h"),
        (timedelta(days=4), Urgency.SOON, "deleted in 3 d"),
        (timedelta(days=6, hours=18, minutes=50), Urgency.NOW, "deleted in 5 h 10 min"),
        (timedelta(days=7), Urgency.OVER, "deleted since 2026-11-30 01:00 UTC"),
    ],
)
def test_the_files_end_comes_nearer(passed: timedelta, urgency: Urgency, said: str) -> None:
    clocks = landing_zone_clocks(WRITTEN, 7, KEY_END, WRITTEN + passed)
    assert clocks.files.urgency is urgency
    assert said in clocks.files.words
    assert clocks.should_copy is (urgency in {Urgency.SOON, Urgency.NOW})


def test_a_token_without_an_end_has_an_unknown_one() -> None:
    clocks = landing_zone_clocks(WRITTEN, 7, None, WRITTEN)
    assert (clocks.credentials.at, clocks.credentials.urgency) == (None, Urgency.UNKNOWN)
    assert "end unknown" in clocks.credentials.words


def test_a_container_that_does_not_say_how_long_is_told_from_one_that_does() -> None:
    assert "as documented" in landing_zone_clocks(WRITTEN, None, None, WRITTEN).files.words
    assert landing_zone_clocks(WRITTEN, 3, None, WRITTEN).files.at == WRITTEN + timedelta(days=3)


def test_files_of_unknown_age_are_not_said_to_be_safe() -> None:
    files = landing_zone_clocks(None, 7, None, WRITTEN).files
    assert (files.at, files.urgency) == (None, Urgency.UNKNOWN)


def test_a_storage_of_ones_own_has_no_clock() -> None:
    clocks = own_storage_clocks()
    assert (clocks.files.urgency, clocks.credentials.urgency) == (Urgency.NONE, Urgency.NONE)
