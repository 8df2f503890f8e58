"""Plans of any day: every case once, by a crew that may, in its shift; never worse than the rules that they compete with."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.crewing.days import whole_day
from handlers.crews.planning.day import Crew, Day, Plan, Visit, Weights, cost, fits, stops
from handlers.crews.planning.greedy import Greedy
from handlers.crews.planning.insertion import insertions
from handlers.crews.planning.routes import Routes
from handlers.crews.planning.search import LocalSearch

SKILLS = ("a", "b", "c")
_PLACE = st.integers(0, 10_000).map(float)
_MINUTES = st.integers(0, 400).map(float)


@st.composite
def days(draw: st.DrawFn) -> Day:
    """Days with shifts, waiting, full crews, cases that nobody can do and cases that only one may do."""
    numbers = range(draw(st.integers(0, 5)))
    crews = tuple(draw(_crews(number)) for number in numbers)
    known = st.sampled_from([None, *numbers])
    visits = tuple(draw(_visits(number, known)) for number in range(draw(st.integers(0, 12))))
    weights = draw(
        st.builds(Weights, response=st.sampled_from([0.0, 0.3]), move=st.sampled_from([0.0, 10.0]))
    )
    return Day(visits, crews, weights)


def _crews(number: int) -> st.SearchStrategy[Crew]:
    return st.builds(
        Crew,
        id=st.just(number),
        east=_PLACE,
        north=_PLACE,
        skills=st.frozensets(st.sampled_from(SKILLS)),
        start=_MINUTES,
        end=st.integers(200, 900).map(float),
        speed=st.sampled_from([200.0, 400.0]),
        capacity=st.sampled_from([0, 2, 20]),
    )


def _visits(number: int, crew: st.SearchStrategy[int | None]) -> st.SearchStrategy[Visit]:
    return st.builds(
        Visit,
        id=st.just(100 + number),
        east=_PLACE,
        north=_PLACE,
        skill=st.sampled_from(SKILLS),
        priority=st.sampled_from([1.0, 2.0, 4.0]),
        due=_MINUTES,
        minutes=st.integers(1, 60).map(float),
        ready=_MINUTES,
        reported=st.integers(-60, 0).map(float),
        crew=crew,
        only=crew,
    )


@pytest.mark.parametrize("planner", [Greedy(), LocalSearch(60.0, rounds=20)], ids=["greedy", "search"])
@given(day=days())
@settings(max_examples=60, deadline=None)
def test_every_case_is_there_once_and_every_rule_is_kept(planner: LocalSearch, day: Day) -> None:
    plan = planner.plan(day)

    planned = [one for route in plan.routes.values() for one in route]
    assert sorted([*planned, *plan.left]) == [visit.id for visit in day.visits]
    visits = {visit.id: visit for visit in day.visits}
    for crew in day.crews:
        route = tuple(visits[one] for one in plan.routes.get(crew.id, ()))
        assert len(route) <= crew.capacity
        for stop in stops(crew, route):
            assert fits(stop.visit, crew)
            assert stop.arrival >= stop.visit.ready
            assert stop.done <= crew.end + 1e-6


@given(day=days())
@settings(max_examples=60, deadline=None)
def test_the_search_is_never_worse_than_greedy(day: Day) -> None:
    assert cost(day, LocalSearch(60.0, rounds=5).plan(day)) <= cost(day, Greedy().plan(day)) + 1e-6


@given(day=days())
@settings(max_examples=60, deadline=None)
def test_a_plan_is_never_worse_than_the_one_before(day: Day) -> None:
    first = LocalSearch(60.0, rounds=5).plan(day)

    second = LocalSearch(60.0, rounds=5, seed=2).plan(_as_planned(day, first))

    assert cost(_as_planned(day, first), second) <= cost(_as_planned(day, first), first) + 1e-6


@given(day=days())
@settings(max_examples=60, deadline=None)
def test_what_is_weighed_at_once_is_what_each_gap_costs(day: Day) -> None:
    plan = Greedy().plan(replace(day, visits=day.visits[1:]))
    routes = Routes(day)
    crews = {crew.id: index for index, crew in enumerate(day.crews)}
    visits = {visit.id: index for index, visit in enumerate(day.visits)}
    for crew, route in plan.routes.items():
        routes.set(crews[crew], [visits[one] for one in route])
    assert routes.total == pytest.approx(cost(day, routes.plan()), abs=1e-6)
    if not day.visits or not len(routes.fitting[0]):
        return

    there = {crew: tuple(day.visits[visits[one]] for one in route) for crew, route in plan.routes.items()}
    slowly = {one.crew.id: one.price for one in insertions(day.crews, there, day.visits[0], day.weights)}
    fitting = routes.fitting[0]
    found = routes.gaps(fitting * 0, fitting)

    at_once = {
        day.crews[crew].id: price
        for crew, price in zip(fitting.tolist(), found.cost.tolist(), strict=True)
        if price < 1e11
    }
    assert at_once == pytest.approx(slowly, abs=1e-6)


def test_the_same_day_gives_the_same_plan() -> None:
    day = _busy_day()

    assert LocalSearch(60.0, rounds=30).plan(day) == LocalSearch(60.0, rounds=30).plan(day)


def test_the_search_finds_what_greedy_does_not() -> None:
    day = _busy_day()

    assert cost(day, LocalSearch(60.0, rounds=60).plan(day)) < 0.95 * cost(day, Greedy().plan(day))


def test_long_routes_are_planned_as_well() -> None:
    crew = Crew(1, 0.0, 0.0, frozenset("a"), 0.0, 1e6, 300.0)
    visits = tuple(Visit(n, 10.0 * (n * 37 % 80), 0.0, "a", 1.0, 1e6, 1.0) for n in range(80))

    plan = LocalSearch(60.0, rounds=3).plan(Day(visits, (crew,)))

    assert sorted(plan.routes[1]) == list(range(80))
    assert plan.left == ()


def _busy_day() -> Day:
    return whole_day(40, 8, seed=3)


def _as_planned(day: Day, plan: Plan) -> Day:
    """The same day with every case where a plan has it, in its order."""
    visits = {visit.id: visit for visit in day.visits}
    crew_of = {one: crew for crew, route in plan.routes.items() for one in route}
    order = [*crew_of, *plan.left]
    return replace(day, visits=tuple(replace(visits[one], crew=crew_of.get(one)) for one in order))
