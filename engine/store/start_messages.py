"""Start messages: which process begins a case when a message of a name comes for which nobody waits."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, Table, Text, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from engine.store.metadata import metadata

start_message = Table(
    "start_message",
    metadata,
    Column("name", Text, primary_key=True),
    Column("process_key", Text, nullable=False),
)


def process_of(conn: Connection, name: str) -> str | None:
    """The key of the process that begins with a message of this name."""
    found: str | None = conn.execute(
        select(start_message.c.process_key).where(start_message.c.name == name)
    ).scalar()
    return found


def replace(conn: Connection, process_key: str, names: Iterable[str]) -> None:
    """Let a process begin with these messages, and with no others."""
    conn.execute(delete(start_message).where(start_message.c.process_key == process_key))
    rows = [{"name": name, "process_key": process_key} for name in sorted(set(names))]
    if rows:
        conn.execute(upsert(start_message).on_conflict_do_nothing(), rows)
