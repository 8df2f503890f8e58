"""A day as a planner sees it: visits to be made, crews that make them, and the plan that comes out.

Places are metres in a plane; times are minutes since an instant that the caller chooses.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Visit:
    """A case that a crew goes to.

    Attributes:
        id: of the case.
        east, north: where it is.
        skill: what the crew must be able to do.
        priority: how much a minute that it is late weighs, against one of another; more than 0.
        due: when the work has to be done.
        minutes: how long the work takes on the spot.
        ready: the work cannot begin before.
        reported: since when somebody waits for it.
        crew: id of the crew that has it so far; to give it to another one costs `Weights.move`.
        only: id of the one crew that may do it; None for any that can.
    """

    id: int
    east: float
    north: float
    skill: str
    priority: float
    due: float
    minutes: float
    ready: float = 0.0
    reported: float = 0.0
    crew: int | None = None
    only: int | None = None


@dataclass(frozen=True)
class Crew:
    """A crew and the rest of its shift.

    Attributes:
        id: of the crew.
        east, north: where it is when it is free: where it stands, or where the work is that it has begun.
        skills: what it can do.
        start: when it is free to go.
        end: its shift ends; no work that would last longer is planned for it.
        speed: metres a minute in a straight line.
        capacity: how many cases at most are planned for it.
    """

    id: int
    east: float
    north: float
    skills: frozenset[str]
    start: float
    end: float
    speed: float
    capacity: int = 1_000


@dataclass(frozen=True)
class Weights:
    """What a plan is measured by: minutes of travel, and besides them for each minute or thing.

    Attributes:
        late: for a minute that a case is done too late, times its priority.
        response: for a minute from the report to the beginning of the work. It spreads the load: who queues waits.
        move: for a case that another crew than before does; a move that gains less is not made.
        left: for a case that nobody does, times its priority: as if it were done a day too late.
    """

    late: float = 1.0
    response: float = 0.0
    move: float = 0.0
    left: float = 1440.0


@dataclass(frozen=True)
class Day:
    """What is to be planned."""

    visits: tuple[Visit, ...]
    crews: tuple[Crew, ...]
    weights: Weights = field(default_factory=Weights)


@dataclass(frozen=True)
class Plan:
    """Which crew goes to which cases, in this order.

    Attributes:
        routes: ids of cases by id of the crew; a crew without work is not in it.
        left: ids of cases that no crew can do, or none within its shift.
    """

    routes: Mapping[int, tuple[int, ...]]
    left: tuple[int, ...]


class Planner(Protocol):
    """Something that plans a day."""

    def plan(self, day: Day) -> Plan:
        """A plan in which every case of the day is once, in a route or left."""
        ...


@dataclass(frozen=True)
class Stop:
    """A visit in a route.

    Attributes:
        travel: minutes on the way to it.
        arrival: when the work begins there: on arrival, or when it is ready.
        done: when the work is over.
    """

    visit: Visit
    travel: float
    arrival: float
    done: float


def fits(visit: Visit, crew: Crew) -> bool:
    """Whether a crew may and can do a case, its shift aside."""
    return visit.skill in crew.skills and visit.only in (None, crew.id)


def stops(crew: Crew, route: tuple[Visit, ...]) -> list[Stop]:
    """When a crew is where, if it makes these visits in this order."""
    found: list[Stop] = []
    east, north, free = crew.east, crew.north, crew.start
    for visit in route:
        travel = math.hypot(visit.east - east, visit.north - north) / crew.speed
        arrival = max(free + travel, visit.ready)
        free = arrival + visit.minutes
        found.append(Stop(visit, travel, arrival, free))
        east, north = visit.east, visit.north
    return found


def route_cost(weights: Weights, crew: Crew, route: Iterable[Stop]) -> float:
    """What the route of a crew costs by these weights."""
    total = 0.0
    for stop in route:
        visit = stop.visit
        total += stop.travel + weights.response * (stop.arrival - visit.reported)
        total += weights.late * visit.priority * max(0.0, stop.done - visit.due)
        total += weights.move * (visit.crew not in (None, crew.id))
    return total


def cost(day: Day, plan: Plan) -> float:
    """What a plan costs by the weights of the day: the less, the better."""
    visits = {visit.id: visit for visit in day.visits}
    made = (
        route_cost(day.weights, crew, stops(crew, tuple(visits[one] for one in plan.routes.get(crew.id, ()))))
        for crew in day.crews
    )
    return sum(made) + sum(day.weights.left * visits[one].priority for one in plan.left)
