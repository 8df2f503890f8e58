"""A day as it comes: cases are reported one by one, each is given to a crew at once, and crews work meanwhile."""

from __future__ import annotations

import heapq
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.crewing.days import City
from benchmarks.crewing.nearest import nearest
from handlers.crews.planning.day import Crew, Day, Planner, Visit, Weights, stops
from handlers.crews.planning.insertion import insertions

#: Minutes between two plannings of everything that no crew has begun.
EVERY = 5.0
#: Minutes in which all cases of a day are reported.
REPORTED_WITHIN = 450.0


@dataclass
class Team:
    """A crew at work.

    Attributes:
        crew: where and when it is free.
        route: what it has still to begin, in order.
    """

    crew: Crew
    route: list[Visit] = field(default_factory=list)


#: Gives a case that was just reported to one of the teams.
Rule = Callable[[Sequence[Team], Visit], None]


@dataclass(frozen=True)
class Outcome:
    """How a day went.

    Attributes:
        late: share of cases done after they were due.
        response_p95: minutes from the report to the crew's arrival that 95 of 100 cases kept.
        travel: minutes on the way, of a case on average.
    """

    late: float
    response_p95: float
    travel: float


def live(cases: int, crews: int, seed: int, rule: Rule, planner: Planner | None, weights: Weights) -> Outcome:
    """One day under a rule, and, where there is a planner, its plans every few minutes."""
    city = City(seed)
    teams = [Team(crew) for crew in city.crews(crews)]
    reports = [city.visit(number, at) for number, at in enumerate(city.minutes(cases, REPORTED_WITHIN))]
    events: list[tuple[float, int, Visit | None]] = [(one.reported, one.id, one) for one in reports]
    if planner is not None:
        last = int(2 * REPORTED_WITHIN / EVERY)
        events += [(number * EVERY, -1, None) for number in range(1, last)]
    heapq.heapify(events)
    made: list[tuple[Visit, float, float, float]] = []
    while events:
        now, _, visit = heapq.heappop(events)
        _work(teams, now, made)
        if visit is not None:
            rule([_from_now(team, now) for team in teams], visit)
        elif planner is not None:
            _plan_anew(teams, now, planner, weights)
        _depart(teams, now, made)
    _work(teams, float("inf"), made)
    return _outcome(made)


def to_nearest(teams: Sequence[Team], visit: Visit) -> None:
    """The rule of today."""
    chosen = nearest([team.crew for team in teams], visit).id
    next(team for team in teams if team.crew.id == chosen).route.append(visit)


def by_insertion(weights: Weights) -> Rule:
    """The rule in service: where the case costs least."""

    def give(teams: Sequence[Team], visit: Visit) -> None:
        routes = {team.crew.id: team.route for team in teams}
        best = insertions([team.crew for team in teams], routes, visit, weights)[0]
        routes[best.crew.id].insert(best.gap, visit)

    return give


def _from_now(team: Team, now: float) -> Team:
    return Team(replace(team.crew, start=max(team.crew.start, now)), team.route)


def _plan_anew(teams: Sequence[Team], now: float, planner: Planner, weights: Weights) -> None:
    visits = {visit.id: replace(visit, crew=team.crew.id) for team in teams for visit in team.route}
    if not visits:
        return
    crews = tuple(_from_now(team, now).crew for team in teams)
    plan = planner.plan(Day(tuple(visits.values()), crews, weights))
    for team in teams:
        team.route[:] = [visits[one] for one in plan.routes.get(team.crew.id, ())]


def _work(teams: Sequence[Team], until: float, made: list[tuple[Visit, float, float, float]]) -> None:
    """Let the crews go on until some minute: who is done with a case goes to the next one."""
    for team in teams:
        while team.route and team.crew.start <= until:
            _begin(team, made)


def _depart(teams: Sequence[Team], now: float, made: list[tuple[Visit, float, float, float]]) -> None:
    """Let the crews that stood idle go to what they were given now."""
    for team in teams:
        if team.route and team.crew.start <= now:
            team.crew = replace(team.crew, start=now)
            _begin(team, made)


def _begin(team: Team, made: list[tuple[Visit, float, float, float]]) -> None:
    visit = team.route.pop(0)
    (stop,) = stops(team.crew, (visit,))
    made.append((visit, stop.travel, stop.arrival, stop.done))
    team.crew = replace(team.crew, east=visit.east, north=visit.north, start=stop.done)


def _outcome(made: Sequence[tuple[Visit, float, float, float]]) -> Outcome:
    late = sum(done > visit.due for visit, _, _, done in made)
    responses = [arrival - visit.reported for visit, _, arrival, _ in made]
    return Outcome(
        late / len(made),
        statistics.quantiles(responses, n=20)[-1],
        statistics.fmean(travel for _, travel, _, _ in made),
    )
