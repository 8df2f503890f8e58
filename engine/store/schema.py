"""Bringing the database's schema to the version of this program, by Alembic."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from engine.errors import ConfigurationError
from engine.store.database import Database


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema to a revision, the newest by default; one process at a time, and all or nothing."""
    config = _config()
    with database.connection() as conn:
        conn.execute(select(func.pg_advisory_xact_lock(0x67726965)))
        config.attributes["connection"] = conn
        command.upgrade(config, revision)


def current(database: Database) -> str | None:
    """The revision that the database is at, None for an empty one."""
    with database.connection() as conn:
        return MigrationContext.configure(conn).get_current_revision()


@cache
def newest() -> str | None:
    """The revision that this program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def require_newest(database: Database) -> None:
    """Refuse to run on a schema of another version.

    Raises:
        ConfigurationError: with the command that mends it.
    """
    found = current(database)
    if found != newest():
        raise ConfigurationError(
            f"the database is at revision {found or 'none'} and this program needs {newest()}: run `gridcase db upgrade`"
        )
