"""Jobs as the job engine keeps them: which there are under which lock."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.engine import Connection

_LOCKS = text(
    "SELECT lock FROM procrastinate_jobs WHERE task_name = :task AND status IN ('todo', 'doing') AND lock IS NOT NULL"
)


def locks(conn: Connection, task: str) -> frozenset[str]:
    """The locks of all jobs of a task that wait or are under way."""
    return frozenset(conn.execute(_LOCKS, {"task": task}).scalars())
