"""Groups of cameras: each is watched by one job. A camera stays in its group for good, so that no two watches ever meet over it."""

from __future__ import annotations

from collections.abc import Collection

from engine.store.unit_of_work import UnitOfWork
from handlers.store import camera_watches

#: How many cameras a group gets: at one picture in five seconds, a fifth of a processor.
SIZE = 50


def for_new(uow: UnitOfWork) -> int:
    """The group of a camera that is added: the fullest that has room, so that few processes watch all."""
    sizes = camera_watches.sizes(uow.conn)
    room = [number for number, count in sizes.items() if count < SIZE]
    if room:
        return max(room, key=lambda number: (sizes[number], -number))
    return max(sizes, default=0) + 1


def keys(uow: UnitOfWork) -> Collection[str]:
    """The groups that have a camera to watch, as `engine.watches` asks for them."""
    return [str(number) for number in camera_watches.groups(uow.conn)]
