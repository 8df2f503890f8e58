"""``gridcase watch``: the process of one watch; it imports little, for cameras wait for its start."""

from __future__ import annotations

import click

from engine import program_log, watches
from engine.settings import Settings
from engine.store.database import Database


@click.command()
@click.argument("which")
@click.argument("key")
def watch(which: str, key: str) -> None:
    """Stand one watch until standard input ends; the worker starts it.

    WHICH is the kind of watch and KEY what it is for, such as a group of cameras. Without a worker nothing keeps two from standing
    the same, and the later one takes it over.
    """
    settings = Settings.from_environment()
    program_log.configure()
    # That the schema is the newest the worker has seen.
    database = Database.of(settings, pool_size=3)
    try:
        watches.stand(database, settings, which, key)
    finally:
        database.close()
