"""Holding back: a camera that draws what it shows goes on for ever, and would fill the queue of those who review by itself."""

from __future__ import annotations

from collections.abc import Collection

from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork
from handlers.store import sightings

#: So many sightings of a made camera wait for an answer at most.
MOST_MADE = 10


def is_full(uow: UnitOfWork, camera_id: int) -> bool:
    """Whether so many sightings of a made camera wait that no more are taken until some are answered."""
    return sightings.unanswered(uow.conn, camera_id) >= MOST_MADE


def held_back(uow: UnitOfWork, units: Collection[int]) -> list[Row]:
    """The made cameras of units of which no sighting is taken now: ``id``, ``name``, ``name_en``, ``waiting``."""
    if not units:
        return []
    return [row for row in sightings.made_waiting(uow.conn, sorted(units)) if row["waiting"] >= MOST_MADE]
