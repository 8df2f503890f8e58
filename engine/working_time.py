"""When a limit runs out: four clocks over a working calendar.

The clocks are those of the filing and closing standards (GB/T 30428.8): *urgent hours* run day and night, *working hours*
only in the hours of the calendar, *working days* from one working day to the same point of a later one, *calendar days*
by the date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine.errors import Invalid
from engine.messages import Message

UNITS_OF_TIME = ("urgent_hour", "work_hour", "work_day", "calendar_day")

#: Of these, the clocks that stand still outside working time.
WORKING_CLOCKS = frozenset({"work_hour", "work_day"})

#: How far ahead a calendar is searched for working time before it is called empty.
_HORIZON = timedelta(days=1200)

Spans = tuple[tuple[time, time], ...]


@dataclass(frozen=True)
class WorkingCalendar:
    """The working time of one unit.

    Attributes:
        zone: the zone in which days and hours are counted.
        week: spans of working time by ISO weekday (1 is Monday).
        exceptions: spans of single days that differ from the week: none for a holiday, some for a make-up day.
    """

    zone: ZoneInfo
    week: Mapping[int, Spans]
    exceptions: Mapping[date, Spans]

    def spans(self, day: date) -> Spans:
        """Working time of a day, in order."""
        found = self.exceptions.get(day)
        return self.week.get(day.isoweekday(), ()) if found is None else found

    def is_working_day(self, day: date) -> bool:
        """Whether anybody works on a day."""
        return bool(self.spans(day))

    def _open_spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working time from an instant on, as pairs of aware instants."""
        local = start.astimezone(self.zone)
        day, last = local.date(), (local + _HORIZON).date()
        while day <= last:
            for opens, closes in self.spans(day):
                begins = datetime.combine(day, opens, self.zone)
                ends = datetime.combine(day, closes, self.zone)
                if ends > local:
                    yield max(begins, local), ends
            day += timedelta(days=1)
        raise Invalid(
            Message("The working calendar has no working time in the next %(days)d days.", days=_HORIZON.days)
        )

    def worked(self, day: date, until: datetime | None = None) -> timedelta:
        """Working time of a day, in whole or up to an instant of it."""
        total = timedelta()
        for opens, closes in self.spans(day):
            begins, ends = (datetime.combine(day, at, self.zone) for at in (opens, closes))
            if until is not None:
                ends = min(ends, until.astimezone(self.zone))
            total += max(ends - begins, timedelta())
        return total


def deadline(start: datetime, limit: Decimal, unit_of_time: str, calendar: WorkingCalendar) -> datetime:
    """The instant at which a limit runs out.

    Args:
        start: an aware instant; outside working time, working clocks start with the next working time.
        limit: how many units of time; more than 0.
        unit_of_time: one of `UNITS_OF_TIME`.
        calendar: the responsible unit's.

    Returns:
        An instant in UTC.

    Raises:
        Invalid: the limit is not positive, the unit is unknown, or the calendar has no working time.
    """
    if not limit.is_finite() or limit <= 0:
        raise Invalid(Message("A limit must be more than 0, not %(limit)s.", limit=limit))
    if unit_of_time == "urgent_hour":
        due = start + _hours(limit)
    elif unit_of_time == "calendar_day":
        due = start.astimezone(calendar.zone) + timedelta(days=float(limit))
    elif unit_of_time == "work_hour":
        due = _after_working_time(start, _hours(limit), calendar)
    elif unit_of_time == "work_day":
        due = _after_working_days(start, limit, calendar)
    else:
        raise Invalid(
            Message(
                "%(unit)s is not a unit of time: use %(known)s.",
                unit=unit_of_time,
                known=", ".join(UNITS_OF_TIME),
            )
        )
    return due.astimezone(UTC)


def running(start: datetime, end: datetime, unit_of_time: str, calendar: WorkingCalendar) -> timedelta:
    """How long a clock ran between two instants; negative where the end lies before the start.

    Working clocks count the working time of the calendar, the others every hour.
    """
    if end < start:
        return -running(end, start, unit_of_time, calendar)
    if unit_of_time not in WORKING_CLOCKS:
        return end - start
    day, last = start.astimezone(calendar.zone).date(), end.astimezone(calendar.zone).date()
    total = -calendar.worked(day, start)
    while day < last:
        total += calendar.worked(day)
        day += timedelta(days=1)
    return total + calendar.worked(last, end)


def after(start: datetime, length: timedelta, unit_of_time: str, calendar: WorkingCalendar) -> datetime:
    """The instant (UTC) at which a clock has run for a length since the start; the start itself for none.

    Raises:
        Invalid: the calendar has no working time.
    """
    if length <= timedelta() or unit_of_time not in WORKING_CLOCKS:
        return (start + max(length, timedelta())).astimezone(UTC)
    return _after_working_time(start, length, calendar).astimezone(UTC)


def _hours(limit: Decimal) -> timedelta:
    return timedelta(seconds=float(limit * 3600))


def _after_working_time(start: datetime, left: timedelta, calendar: WorkingCalendar) -> datetime:
    for begins, ends in calendar._open_spans(start):
        if left <= ends - begins:
            return begins + left
        left -= ends - begins
    raise AssertionError("the spans of a calendar end by an exception")


def _after_working_days(start: datetime, limit: Decimal, calendar: WorkingCalendar) -> datetime:
    """The same amount of working time into the day, whole working days later; a part of a day is working time of it."""
    first, _ = next(calendar._open_spans(start))
    day = first.date()
    offset = calendar.worked(day, first)
    whole, part = divmod(limit, 1)
    if offset == timedelta() and part == 0:
        # Begun with the first minute of a day, n days are over with the last minute of the n-th.
        whole, offset = whole - 1, calendar.worked(day)
    remaining = int(whole)
    while remaining:
        day += timedelta(days=1)
        remaining -= calendar.is_working_day(day)
    offset = min(offset, calendar.worked(day)) + float(part) * calendar.worked(day)
    midnight = datetime.combine(day, time(), calendar.zone)
    return _after_working_time(midnight, offset, calendar)
