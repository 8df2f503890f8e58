"""The schema that the migrations make is the one that the tables describe."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import engine.store
import handlers.store
from engine.errors import ConfigurationError
from engine.store import schema
from engine.store.database import Database
from engine.store.metadata import metadata


def test_the_migrations_make_what_the_tables_describe(database: Database) -> None:
    for package in (engine.store, handlers.store):
        for module in pkgutil.iter_modules(package.__path__):
            import_module(f"{package.__name__}.{module.name}")

    with database.engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"include_name": _ours})
        assert compare_metadata(context, metadata) == []


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """The job engine has a schema of its own making."""
    return kind != "table" or not (name or "").startswith("procrastinate_")


def test_a_database_of_another_version_is_refused_with_the_remedy(database: Database) -> None:
    newest = schema.current(database)
    with database.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")

    try:
        with pytest.raises(ConfigurationError, match="gridcase db upgrade"):
            schema.require_newest(database)
    finally:
        with database.engine.begin() as conn:
            conn.exec_driver_sql("UPDATE alembic_version SET version_num = %s", (newest,))
