"""Start messages: which process begins a case when a message of a name comes for which nobody waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Column, Table, Text, delete, insert, select
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


def replace(conn: Connection, begun: Mapping[str, Iterable[str]]) -> None:
    """Let each of these processes begin with these messages, and with no others."""
    conn.execute(delete(start_message).where(start_message.c.process_key.in_(begun)))
    rows = [{"name": name, "process_key": key} for key, names in begun.items() for name in sorted(set(names))]
    if rows:
        conn.execute(insert(start_message), rows)
