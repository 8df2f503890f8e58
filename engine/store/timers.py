"""Timers: when a waiting element of an instance is due, as indexed rows; an instance that waits costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    any_,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from engine.store.metadata import instant, metadata

timer = Table(
    "timer",
    metadata,
    Column("instance_id", BigInteger, ForeignKey("instance.id"), nullable=False),
    Column("task_id", Text, nullable=False),
    Column("case_id", BigInteger, ForeignKey("case.id"), nullable=False),
    instant("due_at"),
    PrimaryKeyConstraint("instance_id", "task_id"),
    Index("ix_timer_due_at", "due_at"),
)


_NEW = insert(timer).from_select(
    ["instance_id", "case_id", "task_id", "due_at"],
    select(
        bindparam("of_instance", type_=BigInteger),
        bindparam("of_case", type_=BigInteger),
        func.unnest(bindparam("tasks", type_=ARRAY(Text))),
        func.unnest(bindparam("instants", type_=ARRAY(DateTime(timezone=True)))),
    ),
)
_SET = _NEW.on_conflict_do_update(
    index_elements=["instance_id", "task_id"], set_={"due_at": _NEW.excluded.due_at}
)
_REMOVE = delete(timer).where(
    timer.c.instance_id == bindparam("of_instance"),
    timer.c.task_id == any_(bindparam("tasks", type_=ARRAY(Text))),
)
_DUE = (
    select(timer.c.case_id)
    .where(timer.c.due_at <= bindparam("now"))
    .order_by(timer.c.due_at)
    .limit(bindparam("most", type_=Integer))
)


def set_due(conn: Connection, instance_id: int, case_id: int, due: Sequence[tuple[str, datetime]]) -> None:
    """Store when these tasks of an instance are due, over what was stored for them."""
    tasks, instants = [task for task, _ in due], [at for _, at in due]
    conn.execute(_SET, {"of_instance": instance_id, "of_case": case_id, "tasks": tasks, "instants": instants})


def remove(conn: Connection, instance_id: int, task_ids: Sequence[str]) -> None:
    """Forget timers that fired or were cancelled."""
    conn.execute(_REMOVE, {"of_instance": instance_id, "tasks": list(task_ids)})


def put_off(conn: Connection, case_id: int, now: datetime, until: datetime) -> None:
    """Let the due timers of a case wait until then, while the process cannot go on from them."""
    conn.execute(update(timer).where(timer.c.case_id == case_id, timer.c.due_at <= now).values(due_at=until))


def due_cases(conn: Connection, now: datetime, limit: int) -> list[int]:
    """Cases with a timer that is due, the longest due first."""
    return list(dict.fromkeys(conn.execute(_DUE, {"now": now, "most": limit}).scalars()))
