"""Cameras in a table that a city edits: read in whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.actors import unit_tree
from engine.errors import Invalid
from engine.store.unit_of_work import UnitOfWork
from engine.tables import Column, bad_rows, one_of, read_table, yes_no
from handlers.cameras import registry
from handlers.store import camera_registry
from handlers.store.cameras import SOURCES


def import_cameras(uow: UnitOfWork, path: Path) -> int:
    """Add the cameras of a table, or change those of the same codes; gives how many.

    Raises:
        Invalid: the file cannot be read, or any row is wrong; nothing is changed then.
    """
    rows = read_table(path, COLUMNS)
    problems = dict(_problems(uow, rows))
    if problems:
        raise bad_rows(path, problems)
    return len(rows)


def _problems(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Enter the rows, and give what is wrong with those that cannot be entered."""
    tree, seen = unit_tree(uow), set()
    for number, row in enumerate(rows, start=2):
        if row["code"] in seen:
            yield f"row {number}, code", f"{row['code']!r} stands twice"
            continue
        seen.add(row["code"])
        unit = tree.by_code.get(row["unit_code"])
        if unit is None:
            yield f"row {number}, unit_code", f"{row['unit_code']!r} is no unit"
            continue
        given = {name: row[name] for name in _STORED if row.get(name) is not None}
        try:
            _enter(uow, {**given, "unit_id": unit.id}, paused=bool(row.get("paused")))
        except Invalid as error:
            for field, told in error.fields.items():
                yield f"row {number}, {field}", told


def _enter(uow: UnitOfWork, values: Mapping[str, Any], *, paused: bool) -> None:
    before = camera_registry.of_code(uow.conn, values["code"])
    if before is None:
        camera_id = registry.add(uow, values)
    else:
        camera_id = before["id"]
        registry.change(uow, camera_id, values)
    registry.set_state(uow, camera_id, "paused" if paused else "active")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None


COLUMNS = (
    Column("code"),
    Column("name"),
    Column("name_en", required=False),
    # The platform whose reviewers answer for what it sees.
    Column("unit_code"),
    Column("lon", _number),
    Column("lat", _number),
    Column("source", one_of(*SOURCES)),
    Column("url"),
    Column("login", required=False),
    Column("password", required=False),
    # Seconds from one picture to the next.
    Column("interval", _number, required=False),
    Column("notice", required=False),
    Column("paused", yes_no, required=False),
)
_STORED = (
    "code",
    "name",
    "name_en",
    "lon",
    "lat",
    "source",
    "url",
    "login",
    "password",
    "interval",
    "notice",
)
