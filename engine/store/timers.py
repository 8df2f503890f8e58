"""Timers: when a waiting element of an instance is due, as indexed rows; an instance that waits costs nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    any_,
    bindparam,
    delete,
    exists,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from engine.store.metadata import instant, metadata
from engine.store.rows import records

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


_ROWS = records("due_timers", timer.c)
_NEW = insert(timer).from_select([column.name for column in timer.c], select(*_ROWS.c))
#: Stores when tasks are due, over what was stored for them; takes ``due_timers``, rows of the table.
SET_DUE = _NEW.on_conflict_do_update(
    index_elements=["instance_id", "task_id"], set_={"due_at": _NEW.excluded.due_at}
)
#: Forgets timers; takes ``timer_instances`` and ``timer_tasks``.
REMOVE = delete(timer).where(
    timer.c.instance_id == any_(bindparam("timer_instances", type_=ARRAY(BigInteger))),
    timer.c.task_id == any_(bindparam("timer_tasks", type_=ARRAY(Text))),
)
_ANY_DUE = select(exists().where(timer.c.due_at <= bindparam("now")))


def put_off(conn: Connection, case_id: int, now: datetime, until: datetime) -> None:
    """Let the due timers of a case wait until then, while the process cannot go on from them."""
    conn.execute(update(timer).where(timer.c.case_id == case_id, timer.c.due_at <= now).values(due_at=until))


def any_due(conn: Connection, now: datetime) -> bool:
    """Whether a timer is due."""
    return bool(conn.execute(_ANY_DUE, {"now": now}).scalar_one())
