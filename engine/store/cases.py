"""Cases: the case document as columns, and the numbers that cases are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    and_,
    any_,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection
from sqlalchemy.sql import ColumnElement

from engine.store.metadata import identity, instant, metadata
from engine.store.rows import Row, every, first, number

case = Table(
    "case",
    metadata,
    identity(),
    Column("platform_id", BigInteger, ForeignKey("unit.id"), nullable=False),
    Column("number", Text, nullable=False),
    Column("status", Text, nullable=False),  # open | closed | rejected | void | merged
    Column("stage", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("scheme", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("condition_no", Integer),
    Column("description", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("district_code", Text),
    Column("street_code", Text),
    Column("community_code", Text),
    Column("grid_code", Text),
    # The component that the case is about, where it is about one that the city's layers know.
    Column("component_code", Text),
    Column("priority", Integer, nullable=False, server_default="0"),
    # The responsible unit, once there is one.
    Column("unit_id", BigInteger, ForeignKey("unit.id")),
    Column("similar_id", BigInteger, ForeignKey("case.id")),
    # The case that goes on in its place, where two were about the same problem.
    Column("merged_into_id", BigInteger, ForeignKey("case.id")),
    instant("opened_at"),
    instant("filed_at", nullable=True),
    instant("due_at", nullable=True),
    instant("handled_at", nullable=True),
    instant("closed_at", nullable=True),
    Column("rework_count", Integer, nullable=False, server_default="0"),
    # The clock. Its limit is that of the standard; `due_at` is what became of the first due date by what was excused.
    Column("time_limit", Numeric),
    Column("unit_of_time", Text),
    instant("first_due_at", nullable=True),
    instant("yellow_at", nullable=True),
    # Seconds in the clock's own time: what ended pauses and extensions added, and how late it was all the same.
    Column("excused_seconds", Integer, nullable=False, server_default="0"),
    Column("overrun_seconds", Integer, nullable=False, server_default="0"),
    Column("extensions", Integer, nullable=False, server_default="0"),
    Column("suspensions", Integer, nullable=False, server_default="0"),
    Column("pause", Text),  # suspension | check, while the clock stands
    instant("paused_at", nullable=True),
    instant("paused_until", nullable=True),
    # The light that was last told of, and when the next one is.
    Column("alarm", Text),  # yellow | red
    instant("alarm_at", nullable=True),
    # How often somebody pressed for it.
    Column("urged", Integer, nullable=False, server_default="0"),
    Column("supervised", Integer, nullable=False, server_default="0"),
    # The head of the case's log: the next entry needs no look-up.
    Column("log_seq", Integer, nullable=False),
    Column("log_hash", LargeBinary, nullable=False),
    UniqueConstraint("platform_id", "number"),
    Index("ix_case_opened_at", "opened_at"),
    Index("ix_case_category_opened_at", "scheme", "kind", "category", "opened_at"),
    Index("ix_case_platform_status", "platform_id", "status", "opened_at"),
    Index("ix_case_unit", "unit_id", "opened_at"),
    Index("ix_case_merged_into", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
    # What is counted above the inbox and by the metrics: the cases under way, and those closed of late. The stage stands in
    # none: it changes with every step, and each index would then be written with it.
    Index("ix_case_open", "platform_id", "unit_id", postgresql_where=text("status = 'open'")),
    # For the tiles of the map. A case does not move, so that its steps do not write this one.
    Index("ix_case_position", "lon", "lat", postgresql_where=text("status = 'open'")),
    Index(
        "ix_case_closed",
        *("closed_at", "platform_id", "unit_id", "handled_at", "due_at"),
        postgresql_where=text("status = 'closed'"),
    ),
    # Rewritten at every step: room on the page lets PostgreSQL do so in place.
    postgresql_with={"fillfactor": 80},
)

case_sequence = Table(
    "case_sequence",
    metadata,
    Column("platform_id", BigInteger, ForeignKey("unit.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("last", Integer, nullable=False),
    PrimaryKeyConstraint("platform_id", "day"),
)


_NEXT = (
    upsert(case_sequence)
    .on_conflict_do_update(index_elements=["platform_id", "day"], set_={"last": case_sequence.c.last + 1})
    .returning(case_sequence.c.last)
)
_INSERT = insert(case).returning(case.c.id)
_READ = select(case).where(case.c.id == bindparam("case_id"))
_LOCK = _READ.with_for_update(key_share=True)


def next_number(conn: Connection, platform_id: int, day: date) -> int:
    """Count one further case of a platform and a day; the row is locked until the transaction ends."""
    return number(conn.execute(_NEXT, {"platform_id": platform_id, "day": day, "last": 1}))


def add(conn: Connection, row: Mapping[str, Any]) -> int:
    """Insert a case document; gives its identifier."""
    return number(conn.execute(_INSERT, dict(row)))


def lock(conn: Connection, case_id: int) -> Row | None:
    """The case document, locked against every other command until the transaction ends."""
    return first(conn.execute(_LOCK, {"case_id": case_id}))


def read(conn: Connection, case_id: int) -> Row | None:
    """The case document."""
    return first(conn.execute(_READ, {"case_id": case_id}))


def numbered(conn: Connection, platform_id: int, number: str) -> Row | None:
    """The document of the case that a platform has given a number."""
    statement = select(case).where(case.c.platform_id == platform_id, case.c.number == number)
    return first(conn.execute(statement))


def merged_into(conn: Connection, case_id: int) -> list[Row]:
    """The documents of the cases that were merged into a case, in the order in which they were opened."""
    return every(conn.execute(select(case).where(case.c.merged_into_id == case_id).order_by(case.c.id)))


_NEAR = (
    select(
        case.c.id,
        case.c.platform_id,
        case.c.unit_id,
        case.c.number,
        case.c.lon,
        case.c.lat,
        case.c.stage,
        case.c.opened_at,
        case.c.description,
    )
    .where(
        case.c.scheme == bindparam("scheme"),
        case.c.kind == bindparam("kind"),
        case.c.category == bindparam("category"),
        case.c.opened_at >= bindparam("since"),
        case.c.lon.between(bindparam("west"), bindparam("east")),
        case.c.lat.between(bindparam("south"), bindparam("north")),
        case.c.id != bindparam("besides"),
        case.c.status == any_(bindparam("statuses", type_=ARRAY(Text))),
    )
    .order_by(case.c.opened_at.desc())
    .limit(50)
)


def near(
    conn: Connection,
    *,
    scheme: str,
    kind: str,
    category: str,
    box: tuple[float, float, float, float],
    since: datetime,
    besides: int,
    statuses: Sequence[str],
) -> list[Row]:
    """Cases of one category, reported since then, inside a box (west, south, east, north), newest first, 50 at most."""
    west, south, east, north = box
    values: dict[str, Any] = {
        "scheme": scheme,
        "kind": kind,
        "category": category,
        "since": since,
        "besides": besides,
    }
    values["statuses"] = list(statuses)
    sides = {"west": west, "south": south, "east": east, "north": north}
    return every(conn.execute(_NEAR, {**values, **sides}))


def open_by_category(conn: Connection) -> list[Row]:
    """How many open cases there are of each category and filing condition (None where none is known)."""
    of = (case.c.scheme, case.c.kind, case.c.category, case.c.condition_no)
    statement = (
        select(*of, func.count().label("count")).where(case.c.status == "open").group_by(*of).order_by(*of)
    )
    return every(conn.execute(statement))


def visible(platforms: Sequence[int], units: Sequence[int]) -> ColumnElement[bool]:
    """The condition under which a person at these platforms and units may see a case."""
    return or_(case.c.platform_id.in_(platforms), case.c.unit_id.in_(units))


def search(
    conn: Connection,
    scope: ColumnElement[bool],
    *,
    text: str = "",
    status: str = "",
    limit: int = 50,
    before: int | None = None,
    opened_since: datetime | None = None,
    closed_since: datetime | None = None,
) -> list[Row]:
    """Cases that a person may see, newest first, by number, address or description."""
    conditions: list[ColumnElement[bool]] = [scope]
    if text:
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        conditions.append(
            or_(case.c.number.like(pattern), case.c.address.ilike(pattern), case.c.description.ilike(pattern))
        )
    if status:
        conditions.append(case.c.status == status)
    if before is not None:
        conditions.append(case.c.id < before)
    if opened_since is not None:
        conditions.append(case.c.opened_at >= opened_since)
    if closed_since is not None:
        conditions.append(case.c.closed_at >= closed_since)
    statement = select(case).where(and_(true(), *conditions)).order_by(case.c.id.desc()).limit(limit)
    return every(conn.execute(statement))


def figures(
    conn: Connection, scope: ColumnElement[bool], *, opened_since: datetime, closed_since: datetime
) -> Mapping[str, int]:
    """How many cases a person may see: ``open`` now, ``opened`` and ``closed`` since, and ``closed_in_time`` of these.

    Each is counted by an index of its own: what was closed long ago is not looked at.
    """
    in_time = or_(case.c.due_at.is_(None), case.c.handled_at <= case.c.due_at)
    closed = (
        select(func.count().label("closed"), func.count().filter(in_time).label("closed_in_time"))
        .where(scope, case.c.status == "closed", case.c.closed_at >= closed_since)
        .subquery()
    )
    counted = select(func.count()).select_from(case)
    statement = select(
        counted.where(scope, case.c.status == "open").scalar_subquery().label("open"),
        counted.where(scope, case.c.opened_at >= opened_since).scalar_subquery().label("opened"),
        closed.c.closed,
        closed.c.closed_in_time,
    )
    return dict(conn.execute(statement).mappings().one())
