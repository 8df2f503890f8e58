"""Timers: when a waiting element of an instance is due, as indexed rows; an instance that waits costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    delete,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from engine.store.metadata import instant, metadata

timer = Table(
    "timer",
    metadata,
    Column("instance_id", BigInteger, ForeignKey("instance.id"), nullable=False),
    Column("task_id", Text, nullable=False),
    Column("case_id", BigInteger, ForeignKey("case.id"), nullable=False),
    instant("due_at"),
    PrimaryKeyConstraint("instance_id", "task_id"),
    Index("ix_timer_due_at", "due_at"),
)


def set_due(conn: Connection, instance_id: int, case_id: int, due: Sequence[tuple[str, datetime]]) -> None:
    """Store when these tasks of an instance are due, over what was stored for them."""
    rows = [
        {"instance_id": instance_id, "case_id": case_id, "task_id": task, "due_at": at} for task, at in due
    ]
    statement = insert(timer).values(rows)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["instance_id", "task_id"], set_={"due_at": statement.excluded.due_at}
        )
    )


def remove(conn: Connection, instance_id: int, task_ids: Sequence[str]) -> None:
    """Forget timers that fired or were cancelled."""
    conn.execute(delete(timer).where(timer.c.instance_id == instance_id, timer.c.task_id.in_(task_ids)))


def due_cases(conn: Connection, now: datetime, limit: int) -> list[int]:
    """Cases with a timer that is due, the longest due first."""
    statement = select(timer.c.case_id).where(timer.c.due_at <= now).order_by(timer.c.due_at).limit(limit)
    return list(dict.fromkeys(conn.execute(statement).scalars()))
