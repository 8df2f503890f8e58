"""What is cleared away every night: stills of cameras that are gone, and alarms that ended long ago."""

from __future__ import annotations

from datetime import timedelta

from engine import housekeeping
from engine.settings import Settings
from engine.store.database import Database
from handlers.cameras import trials
from handlers.cameras.stills import Stills
from handlers.store import camera_watches

#: An alarm is remembered for so long after it ended.
ALARMS_KEPT = timedelta(days=90)
#: A trial shows people and plates as the camera did: it goes soon.
TRIALS_KEPT = timedelta(days=2)


@housekeeping.chore("stills of cameras that are gone")
def forget_stills(database: Database, settings: Settings) -> int:
    """Remove the stills of cameras that are not watched any more; gives of how many."""
    with database.unit_of_work() as uow:
        watched = camera_watches.watched(uow.conn)
    return Stills(settings).forget_others(watched)


@housekeeping.chore("trials of rules that are over")
def forget_trials(database: Database, settings: Settings) -> int:
    """Remove the trials of some days ago, and of cameras that are gone, with their pictures; what was marked stays. Gives how many."""
    with database.unit_of_work() as uow:
        watched, now = camera_watches.watched(uow.conn), uow.now
    return trials.forget_others(settings, watched, now - TRIALS_KEPT)


@housekeeping.chore("alarms of cameras that ended long ago")
def forget_alarms(database: Database, settings: Settings) -> int:
    """End the alarms of cameras that nobody watches, and remove those that ended long ago; gives how many."""
    with database.unit_of_work() as uow:
        camera_watches.end_alarms_of_unwatched(uow.conn, uow.now)
        return camera_watches.forget_alarms(uow.conn, uow.now - ALARMS_KEPT)
