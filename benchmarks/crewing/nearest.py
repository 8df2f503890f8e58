"""The rule of today: each case to the nearest crew that can do it, in the order in which they were reported."""

from __future__ import annotations

import math
from collections.abc import Iterable

from handlers.crews.planning.day import Crew, Day, Plan, Visit, fits


class Nearest:
    """Plans a day by the nearest crew alone, however much it has to do."""

    def plan(self, day: Day) -> Plan:
        """See `Planner.plan`."""
        routes: dict[int, list[int]] = {}
        for visit in sorted(day.visits, key=lambda one: (one.reported, one.id)):
            routes.setdefault(nearest(day.crews, visit).id, []).append(visit.id)
        return Plan({crew: tuple(route) for crew, route in routes.items()}, ())


def nearest(crews: Iterable[Crew], visit: Visit) -> Crew:
    """The nearest crew that can do a case."""
    fitting = (crew for crew in crews if fits(visit, crew))
    return min(fitting, key=lambda one: (math.hypot(visit.east - one.east, visit.north - one.north), one.id))
