"""Drafts: a catalogue that somebody sent and looks at before it takes the place of the one that is there; one a person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, Table, Text, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from engine.store.metadata import instant, metadata
from engine.store.rows import Row, first

catalogue_draft = Table(
    "catalogue_draft",
    metadata,
    Column("person_id", BigInteger, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    # The file as it was sent.
    Column("content", LargeBinary, nullable=False),
    instant("sent_at"),
)


def save(conn: Connection, person_id: int, name: str, content: bytes, now: datetime) -> None:
    """Keep a file as the draft of a person, in the place of the one before."""
    row = {"name": name, "content": content, "sent_at": now}
    statement = insert(catalogue_draft).values(person_id=person_id, **row)
    conn.execute(statement.on_conflict_do_update(index_elements=["person_id"], set_=row))


def read(conn: Connection, person_id: int) -> Row | None:
    """The draft of a person, None if there is none."""
    return first(conn.execute(select(catalogue_draft).where(catalogue_draft.c.person_id == person_id)))


def drop(conn: Connection, person_id: int) -> None:
    """Throw the draft of a person away."""
    conn.execute(delete(catalogue_draft).where(catalogue_draft.c.person_id == person_id))
