"""Merges of cases: what each merged case was before, for as long as the merge can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    delete,
    insert,
    select,
)
from sqlalchemy.engine import Connection

from engine.store.metadata import instant, metadata
from engine.store.rows import Row, first

case_merge = Table(
    "case_merge",
    metadata,
    # The case that was merged; into which one stands on the case itself.
    Column("case_id", BigInteger, ForeignKey("case.id"), primary_key=True, autoincrement=False),
    Column("instance_id", BigInteger, ForeignKey("instance.id"), nullable=False),
    # Of the instance when the merge had ended it.
    Column("instance_version", Integer, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("stage", Text, nullable=False),
    # JSON: identifiers of the work items that were taken back.
    Column("items", Text, nullable=False),
    instant("merged_at"),
)


def keep(conn: Connection, row: Mapping[str, Any]) -> None:
    """Keep what a case was before it was merged."""
    conn.execute(insert(case_merge).values(**row))


def read(conn: Connection, case_id: int) -> Row | None:
    """What is kept of a merged case."""
    return first(conn.execute(select(case_merge).where(case_merge.c.case_id == case_id)))


def forget(conn: Connection, case_id: int) -> None:
    """Keep nothing of a merged case any more."""
    conn.execute(delete(case_merge).where(case_merge.c.case_id == case_id))


def forget_before(conn: Connection, before: datetime) -> int:
    """Keep nothing of merges from before an instant; gives how many there were."""
    return conn.execute(delete(case_merge).where(case_merge.c.merged_at < before)).rowcount
