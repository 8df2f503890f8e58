"""Senders: foreign programs that may send messages, each with its secret and what it may send."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Column, ForeignKey, Table, Text, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from engine.store.metadata import instant, metadata
from engine.store.rows import Row, every, first
from engine.store.units import unit

sender = Table(
    "sender",
    metadata,
    Column("name", Text, primary_key=True),
    # As it is: a signature can only be checked by one who could have made it.
    Column("secret", Text, nullable=False),
    Column("platform_id", BigInteger, ForeignKey("unit.id"), nullable=False),
    # Names of messages; one that ends with * stands for all that begin so.
    Column("messages", ARRAY(Text), nullable=False),
    instant("saved_at"),
    instant("revoked_at", nullable=True),
)


def save(conn: Connection, row: Mapping[str, Any]) -> None:
    """Add a sender, or give the one of this name another secret, platform and messages."""
    statement = upsert(sender).values(**row)
    changed = {name: statement.excluded[name] for name in row if name != "name"}
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed))


def read(conn: Connection, name: str) -> Row | None:
    """A sender that was not revoked."""
    return first(conn.execute(select(sender).where(sender.c.name == name, sender.c.revoked_at.is_(None))))


def listed(conn: Connection) -> list[Row]:
    """Every sender with its platform's code (``unit_code``), without its secret, by name."""
    columns = [column for column in sender.c if column.name != "secret"]
    statement = select(*columns, unit.c.code.label("unit_code")).join(unit, unit.c.id == sender.c.platform_id)
    return every(conn.execute(statement.order_by(sender.c.name)))


def revoke(conn: Connection, name: str, now: datetime) -> bool:
    """Take no more messages of a sender; False if there is none of this name."""
    statement = update(sender).where(sender.c.name == name, sender.c.revoked_at.is_(None))
    return conn.execute(statement.values(revoked_at=now, secret="")).rowcount == 1
