"""``gridcase db``: the database's schema from the command line."""

from __future__ import annotations

import os
import subprocess

import click

from engine.errors import ConfigurationError
from engine.settings import Settings
from engine.store import schema
from engine.store.database import Database
from engine.store.embedded import binaries


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


@db.command("run", context_settings={"ignore_unknown_options": True})
@click.argument("program")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run_program(program: str, arguments: tuple[str, ...]) -> None:
    """Run a PROGRAM of PostgreSQL, such as pg_dump, pg_restore or psql, on the installation's database.

    It is the one that the program brings along, and finds the database, the user and the password in its environment.
    """
    path = binaries() / program
    if "/" in program or not path.is_file():
        names = ", ".join(sorted(one.name for one in binaries().iterdir() if one.is_file()))
        raise ConfigurationError(f"there is no program {program}: give one of {names}")
    database = Database.of(Settings.from_environment())
    try:
        done = subprocess.run([str(path), *arguments], env={**os.environ, **_libpq(database)}, check=False)
    finally:
        database.close()
    raise SystemExit(done.returncode)


def _libpq(database: Database) -> dict[str, str]:
    """Where the database is, as PostgreSQL's own programs read it: a password stands in no list of processes."""
    url = database.engine.url
    parts: dict[str, object] = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "database": url.database,
        **url.query,
    }
    return {f"PG{name.upper()}": str(value) for name, value in parts.items() if value is not None}


@db.command()
def current() -> None:
    """Print the revision that the database is at."""
    database = Database.of(Settings.from_environment())
    try:
        click.echo(schema.current(database) or "none")
    finally:
        database.close()
