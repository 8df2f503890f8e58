"""The inbox of messages: each message with a key once, by sender and identifier, until it expires, whether taken or not."""

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
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from engine.store.metadata import identity, instant, metadata
from engine.store.rows import Row, first

message_inbox = Table(
    "message_inbox",
    metadata,
    identity(),
    # The name of a sender of `engine.store.senders`, or empty for a case of this installation.
    Column("sender", Text, nullable=False),
    # The sender's own; of a case, the id of the task that sent it.
    Column("message_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("payload", Text, nullable=False),  # JSON
    # Of a sender: at which platform and below its messages are taken. Of a case: where one is opened, if anywhere.
    Column("platform_id", BigInteger, ForeignKey("unit.id")),
    Column("from_case_id", BigInteger, ForeignKey("case.id")),
    instant("received_at"),
    instant("expires_at"),
    instant("taken_at", nullable=True),
    # That took it, or was opened by it.
    Column("case_id", BigInteger, ForeignKey("case.id")),
    UniqueConstraint("sender", "message_id"),
    Index("ix_message_inbox_waiting", "name", "key", "id", postgresql_where=text("taken_at IS NULL")),
    Index("ix_message_inbox_expires_at", "expires_at"),
)

_SPACES = text(
    "SELECT pg_advisory_xact_lock(space) FROM (SELECT DISTINCT hashtextextended(name || chr(31) || key, 7) AS space"
    " FROM unnest(CAST(:names AS text[]), CAST(:keys AS text[])) AS wanted (name, key) ORDER BY 1) AS spaces"
)


def hold(conn: Connection, addresses: Sequence[tuple[str, str]]) -> None:
    """Keep everybody else from sending to, or beginning to wait under, these names and keys until the transaction ends.

    Without it a message and the one who waits for it could pass each other by, neither seeing the other yet.
    """
    conn.execute(_SPACES, {"names": [name for name, _ in addresses], "keys": [key for _, key in addresses]})


def add(conn: Connection, row: Mapping[str, Any]) -> int | None:
    """Keep a message; gives its identifier, or None if the sender sent it before."""
    statement = upsert(message_inbox).values(**row).on_conflict_do_nothing()
    found: int | None = conn.execute(statement.returning(message_inbox.c.id)).scalar()
    return found


def read(conn: Connection, inbox_id: int) -> Row | None:
    """One message."""
    return first(conn.execute(select(message_inbox).where(message_inbox.c.id == inbox_id)))


_WANTED = (
    func.unnest(bindparam("names", type_=ARRAY(Text)), bindparam("keys", type_=ARRAY(Text)))
    .table_valued("name", "key", name="wanted")
    .render_derived()
)
_KEPT = (
    select(func.min(message_inbox.c.id))
    .join(_WANTED, (message_inbox.c.name == _WANTED.c.name) & (message_inbox.c.key == _WANTED.c.key))
    .where(message_inbox.c.taken_at.is_(None), message_inbox.c.expires_at > bindparam("now"))
    .group_by(message_inbox.c.sender, message_inbox.c.name, message_inbox.c.key)
)


def kept_for(conn: Connection, addresses: Sequence[tuple[str, str]], now: datetime) -> list[int]:
    """Messages that came early: of each sender the oldest under each of these names and keys that nobody took yet."""
    names, keys = [name for name, _ in addresses], [key for _, key in addresses]
    return list(conn.execute(_KEPT, {"names": names, "keys": keys, "now": now}).scalars())


def take(conn: Connection, inbox_id: int, now: datetime, case_id: int | None) -> bool:
    """Say that a message is taken now, by this case if there is one yet; False if it was taken before."""
    columns = message_inbox.c
    statement = update(message_inbox).where(columns.id == inbox_id, columns.taken_at.is_(None))
    return conn.execute(statement.values(taken_at=now, case_id=case_id)).rowcount == 1


def give_to(conn: Connection, inbox_id: int, case_id: int) -> None:
    """Say which case a message opened."""
    conn.execute(update(message_inbox).where(message_inbox.c.id == inbox_id).values(case_id=case_id))


def remove_expired(conn: Connection, now: datetime, limit: int) -> tuple[int, int]:
    """Remove messages whose time is over, so many at most; gives how many, and how many of them nobody ever took."""
    expired = select(message_inbox.c.id).where(message_inbox.c.expires_at <= now).limit(limit)
    gone = delete(message_inbox).where(message_inbox.c.id.in_(expired)).returning(message_inbox.c.taken_at)
    taken = list(conn.execute(gone).scalars())
    return len(taken), sum(one is None for one in taken)
