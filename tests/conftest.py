"""Fixtures that every room's tests share: a real PostgreSQL, a clock that stands still, and an empty installation."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import structlog

from engine.clock import SteppedClock
from engine.store import schema
from engine.store.database import Database
from engine.store.embedded import EmbeddedServer
from engine.store.unit_of_work import UnitOfWork

SHANGHAI = ZoneInfo("Asia/Shanghai")

#: A Monday in working hours, with an ordinary week before and behind it.
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)

#: Empties every table whatever refers to it, the append-only log included, which only a superuser can do.
_EMPTY = """
DO $$ DECLARE one record; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT relname FROM pg_stat_user_tables
        WHERE schemaname = 'public' AND relname <> 'alembic_version' LOOP
        EXECUTE 'DELETE FROM ' || quote_ident(one.relname);
    END LOOP;
END $$
"""


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A PostgreSQL of this test process alone, at the newest schema."""
    # Not in pytest's own folder: each run of pytest closes that to every other user, the server's among them.
    with tempfile.TemporaryDirectory(prefix="gridcase-test-") as home:
        server = EmbeddedServer(Path(home)).start()
        migrated = Database(server.url)
        schema.upgrade(migrated)
        migrated.close()
        yield server.url
        server.stop()


@pytest.fixture
def clock() -> SteppedClock:
    """A clock that stands at `MONDAY` until a test moves it."""
    return SteppedClock(MONDAY)


@pytest.fixture
def database(database_url: str, clock: SteppedClock) -> Iterator[Database]:
    """An empty installation's database; units of work begun on it commit."""
    opened = Database(database_url, clock, time_zone=SHANGHAI)
    with opened.engine.begin() as conn:
        conn.exec_driver_sql(_EMPTY)
    yield opened
    opened.close()


@pytest.fixture
def uow(database: Database) -> Iterator[UnitOfWork]:
    """One unit of work; what is in it commits when the test ends."""
    with database.unit_of_work() as work:
        yield work


@pytest.fixture
def log_as_before() -> Iterator[None]:
    """Leave the program's log as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture(scope="session")
def processes() -> Path:
    """The folder that designers edit."""
    import processes as package

    return Path(package.__path__[0])
