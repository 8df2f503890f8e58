"""What every command of the command line begins with: the installation's settings and its database, opened and closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine import program_log
from engine.settings import Settings
from engine.store import schema
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork


@contextmanager
def opened_database(settings: Settings | None = None, *, pool_size: int = 5) -> Iterator[Database]:
    """The installation's database at the newest schema, closed at the end, with so many connections kept open.

    Raises:
        ConfigurationError: it cannot be reached, or its schema is of another version.
    """
    program_log.configure()
    database = Database.of(settings or Settings.from_environment(), pool_size=pool_size)
    try:
        schema.require_newest(database)
        yield database
    finally:
        database.close()


@contextmanager
def opened_unit_of_work() -> Iterator[UnitOfWork]:
    """One unit of work on the installation's database."""
    with opened_database() as database, database.unit_of_work() as uow:
        yield uow
