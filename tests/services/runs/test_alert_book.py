"""What was told last decides what is told now: each change once, in order, also over many processes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tarmac.services.runs.alert import Alert, Change
from tarmac.services.runs.alert_book import news

DUE = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
STEP = timedelta(hours=3)
MOMENTS = [(number, change) for number in range(3) for change in (Change.LATE, Change.MISSED)]


def moment(change: Change, number: int = 0) -> Alert:
    due = DUE + number * STEP
    return Alert(change, "churn", due + timedelta(hours=1), due=due, words=f"churn is {change}")


def of_run(change: Change, run_id: str, began: datetime | None = None) -> Alert:
    return Alert(change, "churn", DUE + STEP, run_id=run_id, run_began_at=began)


def told(file: Path, *alerts: Alert) -> list[tuple[str, str | None]]:
    found = [news(file, alert) for alert in alerts]
    return [(each.change.value, each.was) for each in found if each is not None]


def test_late_is_told_once_then_missed_then_the_next_one(tmp_path: Path) -> None:
    late, missed, next_late = moment(Change.LATE), moment(Change.MISSED), moment(Change.LATE, 1)
    assert told(tmp_path / "a", late, late, missed, late, missed, next_late, missed, next_late) == [
        ("late", None),
        ("missed", None),
        ("late", None),
    ]


def test_nobody_saw_it_late_and_it_is_missed_all_the_same(tmp_path: Path) -> None:
    assert told(tmp_path / "a", moment(Change.MISSED), moment(Change.LATE)) == [("missed", None)]


def test_a_run_after_the_moment_that_lands_is_a_recovery_one_from_before_is_not(tmp_path: Path) -> None:
    before, after = DUE - timedelta(hours=1), DUE + timedelta(hours=2)
    late = moment(Change.LATE)
    assert told(tmp_path / "a", late, of_run(Change.LANDED, "r1", before)) == [("late", None), ("landed", None)]
    assert told(tmp_path / "a", of_run(Change.LANDED, "r2", after), of_run(Change.LANDED, "r3", after)) == [
        ("recovered", "late"),
        ("landed", None),
    ]
    # The platform's clocks differ a little: it may begin a moment before.
    assert told(tmp_path / "b", late, of_run(Change.LANDED, "r1", DUE - timedelta(minutes=1)))[1] == (
        "recovered",
        "late",
    )
    # A command that fires a run now does not say when it began.
    assert told(tmp_path / "c", moment(Change.MISSED), of_run(Change.LANDED, "r1"))[1] == ("recovered", "missed")


def test_a_late_run_that_comes_and_fails_is_a_failure_that_is_recovered_from(tmp_path: Path) -> None:
    after = DUE + timedelta(hours=2)
    alerts = (moment(Change.LATE), of_run(Change.FAILED, "r1", after), of_run(Change.LANDED, "r2", after))
    assert told(tmp_path / "a", *alerts) == [("late", None), ("failed", None), ("recovered", "failed")]


def test_a_failure_that_was_told_stays_told_while_the_next_one_is_late(tmp_path: Path) -> None:
    failed = of_run(Change.FAILED, "r1", DUE - timedelta(hours=1))
    assert told(tmp_path / "a", failed, moment(Change.LATE), failed) == [("failed", None), ("late", None)]


def test_exports_are_apart_and_a_damaged_book_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "a"
    other = Alert(Change.LATE, "other", DUE, due=DUE)
    assert len(told(file, moment(Change.LATE), other)) == 2
    for damage in (b"{", b"[]", b'{"churn": {"overdue": {"due": "yesterday"}}}', b'{"churn": {"overdue": 7}}'):
        file.write_bytes(damage)
        assert told(file, moment(Change.LATE), of_run(Change.LANDED, "r9")) == [("late", None), ("recovered", "late")]


@given(seen=st.lists(st.sampled_from(MOMENTS), max_size=30))
def test_in_whatever_order_processes_see_it_no_change_is_told_twice_or_backwards(
    seen: list[tuple[int, Change]], tmp_path_factory: object
) -> None:
    file = tmp_path_factory.mktemp("book") / "alerts.json"  # type: ignore[attr-defined]
    order = [each for each in seen if news(file, moment(each[1], each[0])) is not None]
    assert order == sorted(set(order), key=MOMENTS.index)
    assert (order[-1:] == [max(seen, key=MOMENTS.index)]) if seen else not order
