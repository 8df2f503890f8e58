"""Revisions: a number for each body of reference data, raised with every change, so that a process may keep what it read."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Table, Text, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from engine.store.metadata import metadata

revision = Table(
    "revision",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)

#: All revisions as one JSON value: to be read along with another row.
ALL = (
    select(func.coalesce(func.json_object_agg(revision.c.name, revision.c.number), func.json_build_object()))
    .scalar_subquery()
    .label("revisions")
)


def read(conn: Connection) -> Mapping[str, int]:
    """All revisions."""
    found: Mapping[str, int] = conn.execute(select(ALL)).scalar_one()
    return found


def bump(conn: Connection, name: str) -> None:
    """Say that this body of reference data changed."""
    statement = insert(revision).values(name=name, number=1)
    conn.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"number": revision.c.number + 1})
    )
