"""``gridcase demo``: a city to try the program out with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.settings import Settings

if TYPE_CHECKING:
    from engine.clock import SteppedClock
    from engine.store.database import Database


@click.command()
@click.option("--if-missing", is_flag=True, help="Do nothing where there is something already.")
@click.option(
    "--cases", default=400, show_default=True, type=click.IntRange(0, 20_000), help="About how many cases."
)
@click.option(
    "--camera/--no-camera", default=True, show_default=True, help="A camera that shows a drawn street."
)
def demo(if_missing: bool, cases: int, camera: bool) -> None:
    """Make the demonstration city: units, people of every role, a month of cases at all stages, and a camera.

    Only in an empty installation, and only where GRIDCASE_HOST is this machine alone: everybody knows the password.
    """
    settings = Settings.from_environment()
    if if_missing and settings.loopback and settings.database_url is None and _noted(settings):
        return
    # What is needed from here on takes a second to import.
    from engine.clock import SteppedClock, SystemClock
    from engine.store.database import Database

    clock = SteppedClock(SystemClock().now())
    database = Database.of(settings, clock)
    try:
        if not (if_missing and _in_use(database)):
            _make(database, clock, settings, cases, camera=camera)
        if settings.database_url is None:
            _note(settings).touch()
    finally:
        database.close()


def _note(settings: Settings) -> Path:
    """A file that says that the embedded database is in use: it spares starting the server to look."""
    return settings.home / "in-use"


def _noted(settings: Settings) -> bool:
    return _note(settings).exists() and (settings.home / "postgres" / "PG_VERSION").exists()


def _in_use(database: Database) -> bool:
    """Whether there are people or cases, and so nothing to do."""
    from handlers.store import demonstration

    with database.unit_of_work() as uow:
        found = demonstration.contents(uow.conn)
    if found.demonstration and not found.complete:
        click.echo(
            "The demonstration was interrupted when it was made, and has fewer cases than it should.",
            err=True,
        )
    return found.people or found.cases


def _make(database: Database, clock: SteppedClock, settings: Settings, cases: int, *, camera: bool) -> None:
    from handlers.demo.city import make_demonstration
    from handlers.demo.staff import PASSWORD

    click.echo("Making the demonstration city of Xi'an: units, areas, people, and a month of cases")
    made = make_demonstration(
        database,
        clock,
        settings,
        cases,
        lambda so_far, wanted: click.echo(f"  {so_far} of about {wanted} cases"),
        camera=camera,
    )
    click.echo(
        f"{made} cases. Sign in as acceptor.xincheng, or as anybody on the sign-in page; the password is {PASSWORD}"
    )
