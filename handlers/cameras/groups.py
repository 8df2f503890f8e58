"""Groups of cameras: each is watched by one job. A camera stays in its group for good, so that no two watches ever meet over it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork
from handlers.store import camera_watches

#: How many cameras a group gets: at one picture in five seconds, a fifth of a processor.
SIZE = 50
#: A watch that has given no sign of life for so long is none: its successor would be there.
MISSED = timedelta(seconds=15)


@dataclass(frozen=True)
class Group:
    """A group that has cameras to watch.

    Attributes:
        cameras: how many.
        row: of the table of watches; None if nobody ever watched it.
        watched: whether somebody does now.
    """

    number: int
    cameras: int
    row: Row | None
    watched: bool


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


def overview(uow: UnitOfWork) -> Sequence[Group]:
    """All groups that have cameras to watch, and how it stands with their watches."""
    rows = {row["group_no"]: row for row in camera_watches.all_watches(uow.conn)}
    found = []
    for number, cameras in camera_watches.groups(uow.conn).items():
        row = rows.get(number)
        watched = row is not None and row["seen_at"] is not None and uow.now - row["seen_at"] < MISSED
        found.append(Group(number, cameras, row, watched))
    return found
