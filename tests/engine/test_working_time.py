"""The four clocks over a working calendar, with China's holidays of 2026."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.working_time import UNITS_OF_TIME, WorkingCalendar, after, deadline, running

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = ((time(8), time(12)), (time(14), time(18)))
CALENDAR = WorkingCalendar(
    SHANGHAI,
    dict.fromkeys(range(1, 6), DAY),
    # Spring Festival of 2026: 15 to 23 February off, Saturdays 14 and 28 February worked instead.
    {**{date(2026, 2, day): () for day in range(15, 24)}, date(2026, 2, 14): DAY, date(2026, 2, 28): DAY},
)


def _due(start: str, limit: str, unit_of_time: str) -> str:
    begin = datetime.fromisoformat(start).replace(tzinfo=SHANGHAI)
    return (
        deadline(begin, Decimal(limit), unit_of_time, CALENDAR)
        .astimezone(SHANGHAI)
        .strftime("%Y-%m-%d %H:%M")
    )


@pytest.mark.parametrize(
    ("start", "limit", "unit_of_time", "due"),
    [
        ("2026-11-20 23:00", "2", "urgent_hour", "2026-11-21 01:00"),
        ("2026-11-23 09:00", "4", "work_hour", "2026-11-23 15:00"),
        ("2026-11-23 11:30", "0.5", "work_hour", "2026-11-23 12:00"),
        ("2026-11-20 17:00", "2", "work_hour", "2026-11-23 09:00"),
        ("2026-11-21 10:00", "1", "work_hour", "2026-11-23 09:00"),
        ("2026-11-23 12:30", "1", "work_hour", "2026-11-23 15:00"),
        ("2026-11-23 10:00", "1", "work_day", "2026-11-24 10:00"),
        ("2026-11-20 15:00", "1", "work_day", "2026-11-23 15:00"),
        ("2026-11-23 07:00", "1", "work_day", "2026-11-23 18:00"),
        ("2026-11-21 07:00", "2", "work_day", "2026-11-24 18:00"),
        ("2026-11-23 08:00", "0.5", "work_day", "2026-11-23 12:00"),
        ("2026-11-20 15:00", "3", "calendar_day", "2026-11-23 15:00"),
        ("2026-02-13 17:00", "2", "work_hour", "2026-02-14 09:00"),
        ("2026-02-14 17:00", "2", "work_hour", "2026-02-24 09:00"),
        ("2026-02-13 10:00", "2", "work_day", "2026-02-24 10:00"),
        ("2026-02-27 10:00", "1", "work_day", "2026-02-28 10:00"),
        ("2026-02-16 10:00", "5", "calendar_day", "2026-02-21 10:00"),
    ],
)
def test_a_limit_runs_out(start: str, limit: str, unit_of_time: str, due: str) -> None:
    assert _due(start, limit, unit_of_time) == due


@pytest.mark.parametrize("limit", ["0", "-1", "NaN", "Infinity"])
def test_a_limit_that_is_no_limit_is_refused(limit: str) -> None:
    with pytest.raises(Invalid, match="more than 0"):
        _due("2026-11-23 10:00", limit, "work_hour")


def test_an_unknown_unit_of_time_is_refused() -> None:
    with pytest.raises(Invalid, match="fortnight"):
        _due("2026-11-23 10:00", "1", "fortnight")


def test_a_calendar_without_working_time_is_refused() -> None:
    empty = WorkingCalendar(SHANGHAI, {}, {})

    with pytest.raises(Invalid, match="no working time"):
        deadline(datetime(2026, 11, 23, tzinfo=SHANGHAI), Decimal(1), "work_hour", empty)


@pytest.mark.parametrize(
    ("start", "end", "unit_of_time", "hours"),
    [
        ("2026-11-23 09:00", "2026-11-23 15:00", "work_hour", 4),
        ("2026-11-20 17:00", "2026-11-23 09:00", "work_hour", 2),
        ("2026-11-21 10:00", "2026-11-22 10:00", "work_day", 0),
        ("2026-11-20 17:00", "2026-11-23 09:00", "urgent_hour", 64),
        ("2026-02-13 08:00", "2026-02-25 08:00", "work_day", 24),
        ("2026-11-23 15:00", "2026-11-23 09:00", "work_hour", -4),
    ],
)
def test_a_clock_has_run_between_two_instants(start: str, end: str, unit_of_time: str, hours: float) -> None:
    instants = [datetime.fromisoformat(text).replace(tzinfo=SHANGHAI) for text in (start, end)]

    assert running(instants[0], instants[1], unit_of_time, CALENDAR) == timedelta(hours=hours)


_INSTANTS = st.integers(0, 90 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 5, tzinfo=SHANGHAI) + timedelta(minutes=minutes)
)


@given(_INSTANTS, st.integers(0, 100 * 60), st.sampled_from(UNITS_OF_TIME))
@settings(max_examples=200, deadline=None)
def test_after_a_length_a_clock_has_run_for_it(start: datetime, minutes: int, unit_of_time: str) -> None:
    length = timedelta(minutes=minutes)

    then = after(start, length, unit_of_time, CALENDAR)

    assert running(start, then, unit_of_time, CALENDAR) == length


@given(_INSTANTS, _INSTANTS, _INSTANTS, st.sampled_from(UNITS_OF_TIME))
@settings(max_examples=200, deadline=None)
def test_the_running_times_of_two_stretches_add_up(
    one: datetime, two: datetime, three: datetime, unit_of_time: str
) -> None:
    parts = [running(a, b, unit_of_time, CALENDAR) for a, b in ((one, two), (two, three), (one, three))]

    assert parts[0] + parts[1] == parts[2]
