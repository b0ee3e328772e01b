from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarmac.services.plans.schedule_plan import params_to_send, schedule_differences, wanted_params, window_of
from tarmac.terms.schedules import Schedule, ScheduleKind, ScheduleParams

NOW = datetime(2026, 11, 23, 14, 2, 33, 123456, tzinfo=UTC)
AD_HOC = Schedule(ScheduleKind.AD_HOC)
SIX_HOURS = Schedule(ScheduleKind.INCREMENTAL, every=timedelta(hours=6))

moments = st.integers(1_577_836_800, 3_786_912_000).map(lambda seconds: datetime.fromtimestamp(seconds + 0.5, UTC))
steps = st.sampled_from([timedelta(hours=3), timedelta(hours=6), timedelta(hours=12), timedelta(days=1)])
schedules = st.one_of(
    st.just(AD_HOC),
    st.just(Schedule(ScheduleKind.ONCE)),
    st.builds(Schedule, st.just(ScheduleKind.INCREMENTAL), every=steps),
)


def stored(params: ScheduleParams) -> ScheduleParams:
    return ScheduleParams.from_wire(params.to_wire())


def fields(schedule: Schedule, have: ScheduleParams | None, now: datetime = NOW) -> set[str]:
    return {difference.field for difference in schedule_differences(schedule, have, now)}


def test_ad_hoc_starts_a_year_ahead_and_always_ends() -> None:
    assert wanted_params(AD_HOC, NOW).to_wire() == {
        "exportMode": "FIRST_FULL_THEN_INCREMENTAL",
        "timeUnit": "day",
        "interval": 1,
        "startTime": int(datetime(2027, 11, 23, 1, tzinfo=UTC).timestamp()),
        "endTime": int(datetime(2027, 11, 24, 1, tzinfo=UTC).timestamp()),
    }


def test_once_is_the_only_daily_full_export() -> None:
    params = wanted_params(Schedule(ScheduleKind.ONCE), NOW)
    assert (params.export_mode, params.time_unit, params.interval) == ("DAILY_FULL_EXPORT", "day", 0)
    assert params.start is not None
    assert params.start > NOW


@given(schedule=schedules, now=moments, later=st.timedeltas(timedelta(0), timedelta(days=150)))
def test_what_was_made_is_no_change_later(schedule: Schedule, now: datetime, later: timedelta) -> None:
    made = stored(wanted_params(schedule, now))
    assert schedule_differences(schedule, made, now + later) == ()


@given(schedule=schedules, now=moments)
def test_every_window_ends_after_it_starts(schedule: Schedule, now: datetime) -> None:
    params = wanted_params(schedule, now)
    assert params.start is not None
    assert params.end is not None
    assert params.start < params.end


@given(
    schedule=schedules,
    now=moments,
    have=st.builds(
        ScheduleParams,
        export_mode=st.sampled_from([None, "DAILY_FULL_EXPORT", "FIRST_FULL_THEN_INCREMENTAL"]),
        time_unit=st.sampled_from([None, "hour", "day"]),
        interval=st.sampled_from([None, 0, 1, 3]),
        start=st.none() | moments.map(lambda moment: moment.replace(microsecond=0)),
        end=st.none() | moments.map(lambda moment: moment.replace(microsecond=0)),
        folder_template=st.sampled_from([None, "%DATASET_ID%"]),
    ),
)
def test_sending_the_change_leaves_nothing_to_change(schedule: Schedule, now: datetime, have: ScheduleParams) -> None:
    sent = params_to_send(schedule, have, now)
    assert schedule_differences(schedule, stored(sent), now) == ()


def test_an_ad_hoc_flow_whose_start_has_come_near_is_moved_on() -> None:
    made = stored(wanted_params(AD_HOC, NOW))
    assert made.start is not None
    assert fields(AD_HOC, made, made.start - timedelta(days=1)) == {"schedule start", "schedule end"}


def test_a_seed_shaped_flow_without_an_end_is_given_one() -> None:
    seed = ScheduleParams(time_unit="day", interval=1, start=NOW + timedelta(days=300))
    assert fields(AD_HOC, seed) == {"export mode", "schedule end"}


def test_an_end_in_the_past_is_renewed() -> None:
    made = stored(wanted_params(SIX_HOURS, NOW))
    assert fields(SIX_HOURS, made, NOW + timedelta(days=400)) == {"schedule end"}


@pytest.mark.parametrize(
    ("wish", "changed"),
    [
        (replace(SIX_HOURS, every=timedelta(hours=3)), {"schedule step"}),
        (replace(SIX_HOURS, start=NOW + timedelta(days=2)), {"schedule start"}),
        (replace(SIX_HOURS, end=NOW + timedelta(days=2)), {"schedule end"}),
        (AD_HOC, {"schedule step", "schedule start", "schedule end"}),
        (Schedule(ScheduleKind.ONCE), {"export mode", "schedule step"}),
    ],
)
def test_every_field_of_the_wish_is_compared(wish: Schedule, changed: set[str]) -> None:
    assert fields(wish, stored(wanted_params(SIX_HOURS, NOW))) == changed


def test_the_folder_template_is_compared() -> None:
    made = stored(wanted_params(AD_HOC, NOW, "%DATASET_ID%/x"))
    assert fields(AD_HOC, made) == {"folder template"}
    assert schedule_differences(AD_HOC, made, NOW, "%DATASET_ID%/x") == ()


def test_the_window_counts_runs_and_finds_the_next_one() -> None:
    start = datetime(2026, 12, 1, 1, tzinfo=UTC)
    wish = replace(SIX_HOURS, start=start, end=start + timedelta(days=1))
    params = wanted_params(wish, NOW)
    window = window_of(ScheduleKind.INCREMENTAL, params, NOW, made_at=NOW)
    assert (window.first_run, window.runs) == (start, 4)
    later = window_of(ScheduleKind.INCREMENTAL, params, start + timedelta(hours=7), made_at=NOW)
    assert later.first_run == start + timedelta(hours=12)
    over = window_of(ScheduleKind.INCREMENTAL, params, start + timedelta(days=2), made_at=NOW)
    assert over.first_run is None


def test_the_ad_hoc_window_says_what_was_set_and_why() -> None:
    window = window_of(ScheduleKind.AD_HOC, wanted_params(AD_HOC, NOW), NOW, made_at=NOW)
    assert window.words.startswith("ad hoc only: first scheduled run 2027-11-23 01:00 UTC")
    assert any("2027-05-23" in note for note in window.notes)
