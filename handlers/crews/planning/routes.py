"""The routes of all crews while they are being planned, and what it would cost to put one more case into any gap of them.

Everything about a route lies in one row of padded arrays, so that all the gaps of many crews are weighed in a few calls
of numpy. Slot 0 of a row is where the crew starts from; the visits are in the slots behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handlers.crews.planning.day import Day, Plan, fits

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

#: Stands for "not possible": larger than any cost, and small enough to add up.
NEVER = 1e12
#: As many numbers at most are looked at in one go.
AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Gaps:
    """For each asked pair of visit and crew: what the cheapest gap of the crew's route costs, and which it is."""

    cost: Floats
    gap: Ints


class Routes:
    """The routes of a day under construction; visits and crews are known by their index in the day."""

    def __init__(self, day: Day) -> None:
        self.day = day
        visits, crews = day.visits, day.crews
        count = len(visits)
        self.places = [[] for _ in crews]  # type: list[list[int]]
        self.crew_of = [-1] * count
        self._priority = _floats(visit.priority * day.weights.late for visit in visits)
        self._due = _floats(visit.due for visit in visits)
        self._minutes = _floats(visit.minutes for visit in visits)
        self._ready = _floats(visit.ready for visit in visits)
        self._reported = _floats(visit.reported for visit in visits)
        self._end = _floats(crew.end for crew in crews)
        self._capacity = np.array([crew.capacity for crew in crews], dtype=np.intp)
        self._speed = _floats(crew.speed for crew in crews)
        self._metres = _distances(day)
        self._visits = [
            (visit.minutes, visit.ready, visit.due, visit.priority * day.weights.late, visit.reported)
            for visit in visits
        ]
        self.fitting = _fitting(day)
        #: What it costs that another crew than before does a case, by visit and crew.
        self._moved = _moved(day)
        self._any_moved = bool(self._moved.any())
        #: Whether a crew may have to wait somewhere until the work is ready.
        self._waits = bool(count and crews and self._ready.max() > min(crew.start for crew in crews))
        #: The routes as they were before the changes since `begin`.
        self._before: dict[int, list[int]] = {}
        self._costs = [0.0] * len(crews)
        self._lengths = np.zeros(len(crews), dtype=np.intp)
        self._done, self._waited_in_all = np.zeros(len(crews)), np.zeros(len(crews))
        #: The visits that are in no route.
        self.left = set(range(count))
        #: What the routes cost, with the visits that are in none.
        self.total = day.weights.left * sum(visit.priority for visit in visits)
        self._allocate(8)
        for crew in range(len(crews)):
            self._refresh(crew)

    def begin(self) -> None:
        """From here on the changes can be undone."""
        self._before = {}

    def undo(self) -> None:
        """Make the routes those at the last `begin`."""
        before = self._before
        for crew in before:
            self.set(crew, [])
        for crew, route in before.items():
            self.set(crew, route)
        self._before = {}

    def set(self, crew: int, route: Sequence[int]) -> None:
        """Make this the route of a crew; its visits must be in no other."""
        self._before.setdefault(crew, self.places[crew])
        for visit in self.places[crew]:
            self.crew_of[visit] = -1
            self.left.add(visit)
            self.total += self._unvisited(visit)
        for visit in route:
            self.crew_of[visit] = crew
            self.left.remove(visit)
            self.total -= self._unvisited(visit)
        self.places[crew] = list(route)
        self._refresh(crew)

    def insert(self, visit: int, crew: int, gap: int) -> None:
        """Put a visit that is in no route into a gap of a crew's."""
        self._before.setdefault(crew, self.places[crew])
        self.crew_of[visit] = crew
        self.left.remove(visit)
        self.total -= self._unvisited(visit)
        self.places[crew] = [*self.places[crew][:gap], visit, *self.places[crew][gap:]]
        self._refresh(crew)

    def _unvisited(self, visit: int) -> float:
        return self.day.weights.left * self.day.visits[visit].priority

    def is_possible(self, crew: int) -> bool:
        """Whether a crew is done with all its work before its shift ends, and has no more of it than it may have."""
        count = len(self.places[crew])
        return not count or bool(self._done[crew] <= self._end[crew] and count <= self._capacity[crew])

    def plan(self) -> Plan:
        """The routes as a plan of the day."""
        visits, crews = self.day.visits, self.day.crews
        routes = {
            crews[crew].id: tuple(visits[one].id for one in route)
            for crew, route in enumerate(self.places)
            if route
        }
        return Plan(routes, tuple(visits[one].id for one, crew in enumerate(self.crew_of) if crew < 0))

    def gaps(self, visits: Ints, crews: Ints) -> Gaps:
        """Weigh putting each of these visits into the route of the crew that stands in the same place of the other array."""
        longest = int(self._lengths[crews].max()) + 1 if len(crews) else 1
        portion = max(1, AT_ONCE // (longest * longest))
        if len(visits) <= portion:
            return self._weighed(visits, crews, longest)
        parts = [
            self._weighed(visits[start : start + portion], crews[start : start + portion], longest)
            for start in range(0, len(visits), portion)
        ]
        return Gaps(
            np.concatenate([part.cost for part in parts]), np.concatenate([part.gap for part in parts])
        )

    def _weighed(self, visits: Ints, crews: Ints, count: int) -> Gaps:
        """`gaps` for few enough pairs; `count` gaps of each route are looked at."""
        weights = self.day.weights
        way = self._metres[visits[:, None], self._sequence[crews, : count + 1]] / self._speed[crews, None]
        free, leg = self._free[crews, :count], self._leg[crews, :count]
        arrival = np.maximum(free + way[:, :-1], self._ready[visits, None])
        done = arrival + self._minutes[visits, None]
        detour = way[:, :-1] + way[:, 1:] - leg
        cost = detour + self._priority[visits, None] * np.maximum(0.0, done - self._due[visits, None])
        if weights.response:
            cost += weights.response * (arrival - self._reported[visits, None])
        #: How much later whatever comes behind the gap would begin, were there no waiting.
        push = done + way[:, 1:] - free - leg
        if count > 1:
            cost += self._behind(crews, push, count)
        waited = self._waited_in_all[crews, None] - self._waited[crews, :count] if self._waits else 0.0
        over = self._done[crews, None] + np.maximum(0.0, push - waited) > self._end[crews, None]
        cost[over | (self._lengths[crews] >= self._capacity[crews])[:, None]] = NEVER
        gap = cost.argmin(axis=1)
        return Gaps(cost[np.arange(len(gap)), gap] + self._moved[visits, crews], gap)

    def _behind(self, crews: Ints, push: Floats, count: int) -> Floats:
        """What it costs that the visits behind each gap are done later."""
        response = self.day.weights.response
        behind = _BEHIND[:count, : count - 1]
        later = push[:, :, None]
        if self._waits:
            waited = self._waited[crews, :count]
            later = np.maximum(0.0, later - (waited[:, None, 1:] - waited[:, :, None]))
        late = np.maximum(self._late[crews, None, 1:count] + later, 0.0)
        cost = np.einsum("pgs,pgs->pg", late, self._weight[crews, None, 1:count] * behind)
        cost -= self._lateness[crews, :count]
        if response and self._waits:
            visited = self._behind_gap[crews, 1:count] >= 0
            cost += response * np.einsum("pgs,pgs->pg", later, visited[:, None, :] * behind)
        elif response:
            cost += response * push * np.maximum(self._behind_gap[crews, :count], 0.0)
        return np.asarray(cost)

    def _allocate(self, slots: int) -> None:
        shape = (len(self.day.crews), slots)
        self._sequence = np.full(shape, self._metres.shape[1] - 1, dtype=np.intp)
        # By slot: when the crew is free there, how long it goes to the next, how late it is done and what a minute of
        # that weighs, and how long it waited so far.
        self._free, self._leg = np.full(shape, NEVER), np.zeros(shape)
        self._late, self._weight = np.zeros(shape), np.zeros(shape)
        self._waited = np.zeros(shape)
        # By the gap behind a slot: what the lateness behind it costs, and how many visits there are.
        self._lateness, self._behind_gap = np.zeros(shape), np.full(shape, -1.0)

    def _refresh(self, crew: int) -> None:
        """Compute the row of a crew anew from its route."""
        route, one = self.places[crew], self.day.crews[crew]
        if len(route) + 3 > self._sequence.shape[1]:
            self._allocate(2 * self._sequence.shape[1])
            for other in range(len(self.places)):
                self._refresh(other)
            return
        response, metres, speed = self.day.weights.response, self._metres, one.speed
        place, now, waiting, total = len(self._visits) + crew, one.start, 0.0, 0.0
        free, leg, late, weight, waited = [now], [0.0], [0.0], [0.0], [0.0]
        lateness = [0.0]
        for visit in route:
            minutes, ready, due, priority, reported = self._visits[visit]
            way = float(metres[visit, place]) / speed
            arrival = now + way
            if arrival < ready:
                waiting += ready - arrival
                arrival = ready
            now = arrival + minutes
            total += way + response * (arrival - reported)
            leg[-1] = way
            free.append(now)
            leg.append(0.0)
            late.append(now - due)
            weight.append(priority)
            waited.append(waiting)
            lateness.append(priority * max(0.0, now - due))
            place = visit
        total += sum(lateness)
        total += float(self._moved[route, crew].sum()) if self._any_moved else 0.0
        self._done[crew], self._waited_in_all[crew] = now, waiting
        self._lengths[crew] = len(route)
        self._store(crew, (free, leg, late, weight, waited, _suffixes(lateness)))
        self.total += total - self._costs[crew]
        self._costs[crew] = total

    def _store(self, crew: int, columns: tuple[list[float], ...]) -> None:
        route = self.places[crew]
        end = len(route) + 1
        self._sequence[crew] = self._metres.shape[1] - 1
        self._sequence[crew, :end] = [len(self._visits) + crew, *route]
        self._free[crew, end:] = NEVER
        self._weight[crew, end:] = 0.0
        self._behind_gap[crew, end:] = -1.0
        self._behind_gap[crew, :end] = range(end - 1, -1, -1)
        arrays = (self._free, self._leg, self._late, self._weight, self._waited, self._lateness)
        for array, values in zip(arrays, columns, strict=True):
            array[crew, :end] = values


def _suffixes(values: Sequence[float]) -> list[float]:
    """For each place the sum of what is behind it."""
    sums = [0.0] * len(values)
    for place in range(len(values) - 1, 0, -1):
        sums[place - 1] = sums[place] + values[place]
    return sums


#: Whether a slot, counted from the first visit, is behind a gap.
_BEHIND = np.triu(np.ones((512, 512)))


def _floats(values: Iterable[float]) -> Floats:
    return np.fromiter(values, dtype=np.float64)


def _distances(day: Day) -> Floats:
    """Metres from each visit to each visit, to the start of each crew, and, for the slots that are empty, to nowhere: 0."""
    east = _floats([*(one.east for one in day.visits), *(one.east for one in day.crews)])
    north = _floats([*(one.north for one in day.visits), *(one.north for one in day.crews)])
    count = len(day.visits)
    metres = np.hypot(east[:count, None] - east[None, :], north[:count, None] - north[None, :])
    return np.hstack([metres, np.zeros((count, 1))])


def _fitting(day: Day) -> list[Ints]:
    """The crews that may and can do each visit; those of a skill are looked for once."""
    by_need: dict[tuple[str, int | None], Ints] = {}
    found = []
    for visit in day.visits:
        need = (visit.skill, visit.only)
        if need not in by_need:
            by_need[need] = np.array(
                [index for index, crew in enumerate(day.crews) if fits(visit, crew)], dtype=np.intp
            )
        found.append(by_need[need])
    return found


def _moved(day: Day) -> Floats:
    index = {crew.id: place for place, crew in enumerate(day.crews)}
    moved = np.zeros((len(day.visits), len(day.crews)))
    for place, visit in enumerate(day.visits):
        if visit.crew is not None:
            moved[place, :] = day.weights.move
            if visit.crew in index:
                moved[place, index[visit.crew]] = 0.0
    return moved
