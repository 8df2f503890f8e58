"""Instances: the live state of a process for a case, as the compact blob that engine.bpmn writes."""

from __future__ import annotations

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
)
from sqlalchemy.engine import Connection

from engine.store.bundles import process_version
from engine.store.cases import case
from engine.store.metadata import identity, instant, metadata
from engine.store.revisions import ALL
from engine.store.rows import Change, Row, every, first, number

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


_CHANGE = Change(instance, versioned=True)
_INSERT = insert(instance).returning(instance.c.id)
_OF_CASE = (
    select(case, *COLUMNS, ALL)
    .join(instance, instance.c.case_id == case.c.id)
    .join(process_version, process_version.c.id == instance.c.process_version_id)
    .where(case.c.id == bindparam("case_id"))
)
_LOCKED = _OF_CASE.with_for_update(of=(case, instance))


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


def save(
    conn: Connection,
    instance_id: int,
    version: int,
    state: bytes,
    status: str,
    now: Any,
    process_version_id: int | None = None,
) -> bool:
    """Write the next state, and the version it is of if that changed, over what was read; False if somebody else wrote in between."""
    written: dict[str, Any] = {"state": state, "status": status, "changed_at": now}
    if process_version_id is not None:
        written["process_version_id"] = process_version_id
    return _CHANGE.execute(conn, instance_id, written, version)


def of_case(conn: Connection, case_id: int, *, lock: bool = False) -> Row | None:
    """The instance of a case, locked on demand together with the case document."""
    return first(conn.execute(_LOCKED if lock else _OF_CASE, {"case_id": case_id}))


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
