"""Dispatch as it was decided: each proposal with its candidates and reasons, what became of it, and the city's thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from engine.store.metadata import identity, instant, metadata
from engine.store.rows import Row, every

THRESHOLDS = "dispatch_thresholds"

dispatch_decision = Table(
    "dispatch_decision",
    metadata,
    identity(),
    Column("case_id", BigInteger, ForeignKey("case.id"), nullable=False),
    # When it was proposed.
    instant("at"),
    # The centre that dispatches: that of the case, or one below it to which the case was given.
    Column("platform_id", BigInteger, ForeignKey("unit.id"), nullable=False),
    # As the case was then; its category may be corrected later.
    Column("scheme", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("category", Text, nullable=False),
    # The best candidate, how likely it was said to be, and the row of the table that named it.
    Column("proposed_unit_id", BigInteger, ForeignKey("unit.id")),
    Column("probability", Double),
    Column("row", Integer),
    # What was decided: by the table, by what was learned, or by a person; null while a person has to.
    Column("unit_id", BigInteger, ForeignKey("unit.id")),
    Column("how", Text),  # table | learned | person
    Column("person_id", BigInteger, ForeignKey("person.id")),
    instant("decided_at", nullable=True),
    # [{"unit_id", "code", "probability", "reasons"}], best first; reasons as `handlers.dispatch.reasons` makes them.
    Column("candidates", JSONB, nullable=False),
    Column("reasons", JSONB, nullable=False),
    # A unit said that the case is not its own: a lesson.
    instant("returned_at", nullable=True),
    Column("returned_reason", Text, nullable=False, server_default=""),
    Index("ix_dispatch_decision_case", "case_id"),
    Index("ix_dispatch_decision_decided", "decided_at", "platform_id"),
)

dispatch_threshold = Table(
    "dispatch_threshold",
    metadata,
    # Empty in all three: what holds for every category without a row of its own.
    Column("scheme", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("category", Text, nullable=False),
    # From this probability on what was learned dispatches by itself; null: never.
    Column("threshold", Double),
    # Whether what the table says without contradiction counts as certain.
    Column("table_certain", Boolean, nullable=False),
    Column("changed_by", BigInteger, ForeignKey("person.id")),
    instant("changed_at"),
    PrimaryKeyConstraint("scheme", "kind", "category"),
)

_decision = dispatch_decision.c
_ADD = insert(dispatch_decision)
_EARLIER = (
    select(_decision.platform_id, _decision.unit_id, _decision.returned_at)
    .where(_decision.case_id == bindparam("of_case"), _decision.decided_at.is_not(None))
    .order_by(_decision.id)
)
_LATEST_OPEN = (
    select(func.max(_decision.id))
    .where(_decision.case_id == bindparam("of_case"), _decision.decided_at.is_(None))
    .scalar_subquery()
)
_CHOOSE = (
    update(dispatch_decision)
    .where(_decision.id == _LATEST_OPEN)
    .values(
        unit_id=bindparam("to_unit"), how="person", person_id=bindparam("by"), decided_at=bindparam("now")
    )
)
_LATEST = (
    select(func.max(_decision.id))
    .where(
        _decision.case_id == bindparam("of_case"),
        _decision.unit_id == bindparam("held_by"),
        _decision.returned_at.is_(None),
    )
    .scalar_subquery()
)
_RETURN = (
    update(dispatch_decision)
    .where(_decision.id == _LATEST)
    .values(returned_at=bindparam("now"), returned_reason=bindparam("why"))
    .returning(_decision.platform_id)
)
_PLATFORM = select(_decision.platform_id).where(_decision.id == _LATEST)
_OF_CASE = select(dispatch_decision).where(_decision.case_id == bindparam("of_case")).order_by(_decision.id)


def add(conn: Connection, row: Row) -> None:
    """Keep a proposal, or a decision that is made at once."""
    conn.execute(_ADD, dict(row))


def earlier(conn: Connection, case_id: int) -> list[Row]:
    """What was decided of a case before, oldest first: ``platform_id``, ``unit_id``, ``returned_at``."""
    return every(conn.execute(_EARLIER, {"of_case": case_id}))


def choose(conn: Connection, case_id: int, unit_id: int, person_id: int | None, now: datetime) -> bool:
    """Note whom a person chose for the proposal that waits; False if none does."""
    values = {"of_case": case_id, "to_unit": unit_id, "by": person_id, "now": now}
    return conn.execute(_CHOOSE, values).rowcount == 1


def is_proposed(conn: Connection, case_id: int) -> bool:
    """Whether a proposal for a case waits for a person."""
    return conn.execute(select(_LATEST_OPEN), {"of_case": case_id}).scalar() is not None


def give_back(conn: Connection, case_id: int, unit_id: int, now: datetime, reason: str) -> int | None:
    """Mark the dispatch of a case to the unit that has it as returned; gives the platform that dispatched it, None if none did."""
    values = {"of_case": case_id, "held_by": unit_id, "now": now, "why": reason}
    return conn.execute(_RETURN, values).scalar()


def dispatched_by(conn: Connection, case_id: int, unit_id: int) -> int | None:
    """The platform that dispatched a case to the unit that has it; None if none did."""
    return conn.execute(_PLATFORM, {"of_case": case_id, "held_by": unit_id}).scalar()


def of_case(conn: Connection, case_id: int) -> list[Row]:
    """All proposals and decisions of a case, oldest first."""
    return every(conn.execute(_OF_CASE, {"of_case": case_id}))


def outcomes(conn: Connection, platforms: Sequence[int], since: datetime) -> list[Row]:
    """What became of the dispatches that were decided since then, counted by category, way, row and probability.

    ``probability`` is cut down to hundredths; ``right`` is how many were not returned, ``as_proposed`` how many of these went
    to the unit proposed.
    """
    hundredths = (func.floor(_decision.probability * 100) / 100).label("probability")
    kept = _decision.returned_at.is_(None)
    grouped = (_decision.scheme, _decision.kind, _decision.category, _decision.how, _decision.row, hundredths)
    proposed = _decision.unit_id == _decision.proposed_unit_id
    statement = (
        select(
            *grouped,
            func.count().label("count"),
            func.count().filter(kept).label("right"),
            func.count().filter(kept, proposed).label("as_proposed"),
        )
        .where(_decision.platform_id.in_(platforms), _decision.decided_at >= since)
        .group_by(*(text(str(place)) for place in range(1, len(grouped) + 1)))
    )
    return every(conn.execute(statement))


def read_thresholds(conn: Connection) -> list[Row]:
    """All thresholds."""
    return every(conn.execute(select(dispatch_threshold).where(true())))


def set_threshold(conn: Connection, row: Row) -> None:
    """Set the threshold of a category, or of all that have none of their own."""
    statement = upsert(dispatch_threshold).values(**row)
    changed = {name: statement.excluded[name] for name in row if name not in ("scheme", "kind", "category")}
    conn.execute(statement.on_conflict_do_update(index_elements=["scheme", "kind", "category"], set_=changed))


def remove_threshold(conn: Connection, scheme: str, kind: str, category: str) -> None:
    """Let a category have the threshold of all again."""
    of = dispatch_threshold.c
    conn.execute(
        delete(dispatch_threshold).where(of.scheme == scheme, of.kind == kind, of.category == category)
    )
