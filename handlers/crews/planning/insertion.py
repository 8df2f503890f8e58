"""One more case among routes that stand: the gaps where it costs least, crew by crew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from handlers.crews.planning.day import Crew, Visit, Weights, fits, route_cost, stops


@dataclass(frozen=True)
class Insertion:
    """A case put into the route of a crew where it costs least there.

    Attributes:
        crew: that would do it.
        gap: how many visits the crew makes before it.
        price: by how much the route costs more.
        travel: minutes on the way to it, from where the crew is then.
        arrival: when the work would begin.
        done: when it would be over.
    """

    crew: Crew
    gap: int
    price: float
    travel: float
    arrival: float
    done: float


def insertions(
    crews: Iterable[Crew], routes: Mapping[int, Sequence[Visit]], visit: Visit, weights: Weights
) -> list[Insertion]:
    """What it would cost each crew that can to do one more case within its shift; the cheapest first.

    Args:
        routes: what each crew has to do, by its id, in this order.
    """
    found = [
        one
        for crew in crews
        if fits(visit, crew) and (one := _best(crew, tuple(routes.get(crew.id, ())), visit, weights))
    ]
    return sorted(found, key=lambda one: (one.price, one.crew.id))


def _best(crew: Crew, route: tuple[Visit, ...], visit: Visit, weights: Weights) -> Insertion | None:
    best: Insertion | None = None
    if len(route) >= crew.capacity:
        return None
    before = route_cost(weights, crew, stops(crew, route))
    for gap in range(len(route) + 1):
        made = stops(crew, (*route[:gap], visit, *route[gap:]))
        price = route_cost(weights, crew, made) - before
        if made[-1].done <= crew.end and (best is None or price < best.price):
            best = Insertion(crew, gap, price, made[gap].travel, made[gap].arrival, made[gap].done)
    return best
