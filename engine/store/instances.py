"""Instances: the live state of a process for a case, as the compact blob that engine.bpmn writes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Connection

from engine.store.bundles import process_version
from engine.store.cases import case
from engine.store.metadata import identity, instant, metadata
from engine.store.revisions import ALL
from engine.store.rows import ChangeMany, Row, every, first, number
from engine.store.timers import timer

instance = Table(
    "instance",
    metadata,
    identity(),
    Column("case_id", BigInteger, ForeignKey("case.id"), nullable=False),
    Column("process_version_id", BigInteger, ForeignKey("process_version.id"), nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", Text, nullable=False),  # running | ended
    instant("changed_at"),
    Index("ix_instance_case_id", "case_id"),
    # Rewritten at every step: room on the page lets PostgreSQL do so in place.
    postgresql_with={"fillfactor": 80},
)

#: Columns of an instance as the commands read it, with the bundle that its version came from.
COLUMNS: tuple[Any, ...] = (
    instance.c.id.label("instance_id"),
    instance.c.state,
    instance.c.version.label("instance_version"),
    instance.c.status.label("instance_status"),
    process_version.c.id.label("process_version_id"),
    process_version.c.process_key,
    process_version.c.version.label("process_number"),
    process_version.c.bundle_hash,
)


#: Writes the next states over those that were read.
SAVE = ChangeMany(instance, ["state", "status", "changed_at"], versioned=True)
_INSERT = insert(instance).returning(instance.c.id)
_OF_CASE = (
    select(case, *COLUMNS, ALL)
    .join(instance, instance.c.case_id == case.c.id)
    .join(process_version, process_version.c.id == instance.c.process_version_id)
    .where(case.c.id == bindparam("case_id"))
)
_LOCKED = _OF_CASE.with_for_update(key_share=True, of=(case, instance))
_DUE = (
    select(case, *COLUMNS, ALL)
    .select_from(timer)
    .join(case, case.c.id == timer.c.case_id)
    .join(instance, instance.c.id == timer.c.instance_id)
    .join(process_version, process_version.c.id == instance.c.process_version_id)
    .where(timer.c.due_at <= bindparam("now"))
    .order_by(timer.c.due_at)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(key_share=True, of=(case, instance), skip_locked=True)
)


def add(conn: Connection, case_id: int, process_version_id: int, state: bytes, status: str, now: Any) -> int:
    """Insert the instance of a case in its first version; gives its identifier."""
    row = {
        "case_id": case_id,
        "process_version_id": process_version_id,
        "state": state,
        "version": 1,
        "status": status,
        "changed_at": now,
    }
    return number(conn.execute(_INSERT, row))


def set_version(conn: Connection, instance_id: int, process_version_id: int) -> None:
    """Say on which version of its process a locked instance runs from now on."""
    statement = update(instance).where(instance.c.id == instance_id)
    conn.execute(statement.values(process_version_id=process_version_id))


def of_case(conn: Connection, case_id: int, *, lock: bool = False) -> Row | None:
    """The instance of a case, locked on demand together with the case document."""
    return first(conn.execute(_LOCKED if lock else _OF_CASE, {"case_id": case_id}))


def due(conn: Connection, now: datetime, limit: int) -> list[Row]:
    """Instances with a timer that is due, the longest due first, locked as `of_case` does; those that others hold are left out."""
    rows = every(conn.execute(_DUE, {"now": now, "most": limit}))
    return list({row["instance_id"]: row for row in rows}.values())


def running_by_version(conn: Connection, process_key: str) -> list[Row]:
    """How many instances run on each version of a process: ``version``, ``running``."""
    statement = (
        select(process_version.c.version, func.count(instance.c.id).label("running"))
        .join(instance, instance.c.process_version_id == process_version.c.id)
        .where(process_version.c.process_key == process_key, instance.c.status == "running")
        .group_by(process_version.c.version)
        .order_by(process_version.c.version)
    )
    return every(conn.execute(statement))
