"""Log entries: what happened to a case, append-only and chained by hashes; the database refuses to change them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    insert,
    select,
)
from sqlalchemy.engine import Connection

from engine.store import rows
from engine.store.cases import case
from engine.store.metadata import identity, instant, metadata
from engine.store.people import person
from engine.store.rows import InsertMany, Row, every, first

log_entry = Table(
    "log_entry",
    metadata,
    Column("case_id", BigInteger, ForeignKey("case.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    instant("at"),
    Column("person_id", BigInteger, ForeignKey("person.id")),
    Column("action", Text, nullable=False),
    Column("element_id", Text),
    # The exact text that was hashed: canonical JSON of everything the entry says.
    Column("body", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("case_id", "seq"),
    Index("ix_log_entry_at", "at"),
)

_INSERT = InsertMany(log_entry)

log_anchor = Table(
    "log_anchor",
    metadata,
    identity(),
    instant("at"),
    # How many cases' heads went into the root, and up to which case.
    Column("cases", Integer, nullable=False),
    Column("last_case_id", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
)


def add(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append entries in one statement."""
    _INSERT.execute(conn, rows)


def of_case(conn: Connection, case_id: int) -> list[Row]:
    """The entries of a case in order, with ``person_name``."""
    statement = (
        select(log_entry, person.c.name.label("person_name"))
        .outerjoin(person, person.c.id == log_entry.c.person_id)
        .where(log_entry.c.case_id == case_id)
        .order_by(log_entry.c.seq)
    )
    return every(conn.execute(statement))


def stream(conn: Connection, case_id: int | None = None) -> Iterator[Row]:
    """All entries by case and sequence, in portions, without holding them in memory; or those of one case."""
    statement = select(log_entry).order_by(log_entry.c.case_id, log_entry.c.seq)
    if case_id is not None:
        statement = statement.where(log_entry.c.case_id == case_id)
    yield from rows.stream(conn.execute(statement.execution_options(yield_per=1000)))


def heads(conn: Connection, case_id: int | None = None) -> Iterator[Row]:
    """``id``, ``log_seq`` and ``log_hash`` of every case in the order of their identifiers."""
    statement = select(case.c.id, case.c.log_seq, case.c.log_hash).order_by(case.c.id)
    if case_id is not None:
        statement = statement.where(case.c.id == case_id)
    yield from rows.stream(conn.execute(statement.execution_options(yield_per=1000)))


def last_anchor(conn: Connection) -> Row | None:
    """The newest anchor."""
    return first(conn.execute(select(log_anchor).order_by(log_anchor.c.id.desc()).limit(1)))


def add_anchor(conn: Connection, row: Mapping[str, Any]) -> None:
    """Append an anchor."""
    conn.execute(insert(log_anchor).values(**row))
