"""Subscriptions: the messages with a key and the signals for which cases wait; a case that waits for none has no row."""

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
    PrimaryKeyConstraint,
    Table,
    Text,
    any_,
    bindparam,
    delete,
    select,
    tuple_,
)
from sqlalchemy.engine import Connection

from engine.store.cases import case
from engine.store.metadata import instant, metadata
from engine.store.rows import InsertMany, Row, every

subscription = Table(
    "subscription",
    metadata,
    Column("instance_id", BigInteger, ForeignKey("instance.id"), nullable=False),
    Column("task_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # message | signal
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False),  # empty for a signal
    Column("case_id", BigInteger, ForeignKey("case.id"), nullable=False),
    instant("since"),
    PrimaryKeyConstraint("instance_id", "task_id", "kind", "name"),
    Index("ix_subscription_name", "kind", "name", "key"),
)

_INSERT = InsertMany(subscription)
_REMOVE = delete(subscription).where(
    subscription.c.instance_id == bindparam("of_instance"),
    subscription.c.task_id == any_(bindparam("tasks", type_=ARRAY(Text))),
)


def add(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert what tasks wait for, in one statement."""
    _INSERT.execute(conn, rows)


def remove(conn: Connection, instance_id: int, task_ids: Sequence[str]) -> None:
    """Forget everything for which these tasks of an instance wait."""
    conn.execute(_REMOVE, {"of_instance": instance_id, "tasks": list(task_ids)})


def longest_waiting(conn: Connection, name: str, key: str, platforms: Sequence[int] | None) -> Row | None:
    """Who has waited for a message under a key the longest, in cases of these platforms (None for all)."""
    statement = select(subscription).where(
        subscription.c.kind == "message", subscription.c.name == name, subscription.c.key == key
    )
    if platforms is not None:
        statement = statement.join(case, case.c.id == subscription.c.case_id)
        statement = statement.where(case.c.platform_id.in_(list(platforms)))
    statement = statement.order_by(subscription.c.since, subscription.c.instance_id, subscription.c.task_id)
    rows = every(conn.execute(statement.limit(1)))
    return rows[0] if rows else None


def waiting_for_signal(
    conn: Connection, name: str, since: datetime, *, beside: int | None, after: tuple[int, str], limit: int
) -> list[Row]:
    """Who waited for a signal at an instant, in order of instance and task.

    Args:
        beside: a case that is left out.
        after: instance and task of the last one of the portion before.
    """
    columns = subscription.c
    statement = (
        select(columns.instance_id, columns.task_id, columns.case_id)
        .where(columns.kind == "signal", columns.name == name, columns.since <= since)
        .where(tuple_(columns.instance_id, columns.task_id) > after)
        .order_by(columns.instance_id, columns.task_id)
        .limit(limit)
    )
    if beside is not None:
        statement = statement.where(columns.case_id != beside)
    return every(conn.execute(statement))
