"""Crews of the city: their shifts and skills, where they are, and which case is placed with which of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Time,
    and_,
    any_,
    bindparam,
    delete,
    exists,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from engine.store.cases import case
from engine.store.metadata import instant, metadata
from engine.store.people import person
from engine.store.rows import Row, every, first, stream
from engine.store.work_items import work_item

REVISION = "crews"

#: On which days a crew works: on those of its unit's calendar, or on all.
DAYS = ("working", "every")
#: Who handles cases: the role whose open work items are the work of crews.
HANDLER = "handler"

crew = Table(
    "crew",
    metadata,
    # A unit of the kind "crew"; its members are the handlers at it.
    Column("unit_id", BigInteger, ForeignKey("unit.id"), primary_key=True, autoincrement=False),
    # Types of units, professions, or categories (scheme/kind/code, from the left); none: whatever its unit handles.
    Column("skills", ARRAY(Text), nullable=False),
    # A shift that ends before it begins ends on the next day.
    Column("shift_begins", Time, nullable=False),
    Column("shift_ends", Time, nullable=False),
    Column("days", Text, nullable=False),  # working | every
    # Where it sets out from.
    Column("home_lon", Double, nullable=False),
    Column("home_lat", Double, nullable=False),
    # In a straight line.
    Column("kmh", Double, nullable=False),
    # How many cases at most are placed with it at a time.
    Column("capacity", Integer, nullable=False),
)

crew_position = Table(
    "crew_position",
    metadata,
    # Where it is, not where it was: one row for each crew.
    Column("crew_id", BigInteger, ForeignKey("crew.unit_id", ondelete="CASCADE"), primary_key=True),
    instant("at"),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("source", Text, nullable=False),  # page | api
)

placement = Table(
    "placement",
    metadata,
    # A case is with one crew at a time; whether that has begun it says the work item, by who has claimed it.
    Column("case_id", BigInteger, ForeignKey("case.id"), primary_key=True, autoincrement=False),
    Column("crew_id", BigInteger, ForeignKey("crew.unit_id", ondelete="CASCADE"), nullable=False),
    # The order in which the crew goes to its cases; between two there is always room for another one.
    Column("place", Double, nullable=False),
    instant("arrival"),
    Column("metres", Integer, nullable=False),
    instant("placed_at"),
    # Somebody chose the crew: no plan takes the case from it.
    Column("kept", Boolean, nullable=False),
    Column("reasons", JSONB, nullable=False),
    Index("ix_placement_crew_id", "crew_id"),
)

_placed = placement.c
_item = work_item.c
_HANDLING = and_(_item.state == "open", _item.role == HANDLER)
_FACTS = [
    *(case.c[name] for name in ("lon", "lat", "scheme", "kind", "category", "condition_no", "priority")),
    *(case.c[name] for name in ("due_at", "number", "address", "opened_at")),
    case.c.id.label("case_id"),
    _item.id.label("item_id"),
    _item.unit_id,
    _item.assignee_id,
    _item.claimed_at,
    _item.created_at,
    person.c.name.label("assignee_name"),
]
_WORK = (
    select(*_FACTS, _placed.crew_id, _placed.place, _placed.arrival, _placed.kept, _placed.metres)
    .select_from(work_item)
    .join(case, case.c.id == _item.case_id)
    .outerjoin(placement, _placed.case_id == case.c.id)
    .outerjoin(person, person.c.id == _item.assignee_id)
    .where(_HANDLING, _item.unit_id == any_(bindparam("unit_ids", type_=ARRAY(BigInteger))))
    .order_by(_placed.place, case.c.id)
)
_IN_HAND = (
    select(
        crew.c.unit_id.label("crew_id"),
        crew_position.c.lon.label("crew_lon"),
        crew_position.c.lat.label("crew_lat"),
        crew_position.c.at.label("crew_at"),
        *(one for one in _FACTS if one.name != "assignee_name"),
        *(_placed.place, _placed.arrival, _placed.kept, _placed.metres),
    )
    .select_from(crew)
    .outerjoin(crew_position, crew_position.c.crew_id == crew.c.unit_id)
    .outerjoin(
        placement.join(case, case.c.id == _placed.case_id).join(
            work_item, and_(_item.case_id == case.c.id, _HANDLING)
        ),
        _placed.crew_id == crew.c.unit_id,
    )
    .where(crew.c.unit_id == any_(bindparam("crew_ids", type_=ARRAY(BigInteger))))
    .order_by(crew.c.unit_id, _placed.place, case.c.id)
)
_PUT = upsert(placement)
_PUT = _PUT.on_conflict_do_update(
    index_elements=["case_id"],
    set_={one.name: _PUT.excluded[one.name] for one in placement.c if one.name != "case_id"},
)
_TAKE = delete(placement).where(_placed.case_id == bindparam("of_case"))
_STAND = upsert(crew_position)
_STAND = _STAND.on_conflict_do_update(
    index_elements=["crew_id"],
    set_={name: _STAND.excluded[name] for name in ("at", "lon", "lat", "source")},
    # What was on its way for longer says nothing any more.
    where=crew_position.c.at <= _STAND.excluded["at"],
)
_RETIME = (
    update(placement)
    .where(_placed.case_id == bindparam("of_case"), _placed.crew_id == bindparam("of_crew"))
    .values(place=bindparam("new_place"), arrival=bindparam("new_arrival"), metres=bindparam("new_metres"))
)


def read(conn: Connection) -> list[Row]:
    """All crews."""
    return every(conn.execute(select(crew).order_by(crew.c.unit_id)))


def save(conn: Connection, row: Mapping[str, Any]) -> None:
    """Insert a crew, or change the one of the same unit."""
    statement = upsert(crew).values(**row)
    kept = {name: statement.excluded[name] for name in row if name != "unit_id"}
    conn.execute(statement.on_conflict_do_update(index_elements=["unit_id"], set_=kept))


def remove(conn: Connection, unit_ids: Iterable[int]) -> None:
    """Remove crews with their positions; what was placed with them is placed anew."""
    conn.execute(delete(crew).where(crew.c.unit_id.in_(list(unit_ids))))


def stand(conn: Connection, crew_id: int, lon: float, lat: float, source: str, at: datetime) -> None:
    """Keep where a crew is now."""
    conn.execute(_STAND, {"crew_id": crew_id, "lon": lon, "lat": lat, "source": source, "at": at})


def positions(conn: Connection) -> list[Row]:
    """Where crews said last that they are."""
    return every(conn.execute(select(crew_position).order_by(crew_position.c.crew_id)))


def in_hand(conn: Connection, crew_ids: Sequence[int]) -> list[Row]:
    """Each of these crews with where it is (``crew_*``) and each case that it has in hand, in its order.

    A crew without work has one row whose ``case_id`` is None; one whose position is not known has None there.
    """
    return every(conn.execute(_IN_HAND, {"crew_ids": list(crew_ids)}))


def work(conn: Connection, unit_ids: Sequence[int]) -> list[Row]:
    """The cases that units have to handle, with the crew of each, None where there is none; a crew's in its order."""
    return every(conn.execute(_WORK, {"unit_ids": list(unit_ids)}))


