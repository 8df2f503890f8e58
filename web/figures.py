"""The figures above the inbox, counted over the cases that a person may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from engine.actors import Actor, scope
from engine.store import cases
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from web import times


@dataclass(frozen=True)
class Figures:
    """How many cases.

    Attributes:
        opened_today: since midnight in the city's time zone.
        open: under way now.
        closed: since the first of the month.
        in_time: of these, those handled before their limit ran out.
    """

    opened_today: int
    open: int
    closed: int
    in_time: int

    @property
    def share(self) -> float | None:
        """The part that was closed in time, 0 to 1; None while none was closed."""
        return self.in_time / self.closed if self.closed else None


#: The figures stay as they were counted for this time: a page of the inbox must not wait for them.
FRESH = timedelta(minutes=1)

_held: WeakKeyDictionary[Database, dict[tuple[int, ...], tuple[datetime, Figures]]] = WeakKeyDictionary()


def count(uow: UnitOfWork, actor: Actor) -> Figures | None:
    """The figures of a person, `FRESH` old at most; None for one whose roles show them their own work only."""
    units = tuple(sorted(scope(uow, actor).unit_ids))
    if not units:
        return None
    held = _held.setdefault(uow.database, {})
    at, figures = held.get(units, (None, None))
    if at is None or figures is None or not timedelta() <= uow.now - at < FRESH:
        figures = _count(uow, units)
        held[units] = (uow.now, figures)
    return figures


def _count(uow: UnitOfWork, units: tuple[int, ...]) -> Figures:
    zone = uow.database.time_zone
    found = cases.figures(
        uow.conn,
        cases.visible(units, units),
        opened_since=times.day_begins(uow.now, zone),
        closed_since=times.month_begins(uow.now, zone),
    )
    return Figures(found["opened"], found["open"], found["closed"], found["closed_in_time"])
