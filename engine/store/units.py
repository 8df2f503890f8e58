"""Units: the organisation as a tree of city, districts, zones, streets, departments and crews."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Table, Text, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from engine.store.metadata import identity, metadata
from engine.store.rows import number

KINDS = ("city", "district", "zone", "street", "department", "crew")

unit = Table(
    "unit",
    metadata,
    identity(),
    Column("code", Text, nullable=False),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("parent_id", BigInteger, ForeignKey("unit.id")),
    # A platform is a centre that supervises and commands: its own case numbers, acceptors and dispatchers.
    Column("is_platform", Boolean, nullable=False),
    # The code of the area it serves, as far as areas have one; development zones have none.
    Column("area_code", Text),
    # The kind of work it is responsible for, as the catalogue's `unit_type`.
    Column("unit_type", Text),
    UniqueConstraint("code"),
)


@dataclass(frozen=True)
class Unit:
    """One unit as stored."""

    id: int
    code: str
    name_zh: str
    name_en: str
    kind: str
    parent_id: int | None
    is_platform: bool
    area_code: str | None
    unit_type: str | None

    def name(self, language: str) -> str:
        """Its name in a language of the UI (``zh`` or ``en``)."""
        return self.name_en if language == "en" else self.name_zh


class UnitTree:
    """All units, read once and asked often: immutable, replaced as a whole when a unit changes."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self.by_id: Mapping[int, Unit] = {one.id: one for one in units}
        self.by_code: Mapping[str, Unit] = {one.code: one for one in self.by_id.values()}

    def __getitem__(self, unit_id: int) -> Unit:
        return self.by_id[unit_id]

    def line(self, unit_id: int | None) -> list[Unit]:
        """The unit and those above it, from the unit itself to the root."""
        found: list[Unit] = []
        while unit_id is not None and len(found) <= len(self.by_id):
            found.append(self.by_id[unit_id])
            unit_id = self.by_id[unit_id].parent_id
        return found

    @cached_property
    def _below(self) -> Mapping[int, frozenset[int]]:
        below: dict[int, set[int]] = {unit_id: set() for unit_id in self.by_id}
        for unit_id in self.by_id:
            for above in self.line(unit_id):
                below[above.id].add(unit_id)
        return {unit_id: frozenset(found) for unit_id, found in below.items()}

    def below(self, unit_id: int) -> frozenset[int]:
        """Identifiers of the unit and of all units under it."""
        return self._below[unit_id]

    def platform(self, unit_id: int) -> Unit:
        """The nearest platform at or above a unit; the root if none is marked."""
        line = self.line(unit_id)
        return next((one for one in line if one.is_platform), line[-1])


def read_tree(conn: Connection) -> UnitTree:
    """All units as a tree."""
    return UnitTree(Unit(**row) for row in conn.execute(select(unit).order_by(unit.c.id)).mappings())


def save(conn: Connection, row: Mapping[str, Any]) -> int:
    """Insert a unit, or change the one with the same code; gives its identifier."""
    statement = insert(unit).values(**row)
    kept = {name: statement.excluded[name] for name in row if name != "code"}
    return number(
        conn.execute(statement.on_conflict_do_update(index_elements=["code"], set_=kept).returning(unit.c.id))
    )
