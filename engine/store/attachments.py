"""Attachments: the photographs of a case, by the hash of their content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    and_,
    any_,
    bindparam,
    delete,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from engine.store.cases import case
from engine.store.metadata import identity, instant, metadata
from engine.store.rows import Row, every, first

attachment = Table(
    "attachment",
    metadata,
    identity(),
    Column("case_id", BigInteger, ForeignKey("case.id"), nullable=False),
    Column("sha256", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("purpose", Text, nullable=False),  # one of handlers.photos.PURPOSES
    Column("taken_at", Text),
    Column("lon", Double),
    Column("lat", Double),
    Column("added_by", BigInteger, ForeignKey("person.id")),
    instant("added_at"),
    UniqueConstraint("case_id", "sha256", "purpose"),
    Index("ix_attachment_sha256", "sha256"),
)


def add(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows for stored photographs; the same photograph for the same purpose is kept once."""
    conn.execute(upsert(attachment).on_conflict_do_nothing(), list(rows))


def remove(conn: Connection, case_id: int, hashes: Sequence[str]) -> None:
    """Take photographs off a case; their files go by the housekeeping once no case has them."""
    # The program's own: what a person handed in stays.
    own = and_(attachment.c.case_id == case_id, attachment.c.added_by.is_(None))
    conn.execute(delete(attachment).where(own, attachment.c.sha256.in_(list(hashes))))


_WITH_MERGED = union_all(
    select(case.c.id).where(case.c.id == bindparam("case_id")),
    select(case.c.id).where(case.c.merged_into_id == bindparam("case_id")),
).subquery("belonging")
_OF_CASE = select(attachment).join(_WITH_MERGED, attachment.c.case_id == _WITH_MERGED.c.id)


def of_case(conn: Connection, case_id: int) -> list[Row]:
    """The photographs of a case, and of those that were merged into it, in the order in which they came."""
    return every(conn.execute(_OF_CASE.order_by(attachment.c.id), {"case_id": case_id}))


def read(conn: Connection, case_id: int, sha256: str) -> Row | None:
    """One photograph of a case, or of one that was merged into it, by its content hash."""
    statement = _OF_CASE.where(attachment.c.sha256 == sha256).limit(1)
    return first(conn.execute(statement, {"case_id": case_id}))


def first_of(conn: Connection, case_ids: Sequence[int], purpose: str) -> dict[int, str]:
    """The content hash of the first photograph for a purpose of each of these cases that has one, by the case."""
    wanted = attachment.c.case_id == any_(bindparam("cases", list(case_ids), type_=ARRAY(BigInteger)))
    statement = (
        select(attachment.c.case_id, attachment.c.sha256)
        .where(wanted, attachment.c.purpose == purpose)
        .ext(distinct_on(attachment.c.case_id))
        .order_by(attachment.c.case_id, attachment.c.id)
    )
    return {row["case_id"]: row["sha256"] for row in every(conn.execute(statement))}


def named(conn: Connection, hashes: Sequence[str]) -> set[str]:
    """Those of these content hashes that any case has."""
    # One array: a statement takes no more than 65,535 values.
    given = bindparam("hashes", list(hashes), type_=ARRAY(Text))
    statement = select(attachment.c.sha256).where(attachment.c.sha256 == any_(given)).distinct()
    return set(conn.execute(statement).scalars())


def elsewhere(conn: Connection, case_id: int, hashes: Sequence[str]) -> set[str]:
    """Those of these content hashes that another case has, unless it was merged into this one."""
    given = bindparam("hashes", list(hashes), type_=ARRAY(Text))
    own = select(_WITH_MERGED.c.id)
    statement = select(attachment.c.sha256).where(
        attachment.c.sha256 == any_(given), attachment.c.case_id.not_in(own)
    )
    return set(conn.execute(statement.distinct(), {"case_id": case_id}).scalars())


def exist(conn: Connection) -> bool:
    """Whether any case has a photograph."""
    return conn.execute(select(attachment.c.id).limit(1)).first() is not None
