"""Rounds: what is done again every few minutes, by whichever worker is free and by one at a time.

Whoever needs one registers it in a module of the entry point group ``gridcase.service_tasks``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from engine.program_log import scope
from engine.settings import Settings
from engine.store.database import Database
from engine.tasks import import_modules

logger = structlog.get_logger()

#: Gives how many things it did. Its transactions are its own, and short; it may be cut off at any instant and begun anew.
Walk = Callable[[Database, Settings], int]

#: More often than this nothing needs to be done that is no timer.
SHORTEST = timedelta(seconds=10)


@dataclass(frozen=True)
class Round:
    """What is done, and after how long again."""

    walk: Walk
    every: timedelta


_rounds: dict[str, Round] = {}


def regular(name: str, *, every: timedelta) -> Callable[[Walk], Walk]:
    """Register what is to be done regularly.

    Args:
        name: by which the program's log tells it.
        every: after how long it is begun again, `SHORTEST` at least; while one is under way the next one waits.
    """
    if every < SHORTEST:
        raise ValueError(f"the round {name} would go more often than every {SHORTEST}")

    def register(walk: Walk) -> Walk:
        if name in _rounds:
            raise ValueError(f"the round {name} is registered twice")
        _rounds[name] = Round(walk, every)
        return walk

    return register


def rounds() -> Mapping[str, Round]:
    """All rounds by name."""
    import_modules()
    return _rounds


def go(database: Database, settings: Settings, name: str) -> int:
    """Go a round once; gives how many things were done, 0 for one that a newer or older release knows and this one does not."""
    found = rounds().get(name)
    if found is None:
        logger.warning("a round is not known here", round=name)
        return 0
    with scope(round=name):
        done = found.walk(database, settings)
    if done:
        logger.info("round done", round=name, done=done)
    return done
