"""A real worker of this process, that works until nothing is left to do now."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from engine import jobs
from engine.settings import Settings
from engine.store.database import Database

_WAITING = text(
    "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())"
)


def waiting(database: Database, status: str = "todo") -> int:
    """How many jobs there are in a state, those included that wait for a later time."""
    with database.unit_of_work() as uow:
        found = uow.conn.execute(
            text("SELECT count(*) FROM procrastinate_jobs WHERE status::text = :status"), {"status": status}
        )
        return int(found.scalar_one())


def run_all(database: Database, *, concurrency: int = 1, settings: Settings | None = None) -> None:
    """Run the jobs that wait and those they enqueue, until none can be run now."""
    for _ in range(30):
        _run(database, concurrency, settings)
        with database.unit_of_work() as uow:
            if not uow.conn.execute(_WAITING).scalar_one():
                return
    raise AssertionError("the jobs do not come to an end")


def run_one(database: Database, settings: Settings | None = None) -> None:
    """Run the jobs that wait once; what is tried again stays."""
    _run(database, 1, settings)


def _run(database: Database, concurrency: int, settings: Settings | None) -> None:
    app = jobs.job_app(database)

    async def work() -> None:
        async with app.open_async():
            await app.run_worker_async(
                wait=False,
                concurrency=concurrency,
                install_signal_handlers=False,
                delete_jobs="successful",
                additional_context={"database": database, "settings": settings},
            )

    asyncio.run(work())
