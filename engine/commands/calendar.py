"""``gridcase calendar``: working hours and holidays from the command line."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import click

from engine import calendars
from engine.actors import unit_tree
from engine.commands.opened import opened_unit_of_work
from engine.errors import NotFound
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from engine.tables import Column, bad_rows, one_of, read_table

HOUR_COLUMNS = (
    Column("weekday", lambda text: int(one_of(*"1234567")(text))),
    Column("starts", time.fromisoformat),
    Column("ends", time.fromisoformat),
)

HOLIDAY_COLUMNS = (
    Column("day", date.fromisoformat),
    Column("kind", one_of("holiday", "workday")),
    Column("name_zh"),
    Column("name_en"),
)


@click.group()
def calendar() -> None:
    """Look after working hours, holidays and make-up days."""


@calendar.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--unit", "code", help="Code of the unit; the city (the root) if none is named.")
@click.option(
    "--hours", is_flag=True, help="The file has weekday, starts, ends instead of day, kind, name_zh, name_en."
)
def import_calendar(file: Path, code: str | None, hours: bool) -> None:
    """Give a unit, and all units below it, the holidays (or with --hours the working hours) of a CSV file."""
    with opened_unit_of_work() as uow:
        count = import_hours(uow, file, code) if hours else import_holidays(uow, file, code)
    click.echo(f"{count} {'spans of working hours' if hours else 'days'}")


def import_hours(uow: UnitOfWork, file: Path, code: str | None = None) -> int:
    """Give a unit the working hours of a table; gives how many spans there were.

    Raises:
        Invalid: a span ends before it starts, or two of a day overlap.
    """
    rows = read_table(file, HOUR_COLUMNS)
    problems = {}
    ordered = sorted(enumerate(rows, start=2), key=lambda pair: (pair[1]["weekday"], pair[1]["starts"]))
    for place, (number, row) in enumerate(ordered):
        before = ordered[place - 1][1] if place else None
        if row["ends"] <= row["starts"]:
            problems[f"row {number}, ends"] = "is not after starts"
        elif before and before["weekday"] == row["weekday"] and before["ends"] > row["starts"]:
            problems[f"row {number}, starts"] = "overlaps another span of the day"
    if problems:
        raise bad_rows(file, problems)
    calendars.replace_hours(uow, _unit_id(uow, code), rows)
    return len(rows)


def import_holidays(uow: UnitOfWork, file: Path, code: str | None = None) -> int:
    """Give a unit the holidays and make-up days of a table, in place of its own of the same years."""
    rows = read_table(file, HOLIDAY_COLUMNS)
    days = [row["day"] for row in rows]
    twice = {
        f"row {number}, day": "stands twice"
        for number, day in enumerate(days, start=2)
        if days.count(day) > 1
    }
    if twice:
        raise bad_rows(file, twice)
    calendars.replace_holidays(uow, _unit_id(uow, code), rows)
    return len(rows)


def _unit_id(uow: UnitOfWork, code: str | None) -> int:
    tree = unit_tree(uow)
    if code is None:
        roots = [unit for unit in tree.by_id.values() if unit.parent_id is None]
        if len(roots) != 1:
            raise NotFound(
                Message("There is not exactly one unit without a parent: name the unit with --unit.")
            )
        return roots[0].id
    if code not in tree.by_code:
        raise NotFound(Message("There is no unit %(code)s.", code=code))
    return tree.by_code[code].id
