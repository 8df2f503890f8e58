"""Moves of instances to other versions: which ones there are to move, and what each was before, for as long as it can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    delete,
    exists,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from engine.store.bundles import process_version
from engine.store.cases import case
from engine.store.instances import instance
from engine.store.metadata import instant, metadata
from engine.store.rows import Row, every, first

instance_move = Table(
    "instance_move",
    metadata,
    # The last move of each instance.
    Column("instance_id", BigInteger, ForeignKey("instance.id"), primary_key=True, autoincrement=False),
    Column("from_version_id", BigInteger, ForeignKey("process_version.id"), nullable=False),
    # Of the instance when it had been moved: while it has this version no step was taken since.
    Column("instance_version", Integer, nullable=False),
    Column("state", LargeBinary, nullable=False),
    # JSON: columns of work items that followed, as they were.
    Column("items", Text, nullable=False),
    instant("moved_at"),
)


def keep(conn: Connection, row: Mapping[str, Any]) -> None:
    """Keep what an instance was before a move, over what was kept of an earlier one."""
    statement = upsert(instance_move).values(**row)
    again = {name: statement.excluded[name] for name in row if name != "instance_id"}
    conn.execute(statement.on_conflict_do_update(index_elements=["instance_id"], set_=again))


def read(conn: Connection, instance_id: int) -> Row | None:
    """What is kept of the last move of an instance."""
    return first(conn.execute(select(instance_move).where(instance_move.c.instance_id == instance_id)))


def forget(conn: Connection, instance_id: int) -> None:
    """Keep nothing of the last move of an instance any more."""
    conn.execute(delete(instance_move).where(instance_move.c.instance_id == instance_id))


def forget_overtaken(conn: Connection) -> int:
    """Keep nothing of moves after which a step was taken; gives how many there were."""
    went_on = exists().where(
        instance.c.id == instance_move.c.instance_id, instance.c.version != instance_move.c.instance_version
    )
    return conn.execute(delete(instance_move).where(went_on)).rowcount


_RUNNING = (
    select(
        instance.c.id.label("instance_id"),
        case.c.id.label("case_id"),
        case.c.number,
        process_version.c.version,
    )
    .join(case, case.c.id == instance.c.case_id)
    .join(process_version, process_version.c.id == instance.c.process_version_id)
    .where(instance.c.status == "running")
    .order_by(instance.c.id)
)


def candidates(
    conn: Connection,
    process_key: str,
    *,
    to: int,
    only_from: int | None,
    numbers: Sequence[str],
    platforms: Sequence[int] | None,
    after: int,
    limit: int,
) -> list[Row]:
    """Running instances of a process on another version than `to`, in the order of their identifiers, after one of these.

    Args:
        only_from: those on this version.
        numbers: those of these cases; empty for all.
        platforms: those of these platforms; None for all.
    """
    statement = _RUNNING.where(process_version.c.process_key == process_key, process_version.c.version != to)
    if only_from is not None:
        statement = statement.where(process_version.c.version == only_from)
    return every(conn.execute(_narrowed(statement, numbers, platforms, after, limit)))


def undoable(
    conn: Connection,
    process_key: str,
    *,
    to: int,
    numbers: Sequence[str],
    platforms: Sequence[int] | None,
    after: int,
    limit: int,
) -> list[Row]:
    """Those that were moved to a version and have taken no step since, as `candidates`."""
    statement = _RUNNING.join(
        instance_move,
        (instance_move.c.instance_id == instance.c.id)
        & (instance_move.c.instance_version == instance.c.version),
    ).where(process_version.c.process_key == process_key, process_version.c.version == to)
    return every(conn.execute(_narrowed(statement, numbers, platforms, after, limit)))


def _narrowed(
    statement: Select[Any], numbers: Sequence[str], platforms: Sequence[int] | None, after: int, limit: int
) -> Select[Any]:
    if numbers:
        statement = statement.where(case.c.number.in_(numbers))
    if platforms is not None:
        statement = statement.where(case.c.platform_id.in_(platforms))
    return statement.where(instance.c.id > after).limit(limit)
