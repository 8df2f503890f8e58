"""The figures above the inbox, counted over the cases that a person may see."""

from __future__ import annotations

from dataclasses import dataclass

from engine.actors import Actor, scope
from engine.store import cases
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


def count(uow: UnitOfWork, actor: Actor) -> Figures | None:
    """The figures of a person; None for one whose roles show them their own work only."""
    units = sorted(scope(uow, actor).unit_ids)
    if not units:
        return None
    visible, zone = cases.visible(units, units), uow.database.time_zone
    today = cases.count_by_status(uow.conn, visible, times.day_begins(uow.now, zone))
    month = cases.count_by_status(uow.conn, visible, times.month_begins(uow.now, zone))
    return Figures(today["opened"], today["open"], month["closed"], month["closed_in_time"])
