"""Local search: a part of the plan is taken apart around some place and put together anew, over and over.

As in Christiaens and Vanden Berghe, "Slack induction by string removals for vehicle routing problems" (Transportation
Science 54, 2020): neighbouring stretches of neighbouring routes are removed, and their cases inserted one by one where
each is cheapest. To move a case, to swap two, to reverse or to exchange ends of routes are all special cases of it. A
plan that is a little worse is taken as the next step all the same, less and less so while the time runs (simulated
annealing); the best one that was met counts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from random import Random

import numpy as np
from scipy.spatial import cKDTree

from handlers.crews.planning.day import Day, Plan
from handlers.crews.planning.greedy import Greedy
from handlers.crews.planning.routes import NEVER, Ints, Routes

#: Cases that are taken out at a time, on average, and of one route at most.
REMOVED = 5
#: How many neighbours of a case are known to it.
NEIGHBOURS = 60
#: The share of gaps that is passed over by chance, so that the same choice is not made for ever.
BLINK = 0.01
#: The temperature at first, of what a case of the first plan costs on average, and what is left of it in the end.
WARM, COLD = 0.03, 0.01


class LocalSearch:
    """Plans a day well within a given time.

    Begins with the crews and the order that the cases have already, inserts the others where each is cheapest, and takes
    the greedy plan instead where that is better. So a plan is never worse than the greedy one, nor than the one before.

    Args:
        seconds: time to search, besides the fraction of a second in which the first plan is made.
        rounds: end after as many rounds at the latest: with ample time the same day gives the same plan.
        seed: of chance.
    """

    def __init__(self, seconds: float, rounds: int = 1_000_000, seed: int = 1) -> None:
        self._seconds = seconds
        self._rounds = rounds
        self._seed = seed

    def plan(self, day: Day) -> Plan:
        """See `Planner.plan`; visits that have a crew already are expected in the order in which it has them."""
        if not day.visits or not day.crews:
            return Plan({}, tuple(visit.id for visit in day.visits))
        routes = first_routes(day)
        chance = Random(self._seed)  # noqa: S311 - nothing here is secret
        _Search(routes, chance).run(self._seconds, self._rounds)
        return routes.plan()


def first_routes(day: Day) -> Routes:
    """The routes that the search begins with: the better of what is there with the rest inserted, and the greedy plan."""
    routes = Routes(day)
    _keep_present(routes)
    insert_all(routes, _by_due(routes))
    other = Routes(day)
    _take(other, Greedy().plan(day))
    return other if other.total < routes.total else routes


def insert_all(routes: Routes, visits: Sequence[int], chance: Random | None = None) -> None:
    """Insert visits one after another, each into the gap that is cheapest then; one that no crew can do stays out.

    Args:
        chance: where given, a choice is passed over now and then.
    """
    wanted = [visit for visit in visits if len(routes.fitting[visit])]
    if not wanted:
        return
    table = _Table(routes, wanted)
    if chance is not None:
        table.blink(chance)
    for row, visit in enumerate(wanted):
        crew = int(table.cost[row].argmin())
        if table.cost[row, crew] < NEVER / 2:
            routes.insert(visit, crew, int(table.gap[row, crew]))
            table.weigh_again(crew, row + 1)


class _Table:
    """What it costs to insert each of some visits into the route of each crew, and in which gap."""

    def __init__(self, routes: Routes, visits: Sequence[int]) -> None:
        self._routes = routes
        self._visits = np.array(visits, dtype=np.intp)
        fitting = [routes.fitting[visit] for visit in visits]
        self.cost = np.full((len(visits), len(routes.places)), NEVER)
        self.gap = np.zeros(self.cost.shape, dtype=np.intp)
        rows = np.repeat(np.arange(len(visits)), [len(one) for one in fitting])
        self._weigh(rows, np.concatenate(fitting))
        self._fits = np.zeros(self.cost.shape, dtype=np.bool_)
        self._fits[rows, np.concatenate(fitting)] = True

    def blink(self, chance: Random) -> None:
        """Make a few choices look worse than they are."""
        drawn = np.random.default_rng(chance.getrandbits(32)).random(self.cost.shape)
        self.cost[drawn < BLINK] *= 1.5

    def weigh_again(self, crew: int, start: int) -> None:
        """Weigh the visits from a row on for a crew whose route changed."""
        rows = start + np.flatnonzero(self._fits[start:, crew])
        if len(rows):
            self._weigh(rows, np.full(len(rows), crew, dtype=np.intp))

    def _weigh(self, rows: Ints, crews: Ints) -> None:
        found = self._routes.gaps(self._visits[rows], crews)
        self.cost[rows, crews], self.gap[rows, crews] = found.cost, found.gap


def _by_due(routes: Routes) -> list[int]:
    visits = routes.day.visits
    return sorted(routes.left, key=lambda one: (visits[one].due, -visits[one].priority, one))


def _keep_present(routes: Routes) -> None:
    """Give the crews the visits that they have already, as far as they still fit into the shift."""
    index = {crew.id: place for place, crew in enumerate(routes.day.crews)}
    for place, visit in enumerate(routes.day.visits):
        if visit.crew is None or visit.crew not in index:
            continue
        crew = index[visit.crew]
        if crew in routes.fitting[place]:
            routes.insert(place, crew, len(routes.places[crew]))
            if not routes.is_possible(crew):
                routes.set(crew, routes.places[crew][:-1])


def _take(routes: Routes, plan: Plan) -> None:
    visits = {visit.id: place for place, visit in enumerate(routes.day.visits)}
    crews = {crew.id: place for place, crew in enumerate(routes.day.crews)}
    for crew, route in plan.routes.items():
        routes.set(crews[crew], [visits[one] for one in route])


class _Search:
    """The rounds of one search over the routes of a day."""

    def __init__(self, routes: Routes, chance: Random) -> None:
        self._routes = routes
        self._chance = chance
        self._near = _neighbours(routes.day)

    def run(self, seconds: float, rounds: int) -> None:
        """Search; the routes are then the best ones that were met."""
        routes, chance = self._routes, self._chance
        started, count = time.monotonic(), len(routes.day.visits)
        now = best = routes.total
        kept = list(routes.places)
        warm = WARM * now / count
        for done in range(rounds):
            part = max((time.monotonic() - started) / seconds if seconds else 1.0, done / rounds)
            if part >= 1.0:
                break
            routes.begin()
            self._ruin(chance.randrange(count))
            insert_all(routes, self._order(), chance)
            if routes.total < now - warm * COLD**part * math.log(1.0 - chance.random()):
                now = routes.total
                if now < best - 1e-6:
                    best, kept = now, list(routes.places)
            else:
                routes.undo()
        _become(routes, kept)

    def _ruin(self, seed: int) -> None:
        """Take stretches of routes around a visit out of them."""
        routes, chance = self._routes, self._chance
        longest = min(REMOVED, max(1.0, (len(routes.crew_of) - len(routes.left)) / len(routes.places)))
        strings = int(chance.uniform(1.0, 4.0 * REMOVED / (1.0 + longest)))
        ruined: set[int] = set()
        for visit in self._near[seed]:
            crew = routes.crew_of[visit]
            if crew < 0 or crew in ruined:
                continue
            route = routes.places[crew]
            length = int(chance.uniform(1.0, min(len(route), longest) + 1.0))
            at = route.index(visit)
            start = chance.randint(max(0, at - length + 1), min(at, len(route) - length))
            routes.set(crew, route[:start] + route[start + length :])
            ruined.add(crew)
            if len(ruined) >= strings:
                break

    def _order(self) -> list[int]:
        """The visits that are out, in the order in which they go in again: by chance, by weight, or by when they are due."""
        visits, order = self._routes.day.visits, sorted(self._routes.left)
        self._chance.shuffle(order)
        way = self._chance.randrange(3)
        if way == 1:
            order.sort(key=lambda one: -visits[one].priority)
        elif way == 2:
            order.sort(key=lambda one: visits[one].due)
        return order


def _become(routes: Routes, kept: Sequence[Sequence[int]]) -> None:
    other = [crew for crew, route in enumerate(kept) if routes.places[crew] != route]
    for crew in other:
        routes.set(crew, [])
    for crew in other:
        routes.set(crew, kept[crew])


def _neighbours(day: Day) -> list[list[int]]:
    """The visits that are nearest to each one, itself first."""
    places = np.array([(visit.east, visit.north) for visit in day.visits])
    found: list[list[int]] = (
        cKDTree(places).query(places, k=range(1, min(NEIGHBOURS, len(places)) + 1))[1].tolist()
    )
    return found
