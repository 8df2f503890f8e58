"""Housekeeping: chores that are done every night, so that nothing is kept for ever that nobody needs.

Whoever leaves something lying about registers the chore that clears it away, in a module of the entry point group
``gridcase.service_tasks``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from engine.settings import Settings
from engine.store.database import Database

logger = structlog.get_logger()

#: Gives how many things it cleared away. It may take long: transactions are its own, and short.
Chore = Callable[[Database, Settings], int]

_chores: dict[str, Chore] = {}


def chore(name: str) -> Callable[[Chore], Chore]:
    """Register what is to be done every night.

    Args:
        name: by which the program's log tells it.
    """

    def register(function: Chore) -> Chore:
        if name in _chores:
            raise ValueError(f"the chore {name} is registered twice")
        _chores[name] = function
        return function

    return register


def chores() -> Mapping[str, Chore]:
    """All chores by name."""
    # Late: a watch registers chores at its start, for which cameras wait, and does none.
    from engine.tasks import import_modules

    import_modules()
    return _chores


def clean_up(database: Database, settings: Settings) -> None:
    """Do all chores; one that fails keeps no other from being done.

    Raises:
        ExceptionGroup: of those that failed.
    """
    failed: list[Exception] = []
    for name, function in sorted(chores().items()):
        try:
            logger.info("chore done", chore=name, cleared=function(database, settings))
        except Exception as error:  # noqa: BLE001 - raised below, with all others
            failed.append(error)
    if failed:
        raise ExceptionGroup("chores failed", failed)
