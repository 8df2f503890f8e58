"""Whether the installation can do its work, in sentences for whoever watches over it."""

from __future__ import annotations

from engine.errors import ConfigurationError
from engine.store import figures, schema
from engine.store.database import Database

#: A worker says every two seconds that it lives; one that was silent for this long is taken for dead.
SILENCE_SECONDS = 15.0


def problems(database: Database) -> list[str]:
    """What keeps the installation from its work; empty when nothing does."""
    try:
        schema.require_newest(database)
        with database.unit_of_work() as uow:
            if figures.any_live_worker(uow.conn, SILENCE_SECONDS):
                return []
    except ConfigurationError as error:
        return [str(error)]
    return [
        f"no worker gave a sign of life for {SILENCE_SECONDS:.0f} seconds, so timers and background tasks stand still: "
        "see that `gridcase worker` runs"
    ]
