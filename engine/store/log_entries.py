"""Log entries: what happened to a case, append-only and chained by hashes; the database refuses to change them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    and_,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from engine.store import rows
from engine.store.cases import case
from engine.store.metadata import identity, instant, metadata
from engine.store.people import person
from engine.store.rows import InsertMany, Row, every, first, number

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
    # One order over the logs of all cases, in which anchors tie them together: no clock's, for clocks are set back.
    Column("position", BigInteger, Identity(always=True), nullable=False),
    PrimaryKeyConstraint("case_id", "seq"),
    UniqueConstraint("position"),
    Index("ix_log_entry_at", "at", postgresql_using="brin"),
)

#: Appends entries.
ADD = InsertMany(log_entry, counted={"position"})

log_anchor = Table(
    "log_anchor",
    metadata,
    identity(),
    instant("at"),
    # The position of the last entry that it holds, and how many it holds besides those of the anchor before it. Null in
    # anchors from before entries had positions.
    Column("up_to", BigInteger),
    Column("entries", Integer),
    Column("root", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    # Two at the same time cannot both follow the same one.
    UniqueConstraint("previous"),
)

#: Entries that are read at once where all are.
PORTION = 2000


def of_case(conn: Connection, case_id: int) -> list[Row]:
    """The entries of a case in order, with ``person_name``."""
    statement = (
        select(log_entry, person.c.name.label("person_name"))
        .outerjoin(person, person.c.id == log_entry.c.person_id)
        .where(log_entry.c.case_id == case_id)
        .order_by(log_entry.c.seq)
    )
    return every(conn.execute(statement))


def has_written(conn: Connection, case_id: int, person_id: int) -> bool:
    """Whether a person did anything with a case that its log holds: reported it, worked on it, took an action."""
    statement = select(log_entry.c.seq).where(
        log_entry.c.case_id == case_id, log_entry.c.person_id == person_id
    )
    return conn.execute(statement.limit(1)).first() is not None


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


def settled_position(conn: Connection) -> int:
    """The position up to which every entry is there that ever will be; 0 where there is none.

    Whoever writes an entry at this moment is waited for, and others wait in turn until the transaction ends: let it end at once.
    """
    conn.execute(text("SET LOCAL lock_timeout = '2s'"))
    conn.execute(text("LOCK TABLE log_entry IN SHARE ROW EXCLUSIVE MODE"))
    return number(conn.execute(select(func.coalesce(func.max(log_entry.c.position), 0))))


def freeze(conn: Connection) -> None:
    """Let all that this transaction reads be of one instant; it must not have read anything yet."""
    conn.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


def first_position(conn: Connection, since: datetime) -> int | None:
    """The lowest position of an entry that is not older than an instant."""
    statement = select(func.min(log_entry.c.position)).where(log_entry.c.at >= since)
    found: int | None = conn.execute(statement).scalar_one()
    return found


def portion(conn: Connection, after: int, up_to: int, case_id: int | None = None) -> list[Row]:
    """The next `PORTION` entries in the order of their positions, of one case or of all.

    Each comes with ``previous``, the hash of the entry before it in its case, and with the case's ``number``.
    """
    before = log_entry.alias("before")
    follows = and_(before.c.case_id == log_entry.c.case_id, before.c.seq == log_entry.c.seq - 1)
    statement = (
        select(log_entry, before.c.hash.label("previous"), case.c.number)
        .join(case, case.c.id == log_entry.c.case_id)
        .outerjoin(before, follows)
        .where(log_entry.c.position > after, log_entry.c.position <= up_to)
        .order_by(log_entry.c.position)
        .limit(PORTION)
    )
    if case_id is not None:
        statement = statement.where(log_entry.c.case_id == case_id)
    return every(conn.execute(statement))


def hashes(conn: Connection, after: int, up_to: int) -> Iterator[bytes]:
    """The hashes of entries in the order of their positions, read in portions."""
    statement = select(log_entry.c.position, log_entry.c.hash).order_by(log_entry.c.position).limit(PORTION)
    while True:
        window = statement.where(log_entry.c.position > after, log_entry.c.position <= up_to)
        found = every(conn.execute(window))
        yield from (bytes(row["hash"]) for row in found)
        if len(found) < PORTION:
            return
        after = found[-1]["position"]


def anchors(conn: Connection) -> list[Row]:
    """All anchors, oldest first."""
    return every(conn.execute(select(log_anchor).order_by(log_anchor.c.id)))


def last_anchor(conn: Connection) -> Row | None:
    """The newest anchor."""
    return first(conn.execute(select(log_anchor).order_by(log_anchor.c.id.desc()).limit(1)))


def add_anchor(conn: Connection, row: Mapping[str, Any]) -> bool:
    """Append an anchor; False if another follows the same one already."""
    statement = upsert(log_anchor).values(**row).on_conflict_do_nothing(index_elements=["previous"])
    return conn.execute(statement.returning(log_anchor.c.id)).first() is not None
