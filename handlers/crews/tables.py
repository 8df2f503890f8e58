"""Crews in a table that a city edits: read in whole or not at all, and written out."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import time
from pathlib import Path
from typing import Any

from engine.actors import unit_tree
from engine.store import units
from engine.store.unit_of_work import UnitOfWork
from engine.tables import Column, bad_rows, one_of, read_table
from handlers import city
from handlers.crews.roster import Roster
from handlers.store import crews

MAX_CAPACITY = 200
MAX_KMH = 120.0


def import_crews(uow: UnitOfWork, path: Path) -> int:
    """Add the crews of a table, each with its unit, or change them; gives how many.

    Raises:
        Invalid: the file cannot be read, or any row is wrong; nothing is changed then.
    """
    rows = read_table(path, COLUMNS)
    problems = dict(_problems(uow, rows))
    if problems:
        raise bad_rows(path, problems)
    tree = unit_tree(uow)
    for row in rows:
        unit_id = units.save(
            uow.conn,
            {
                **{name: row[name] for name in ("code", "name_zh", "name_en")},
                "kind": "crew",
                "parent_id": tree.by_code[row["parent_code"]].id,
                "is_platform": False,
                "area_code": None,
                "unit_type": None,
            },
        )
        stored = {name: row[name] for name in _STORED}
        crews.save(uow.conn, {**stored, "unit_id": unit_id, "skills": row["skills"] or []})
    uow.changed("units")
    uow.changed(crews.REVISION)
    return len(rows)


def export_crews(uow: UnitOfWork, path: Path) -> int:
    """Write all crews as `import_crews` reads them; gives how many."""
    tree, members = unit_tree(uow), Roster(uow).members.values()
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, [column.name for column in COLUMNS])
        writer.writeheader()
        for member in sorted(members, key=lambda one: one.unit.code):
            unit, parent = member.unit, member.unit.parent_id
            row = {name: member.row[name] for name in _STORED}
            row |= {"code": unit.code, "name_zh": unit.name_zh, "name_en": unit.name_en}
            row["parent_code"] = "" if parent is None else tree[parent].code
            row |= {name: f"{row[name]:%H:%M}" for name in ("shift_begins", "shift_ends")}
            writer.writerow({**row, "skills": ";".join(member.row["skills"])})
    return len(members)


def _problems(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    tree, known = unit_tree(uow), _known_skills(uow)
    seen: set[str] = set()
    for number, row in enumerate(rows, start=2):
        unit, parent = tree.by_code.get(row["code"]), tree.by_code.get(row["parent_code"])
        if row["code"] in seen:
            yield f"row {number}, code", f"{row['code']!r} stands twice"
        if unit is not None and unit.kind != "crew":
            yield f"row {number}, code", f"{row['code']!r} is a unit of another kind: {unit.kind}"
        if parent is None:
            yield f"row {number}, parent_code", f"{row['parent_code']!r} is no unit"
        elif parent.kind == "crew":
            yield f"row {number}, parent_code", f"{row['parent_code']!r} is a crew itself"
        for skill in row["skills"] or ():
            if not known(skill):
                yield (
                    f"row {number}, skills",
                    f"{skill!r} is no type of unit, no profession and no beginning of scheme/kind/code",
                )
        seen.add(row["code"])


def _known_skills(uow: UnitOfWork) -> Callable[[str], bool]:
    catalogue = city.catalogue(uow)
    words = {*catalogue.unit_types, *(one["profession"] for one in catalogue.unit_types.values())} - {""}
    keys = ["/".join(key) for key in catalogue.categories]
    return lambda skill: any(key.startswith(skill) for key in keys) if "/" in skill else skill in words


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time of day like 08:00") from None


def _between(least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ValueError(f"{text!r} is no number") from None
        # A comparison with what is no number is false.
        if not least <= value <= most:
            raise ValueError(f"{text} is not from {least:g} to {most:g}")
        return value

    return parse


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:9]) > MAX_CAPACITY:
        raise ValueError(f"{text!r} is no whole number from 0 to {MAX_CAPACITY}")
    return int(text)


def _words(text: str) -> list[str]:
    return sorted({word.strip() for word in text.split(";")} - {""})


COLUMNS = (
    Column("code"),
    Column("name_zh"),
    Column("name_en"),
    # The unit whose cases it works on, with all crews below that.
    Column("parent_code"),
    Column("skills", _words, required=False),
    Column("shift_begins", _time),
    Column("shift_ends", _time),
    Column("days", one_of(*crews.DAYS)),
    Column("home_lon", _between(-180.0, 180.0)),
    Column("home_lat", _between(-90.0, 90.0)),
    Column("kmh", _between(1.0, MAX_KMH)),
    Column("capacity", _count),
)
_STORED = ("shift_begins", "shift_ends", "days", "home_lon", "home_lat", "kmh", "capacity")
