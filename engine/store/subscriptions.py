"""Subscriptions: the messages with a key and the signals for which cases wait; a case that waits for none has no row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    any_,
    bindparam,
    delete,
    select,
    text,
)
from sqlalchemy.engine import Connection

from engine.store.cases import case
from engine.store.metadata import instant, metadata
from engine.store.rows import InsertMany, Row, every, number

subscription = Table(
    "subscription",
    metadata,
    # Counted in the order in which waiting began, whatever the clocks of the machines say.
    Column("number", BigInteger, Identity(always=False), nullable=False),
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

_INSERT = InsertMany(subscription, counted={"number"})
_COUNT = text("SELECT nextval(pg_get_serial_sequence('subscription', 'number'))")
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
    rows = every(conn.execute(statement.order_by(subscription.c.number).limit(1)))
    return rows[0] if rows else None


def count(conn: Connection) -> int:
    """A number above those of all that wait now, and below those of all that begin to wait later."""
    return number(conn.execute(_COUNT))


def waiting_for_signal(
    conn: Connection, name: str, *, beside: int | None, after: int, before: int, limit: int
) -> list[Row]:
    """Who waits for a signal, by ``number``.

    Args:
        beside: a case that is left out.
        after: number of the last one of the portion before.
        before: a number of `count`: who began to wait after it is left out.
    """
    columns = subscription.c
    statement = (
        select(columns.number, columns.task_id, columns.case_id)
        .where(columns.kind == "signal", columns.name == name)
        .where(columns.number > after, columns.number < before)
        .order_by(columns.number)
        .limit(limit)
    )
    if beside is not None:
        statement = statement.where(columns.case_id != beside)
    return every(conn.execute(statement))
