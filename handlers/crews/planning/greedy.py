"""The rule of an experienced dispatcher: what is due first goes first, each case to the crew that it costs least behind its work."""

from __future__ import annotations

import math
from collections.abc import Mapping

from handlers.crews.planning.day import Crew, Day, Plan, Visit, fits


class Greedy:
    """Plans a day case by case in the order in which they are due, the weightier first; none is thought over again.

    Each is put behind the work of the crew for which way, lateness and waiting, which is its load, together cost least.
    """

    def plan(self, day: Day) -> Plan:
        """See `Planner.plan`."""
        free = {crew.id: (crew.east, crew.north, crew.start) for crew in day.crews}
        room = {crew.id: crew.capacity for crew in day.crews}
        routes: dict[int, list[int]] = {}
        left = []
        for visit in sorted(day.visits, key=lambda one: (one.due, -one.priority, one.id)):
            chosen = _cheapest(day, visit, free, room)
            if chosen is None:
                left.append(visit.id)
                continue
            crew, done = chosen
            free[crew.id] = (visit.east, visit.north, done)
            room[crew.id] -= 1
            routes.setdefault(crew.id, []).append(visit.id)
        return Plan({crew: tuple(route) for crew, route in routes.items()}, tuple(left))


def _cheapest(
    day: Day, visit: Visit, free: Mapping[int, tuple[float, float, float]], room: Mapping[int, int]
) -> tuple[Crew, float] | None:
    """The crew to put a visit behind the work of, and when it is done then; None where no crew can within its shift."""
    weights = day.weights
    best: tuple[float, Crew, float] | None = None
    for crew in day.crews:
        if room[crew.id] < 1 or not fits(visit, crew):
            continue
        east, north, start = free[crew.id]
        travel = math.hypot(visit.east - east, visit.north - north) / crew.speed
        arrival = max(start + travel, visit.ready)
        done = arrival + visit.minutes
        if done > crew.end:
            continue
        price = travel + weights.late * visit.priority * max(0.0, done - visit.due)
        price += weights.response * (arrival - visit.reported) + weights.move * (
            visit.crew not in (None, crew.id)
        )
        if best is None or price < best[0]:
            best = price, crew, done
    return None if best is None else best[1:]
