"""Cameras in view of a place, as every command sees them."""

from __future__ import annotations

from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork
from handlers.alike import metres_between
from handlers.store import cameras, sightings

#: A camera that stands nearer than this is taken to have the place in view, where none made the case.
IN_VIEW_METRES = 30.0


def in_view(uow: UnitOfWork, lon: float, lat: float) -> Row | None:
    """The nearest camera that is watched and stands near a point in WGS-84, or that has a zone there; None without one.

    It costs no statement: all cameras are held.
    """
    held = uow.reference(cameras.REVISION, sightings.places)
    near = [(metres_between((lon, lat), (one["lon"], one["lat"])), one) for one in held]
    found = [pair for pair in near if pair[0] <= IN_VIEW_METRES]
    return min(found, key=lambda pair: (pair[0], pair[1]["id"]))[1] if found else None
