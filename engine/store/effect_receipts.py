"""Effect receipts: what came out of each background task, one row for an idempotency key, so that it counts once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from engine.store.metadata import instant, metadata
from engine.store.rows import Row, first

effect_receipt = Table(
    "effect_receipt",
    metadata,
    # The idempotency key: the id of the task in its process.
    Column("key", Text, primary_key=True),
    # No foreign key: a receipt must be kept at once, even while another command holds the case.
    Column("case_id", BigInteger, nullable=False),
    Column("element_id", Text, nullable=False),
    Column("task", Text, nullable=False),
    # JSON: {"value": …} or {"code": …, "message": …, "payload": …}.
    Column("outcome", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    instant("recorded_at"),
    # When the process took the outcome; null while that is still to be done.
    instant("taken_at", nullable=True),
    Index("ix_effect_receipt_case_id", "case_id"),
)


def add(conn: Connection, row: Mapping[str, Any]) -> bool:
    """Record what came out; False if something was recorded under this key before, which then stays."""
    statement = upsert(effect_receipt).values(**row).on_conflict_do_nothing()
    return conn.execute(statement.returning(effect_receipt.c.key)).first() is not None


def read(conn: Connection, key: str) -> Row | None:
    """What was recorded under a key."""
    return first(conn.execute(select(effect_receipt).where(effect_receipt.c.key == key)))


def take(conn: Connection, key: str, now: datetime, outcome: str | None = None) -> bool:
    """Say that the process takes the outcome now, or this one in its place; False if it was taken before."""
    values: dict[str, Any] = {"taken_at": now} | ({"outcome": outcome} if outcome is not None else {})
    statement = (
        update(effect_receipt)
        .where(effect_receipt.c.key == key, effect_receipt.c.taken_at.is_(None))
        .values(**values)
    )
    return conn.execute(statement).rowcount == 1
