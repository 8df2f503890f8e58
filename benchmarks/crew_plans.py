"""How good the plans of crews' work are, and how long they take: one JSON line for each day.

Run it in the checkout: ``make -s bench-crew_plans``. ``ARGS=--quick`` leaves out the large days and all but one simulated one.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.crewing.days import City, whole_day
from benchmarks.crewing.live_day import EVERY, REPORTED_WITHIN, Outcome, by_insertion, live, to_nearest
from benchmarks.crewing.nearest import Nearest
from benchmarks.crewing.solver import Vroom, is_installed
from benchmarks.measuring.line import load, say, tell
from handlers.crews.planning.day import Day, Plan, Planner, cost, stops
from handlers.crews.planning.greedy import Greedy
from handlers.crews.planning.insertion import insertions
from handlers.crews.planning.search import LocalSearch
from handlers.crews.replanning import ROUNDS
from handlers.crews.replanning import SECONDS as ROUND_SECONDS
from handlers.crews.situation import WEIGHTS

#: (cases, crews, seed, rounds of search, exploration level of VROOM that takes about as long)
DAYS = ((50, 20, 1, 3000, 5), (200, 100, 2, 2500, 1), (1000, 100, 4, 1500, 0), (1000, 300, 3, 1500, 0))
#: No plan is searched for longer.
SECONDS = 5.0
#: Cases placed by themselves, and simulated days.
SINGLES = 50
SEEDS = (1, 2, 3, 4)
CASES, CREWS = 600, 60


def figures(*, quick: bool = False) -> Iterator[dict[str, object]]:
    """What is measured, a line at a time."""
    for visits, crews, seed, rounds, level in DAYS[: 2 if quick else None]:
        yield _whole(visits, crews, seed, rounds, level)
    yield _single(*((200, 100) if quick else (1000, 300)))
    for seed in SEEDS[: 1 if quick else None]:
        yield _simulated(seed)


def _whole(visits: int, crews: int, seed: int, rounds: int, level: int) -> dict[str, object]:
    """A day of which everything is known in the morning."""
    say(f"{visits} cases, {crews} crews")
    day = whole_day(visits, crews, seed)
    ours, ours_ms = _timed(LocalSearch(SECONDS, rounds), day)
    greedy, greedy_ms = _timed(Greedy(), day)
    nearest, _ = _timed(Nearest(), day)
    line: dict[str, object] = {
        "case": "crews",
        "day": f"{visits}x{crews}",
        "seed": seed,
        "objective": cost(day, ours),
        "objective_ratio_to_greedy": cost(day, ours) / cost(day, greedy),
        "objective_ratio_to_nearest": cost(day, ours) / cost(day, nearest),
        "plan_ms": ours_ms,
        "greedy_ms": greedy_ms,
        "late": _late(day, ours),
        "late_greedy": _late(day, greedy),
        "late_nearest": _late(day, nearest),
    }
    if is_installed():
        vroom, vroom_ms = _timed(Vroom(level), day)
        line["objective_ratio_to_vroom"] = cost(day, ours) / cost(day, vroom)
        line["vroom_ms"], line["late_vroom"] = vroom_ms, _late(day, vroom)
    line["load"] = load()
    return line


def _single(visits: int, crews: int) -> dict[str, object]:
    """Cases that are reported one by one, among the routes of a day that is planned."""
    say("one case at a time")
    day = replace(whole_day(visits, crews, 3), weights=WEIGHTS)
    by_id = {visit.id: visit for visit in day.visits}
    routes = {crew: [by_id[one] for one in route] for crew, route in Greedy().plan(day).routes.items()}
    city = City(5)
    spent = []
    for number in range(SINGLES):
        visit = city.visit(visits + number, 0.0)
        before = time.perf_counter()
        insertions(day.crews, routes, visit, day.weights)
        spent.append((time.perf_counter() - before) * 1e3)
    return {
        "case": "crews",
        "day": f"one more than {visits}x{crews}",
        "place_p50_ms": statistics.median(spent),
        "place_p95_ms": statistics.quantiles(spent, n=20)[-1],
        "load": load(),
    }


def _simulated(seed: int) -> dict[str, object]:
    """A day on which cases come in one by one while crews work."""
    say(f"a day as it comes, {seed}")
    nearest = live(CASES, CREWS, seed, to_nearest, None, WEIGHTS)
    placed = live(CASES, CREWS, seed, by_insertion(WEIGHTS), None, WEIGHTS)
    planned = live(CASES, CREWS, seed, by_insertion(WEIGHTS), LocalSearch(ROUND_SECONDS, ROUNDS), WEIGHTS)
    return {
        "case": "crews",
        "day": f"{CASES}x{CREWS} as it comes",
        "seed": seed,
        "reported_within_minutes": REPORTED_WITHIN,
        "planned_every_minutes": EVERY,
        **_told("nearest", nearest),
        **_told("placed", placed),
        "late_percent": planned.late * 100.0,
        "response_p95_minutes": planned.response_p95,
        "travel_minutes": planned.travel,
        "load": load(),
    }


def _told(rule: str, outcome: Outcome) -> dict[str, object]:
    return {
        f"late_percent_{rule}": outcome.late * 100.0,
        f"response_p95_minutes_{rule}": outcome.response_p95,
        f"travel_minutes_{rule}": outcome.travel,
    }


def _timed(planner: Planner, day: Day) -> tuple[Plan, float]:
    before = time.perf_counter()
    plan = planner.plan(day)
    return plan, (time.perf_counter() - before) * 1e3


def _late(day: Day, plan: Plan) -> int:
    """How many cases are done too late, and those that nobody does."""
    visits = {visit.id: visit for visit in day.visits}
    made = (stops(crew, tuple(visits[one] for one in plan.routes.get(crew.id, ()))) for crew in day.crews)
    late = sum(stop.done > stop.visit.due for route in made for stop in route)
    return late + len(plan.left)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    for figure in figures(quick=parser.parse_args().quick):
        tell(figure)
