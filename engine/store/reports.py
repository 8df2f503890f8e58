"""Reports: the messages that belong to a case, each with the key of its sender and the secret of its reporter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    null,
    select,
    text,
    update,
)
from sqlalchemy.engine import Connection

from engine.store.cases import case
from engine.store.metadata import identity, instant, metadata
from engine.store.rows import Row, every, first, number

report = Table(
    "report",
    metadata,
    identity(),
    Column("case_id", BigInteger, ForeignKey("case.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("reporter_name", Text, nullable=False),
    Column("reporter_phone", Text, nullable=False),
    Column("person_id", BigInteger, ForeignKey("person.id")),
    # The same submission sent twice is one report.
    Column("submission_key", Text, nullable=False),
    # SHA-256 of the secret with which a reporter follows the case.
    Column("follow_digest", LargeBinary, nullable=False),
    instant("reported_at"),
    # The case to which it belonged before that one was merged into its case of now.
    Column("from_case_id", BigInteger, ForeignKey("case.id")),
    Index("ix_report_case_id", "case_id"),
    Index("ix_report_from_case", "from_case_id", postgresql_where=text("from_case_id IS NOT NULL")),
    UniqueConstraint("submission_key"),
    UniqueConstraint("follow_digest"),
)


_HOLD = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("submission_key", type_=Text), 0)))
_INSERT = insert(report).returning(report.c.id)
_BEFORE = (
    select(case.c.id, case.c.number, case.c.platform_id)
    .join(report, report.c.case_id == case.c.id)
    .where(report.c.submission_key == bindparam("submission_key"))
)


def hold_submission(conn: Connection, submission_key: str) -> None:
    """Let whoever sends the same key at the same time wait until this transaction ends."""
    conn.execute(_HOLD, {"submission_key": submission_key})


def add(conn: Connection, row: Mapping[str, Any]) -> int:
    """Insert a report; gives its identifier."""
    return number(conn.execute(_INSERT, dict(row)))


def reported_before(conn: Connection, submission_key: str) -> Row | None:
    """The case that an earlier submission with the same key opened: ``id``, ``number``, ``platform_id``."""
    return first(conn.execute(_BEFORE, {"submission_key": submission_key}))


def followed(conn: Connection, digest: bytes) -> Row | None:
    """The case document of the report with this secret, with its ``reported_at`` and ``from_case_id``."""
    statement = (
        select(case, report.c.reported_at, report.c.from_case_id)
        .join(report, report.c.case_id == case.c.id)
        .where(report.c.follow_digest == digest)
    )
    return first(conn.execute(statement))


def of_case(conn: Connection, case_id: int) -> list[Row]:
    """The reports of a case, the first one first."""
    return every(conn.execute(select(report).where(report.c.case_id == case_id).order_by(report.c.id)))


def has_reported(conn: Connection, case_id: int, person_id: int) -> bool:
    """Whether a report of a case is by a person."""
    statement = select(report.c.id).where(report.c.case_id == case_id, report.c.person_id == person_id)
    return conn.execute(statement.limit(1)).first() is not None


def give(conn: Connection, case_id: int, to_case_id: int) -> int:
    """Let the reports of a case belong to another one from now on; gives how many there are."""
    statement = update(report).where(report.c.case_id == case_id)
    return conn.execute(statement.values(case_id=to_case_id, from_case_id=case_id)).rowcount


def take_back(conn: Connection, case_id: int) -> int:
    """Let the reports that a case gave away belong to it again; gives how many there are."""
    statement = update(report).where(report.c.from_case_id == case_id)
    return conn.execute(statement.values(case_id=case_id, from_case_id=null())).rowcount
