"""The working calendar of each unit: its own hours and holidays, and those of the units above it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from engine.actors import unit_tree
from engine.store import calendars
from engine.store.unit_of_work import UnitOfWork
from engine.working_time import Spans, WorkingCalendar, deadline

#: Where no unit up to the root has hours of its own.
DEFAULT_WEEK: Mapping[int, Spans] = {
    weekday: ((time(8), time(12)), (time(14), time(18))) for weekday in range(1, 6)
}


@dataclass(frozen=True)
class _Rows:
    hours: Mapping[int, Mapping[int, Spans]]
    holidays: Mapping[int, Mapping[date, str]]


def _read(conn: Any) -> _Rows:
    hours: dict[int, dict[int, list[tuple[time, time]]]] = defaultdict(lambda: defaultdict(list))
    for row in calendars.read_hours(conn):
        hours[row["unit_id"]][row["weekday"]].append((row["starts"], row["ends"]))
    holidays: dict[int, dict[date, str]] = defaultdict(dict)
    for row in calendars.read_holidays(conn):
        holidays[row["unit_id"]][row["day"]] = row["kind"]
    week = {unit: {weekday: tuple(spans) for weekday, spans in days.items()} for unit, days in hours.items()}
    return _Rows(week, holidays)


def calendar_of(uow: UnitOfWork, unit_id: int) -> WorkingCalendar:
    """The calendar of a unit: the nearest hours at or above it, and the exceptions of the whole line, the nearest first."""
    rows = uow.reference("calendars", _read)
    zone = uow.database.time_zone
    line = [unit.id for unit in unit_tree(uow).line(unit_id)]
    week = next((rows.hours[one] for one in line if one in rows.hours), DEFAULT_WEEK)
    days: dict[date, str] = {}
    for one in reversed(line):
        days.update(rows.holidays.get(one, {}))
    # A make-up day is worked by the hours of the first day that the unit works at all.
    usual = next((week[weekday] for weekday in range(1, 8) if week.get(weekday)), ())
    exceptions = {day: (usual if kind == "workday" else ()) for day, kind in days.items()}
    return WorkingCalendar(zone, week, exceptions)


def due(
    uow: UnitOfWork, unit_id: int, limit: Decimal, unit_of_time: str, start: datetime | None = None
) -> datetime:
    """When a limit that starts now (or then) runs out by the calendar of a unit."""
    return deadline(start or uow.now, limit, unit_of_time, calendar_of(uow, unit_id))


def replace_hours(uow: UnitOfWork, unit_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Give a unit working hours of its own (``weekday``, ``starts``, ``ends``); none make it follow the unit above."""
    calendars.replace_hours(uow.conn, unit_id, rows)
    uow.changed("calendars")


def replace_holidays(uow: UnitOfWork, unit_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Give a unit the exceptions of some years (``day``, ``kind``, ``name_zh``, ``name_en``)."""
    calendars.replace_holidays(uow.conn, unit_id, rows)
    uow.changed("calendars")
