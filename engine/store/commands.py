"""``gridcase db``: the database's schema from the command line."""

from __future__ import annotations

import click

from engine.settings import Settings
from engine.store import schema
from engine.store.database import Database


@click.group()
def db() -> None:
    """Look after the database's schema."""


@db.command()
def upgrade() -> None:
    """Bring the schema to the version of this program."""
    database = Database.of(Settings.from_environment())
    try:
        before = schema.current(database)
        schema.upgrade(database)
        after = schema.current(database)
        click.echo(
            f"already at revision {after}" if before == after else f"revision {before or 'none'} -> {after}"
        )
    finally:
        database.close()


@db.command()
def current() -> None:
    """Print the revision that the database is at."""
    database = Database.of(Settings.from_environment())
    try:
        click.echo(schema.current(database) or "none")
    finally:
        database.close()
