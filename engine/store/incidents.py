"""Incidents: places where a process stopped by no fault of whoever moved it, until somebody sees to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    any_,
    bindparam,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection
from sqlalchemy.sql import ColumnElement

from engine.store.bundles import process_version
from engine.store.cases import case
from engine.store.instances import instance
from engine.store.metadata import identity, instant, metadata
from engine.store.rows import Row, every, first, number

incident = Table(
    "incident",
    metadata,
    identity(),
    # What stopped, as text: while it is open there is one incident of it, however often it stops.
    Column("subject", Text, nullable=False),
    Column("kind", Text, nullable=False),  # effect | advance | step | timer | opening | message | signal
    Column("platform_id", BigInteger, ForeignKey("unit.id"), nullable=False),
    # Null where a case could not be opened.
    Column("case_id", BigInteger, ForeignKey("case.id")),
    Column("instance_id", BigInteger, ForeignKey("instance.id")),
    Column("process_key", Text, nullable=False),
    Column("task_id", Text),
    Column("element_id", Text),
    Column("message", Text, nullable=False),
    Column("traceback", Text, nullable=False),
    # Of a background task: what was asked of it, as JSON, so that it can be asked again.
    Column("request", Text),
    Column("attempts", Integer, nullable=False),
    instant("opened_at"),
    instant("closed_at", nullable=True),
    Column("closed_by", BigInteger, ForeignKey("person.id")),
    Column("resolution", Text),  # retried | completed | rerouted | obsolete | overtaken
    Column("reason", Text),
    Index("uq_incident_subject", "subject", unique=True, postgresql_where=text("closed_at IS NULL")),
    Index("ix_incident_open", "platform_id", "id", postgresql_where=text("closed_at IS NULL")),
    Index("ix_incident_case_id", "case_id"),
)

_OPEN = incident.c.closed_at.is_(None)

_LISTED = (
    select(incident, case.c.number.label("case_number"), case.c.unit_id, process_version.c.bundle_hash)
    .outerjoin(case, case.c.id == incident.c.case_id)
    .outerjoin(instance, instance.c.id == incident.c.instance_id)
    .outerjoin(process_version, process_version.c.id == instance.c.process_version_id)
)
# What stopped in a case that has ended since is nobody's business any more.
_RUNNING = or_(incident.c.instance_id.is_(None), instance.c.status == "running")


def note(conn: Connection, row: Mapping[str, Any], now: datetime) -> int:
    """Open an incident, or count one more attempt on the open one of the same subject; gives its identifier."""
    statement = upsert(incident).values(**row, opened_at=now)
    # How it stopped this time is how it is to be retried.
    newest = ("kind", "element_id", "request", "message", "traceback")
    again = {name: statement.excluded[name] for name in newest} | {
        "attempts": incident.c.attempts + statement.excluded.attempts,
    }
    kept = statement.on_conflict_do_update(index_elements=["subject"], index_where=_OPEN, set_=again)
    return number(conn.execute(kept.returning(incident.c.id)))


def _within(unit_ids: Sequence[int] | None) -> ColumnElement[bool]:
    if unit_ids is None:
        return true()
    return or_(incident.c.platform_id.in_(unit_ids), case.c.unit_id.in_(unit_ids))


def listed(
    conn: Connection, unit_ids: Sequence[int] | None, *, limit: int, before: int | None = None
) -> list[Row]:
    """Open incidents of these platforms and responsible units (None: of all), newest first, as `read` gives them."""
    statement = _LISTED.where(_OPEN, _RUNNING, _within(unit_ids))
    if before is not None:
        statement = statement.where(incident.c.id < before)
    return every(conn.execute(statement.order_by(incident.c.id.desc()).limit(limit)))


def read(conn: Connection, incident_id: int) -> Row | None:
    """One incident, open or closed, with ``case_number``, ``unit_id``, and the ``bundle_hash`` on which its case runs."""
    return first(conn.execute(_LISTED.where(incident.c.id == incident_id)))


def alike(conn: Connection, row: Row, unit_ids: Sequence[int] | None, *, limit: int) -> list[int]:
    """Those of `listed` of the same kind at the same element of the same process, oldest first, by their identifiers."""
    statement = (
        select(incident.c.id)
        .outerjoin(case, case.c.id == incident.c.case_id)
        .outerjoin(instance, instance.c.id == incident.c.instance_id)
        .where(
            _OPEN,
            _RUNNING,
            _within(unit_ids),
            incident.c.kind == row["kind"],
            incident.c.process_key == row["process_key"],
            incident.c.element_id.is_not_distinct_from(row["element_id"]),
        )
    )
    return list(conn.execute(statement.order_by(incident.c.id).limit(limit)).scalars())


def close(
    conn: Connection, incident_id: int, resolution: str, reason: str, person_id: int | None, now: datetime
) -> bool:
    """Close an open incident; False if somebody closed it before."""
    statement = (
        update(incident)
        .where(incident.c.id == incident_id, _OPEN)
        .values(closed_at=now, closed_by=person_id, resolution=resolution, reason=reason)
    )
    return conn.execute(statement).rowcount == 1


#: Closes the open incidents of what went on by itself after all; takes what `overtake_values` gives.
OVERTAKE = (
    update(incident)
    .where(incident.c.subject == any_(bindparam("overtaken_subjects", type_=ARRAY(Text))), _OPEN)
    .values(closed_at=bindparam("overtaken_at", type_=incident.c.closed_at.type), resolution="overtaken")
)


def overtake_values(subjects: Sequence[str], now: datetime) -> dict[str, Any]:
    """The parameters of `OVERTAKE`."""
    return {"overtaken_subjects": list(subjects), "overtaken_at": now}
