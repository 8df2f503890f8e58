"""The demonstration city: made once, in an empty installation that only this machine can reach."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from engine.clock import SteppedClock
from engine.errors import ConfigurationError, Invalid
from engine.messages import Message
from engine.settings import Settings
from engine.store import schema
from engine.store.database import Database
from handlers.demo.installation import install
from handlers.demo.month import DAYS, Month, Progress
from handlers.demo.staff import hire
from handlers.store import demonstration

_SEED = 20260722
MAX_CASES = 20_000


def require_loopback(settings: Settings) -> None:
    """Refuse an installation that other machines can reach.

    Raises:
        ConfigurationError: its web server binds to more than the loopback address.
    """
    if not settings.loopback:
        raise ConfigurationError(
            f"GRIDCASE_HOST is {settings.host}: the accounts of the demonstration have a password that everybody knows, "
            "so it is made only where this machine alone can reach it: set GRIDCASE_HOST=127.0.0.1"
        )


def make_demonstration(
    database: Database,
    clock: SteppedClock,
    settings: Settings,
    wanted: int,
    progress: Progress,
    *,
    camera: bool = False,
) -> int:
    """Make the city with its people, and a month of cases by running the engine; gives how many cases.

    Args:
        database: an empty installation's; its clock must be `clock`.
        clock: stands at the present, and does again at the end.
        wanted: about how many cases.
        progress: told the cases so far and wanted.
        camera: whether to draw the made street, and add the camera that shows it.

    Raises:
        ConfigurationError: other machines can reach the installation.
        Invalid: there is something in it, or the number is out of bounds.
    """
    require_loopback(settings)
    if not 0 <= wanted <= MAX_CASES:
        message = Message("Give a number of cases from 0 to %(most)d.", most=MAX_CASES)
        raise Invalid(message, {"cases": message})
    schema.upgrade(database)
    end = clock.now()
    chance = random.Random(_SEED)  # noqa: S311 - a month to look at, no secret
    clock.set(_before(end))
    with database.unit_of_work() as uow:
        _require_empty(demonstration.contents(uow.conn))
        demonstration.wait_for_disk(uow.conn, False)
        install(uow, settings.home / "cache")
        staff = hire(uow, chance)
    made = Month(database, clock, staff, chance, end).run(wanted, progress)
    clock.set(end)
    if camera:
        from handlers.demo.camera import set_up

        set_up(database, settings)
    with database.unit_of_work() as uow:
        demonstration.wait_for_disk(uow.conn, True)
        uow.changed(demonstration.COMPLETE)
    return made


def _before(end: datetime) -> datetime:
    """Before the first report: a diagram is deployed before cases begin on it."""
    return end - timedelta(days=DAYS, hours=1)


def _require_empty(found: demonstration.Contents) -> None:
    if found.cases:
        raise Invalid(
            Message("There are cases already: the demonstration is made in an empty installation only.")
        )
    if found.people:
        raise Invalid(
            Message("There are people already: the demonstration is made in an empty installation only.")
        )