def put(conn: Connection, row: Mapping[str, Any]) -> None:
    """Place a case with a crew, in the place of the one that had it."""
    conn.execute(_PUT, dict(row))


def take(conn: Connection, case_id: int) -> None:
    """Take a case from the crew that has it."""
    conn.execute(_TAKE, {"of_case": case_id})


def of_case(conn: Connection, case_id: int) -> Row | None:
    """The placement of a case, or None."""
    return first(conn.execute(select(placement).where(_placed.case_id == case_id)))


def of_cases(conn: Connection, case_ids: Sequence[int]) -> Mapping[int, Row]:
    """The placements of some cases, by case."""
    if not case_ids:
        return {}
    found = conn.execute(select(placement).where(_placed.case_id.in_(list(case_ids))))
    return {row["case_id"]: row for row in stream(found)}


def retime(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write order and arrival of placements anew (``of_case``, ``of_crew``, ``new_place``, ``new_arrival``, ``new_metres``).

    One that is with another crew by now stays as it is.
    """
    if rows:
        conn.execute(_RETIME, sorted((dict(row) for row in rows), key=lambda one: one["of_case"]))


def forget(conn: Connection, before: datetime) -> int:
    """Remove placements from before an instant whose case nobody handles any more; the logs keep what they were."""
    open_item = exists().where(_item.case_id == _placed.case_id, _HANDLING)
    return conn.execute(delete(placement).where(_placed.placed_at < before, ~open_item)).rowcount
