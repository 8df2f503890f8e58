"""A month in the demonstration city: reports come in and people work, each step a command of the engine at its own time."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from engine import actions, work
from engine.actors import PUBLIC, SYSTEM, Actor, unit_tree
from engine.clock import SteppedClock
from engine.reports import Opened, Report, open_case
from engine.store import cases, instances, work_items
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.demo import problems, rhythm
from handlers.demo.layers import standing
from handlers.demo.places import Places, Spot
from handlers.demo.plan import WAITING_STEPS, Plan, Values, halt, make_plan, ordinary
from handlers.demo.problems import Problem, draw, read_problems
from handlers.demo.requests import Requests
from handlers.demo.staff import CITY, Staff
from handlers.dispatch import choices, commanding, may_handle, responsible_unit
from handlers.dispatch.units import centre_of
from handlers.locate import GridPlace
from handlers.reporting import SCHEME, ReportInput, platform_of, submit

DAYS = 30

#: Of a hundred reports so many come by each channel.
_CHANNELS = {"collector": 60, "citizen": 22, "hotline": 13, "leader": 5}
#: What cameras watch for, and how often it is them who report it.
_WATCHED = frozenset({("event", "0401"), ("event", "0405"), ("event", "0409"), ("event", "0410")})
_BY_CAMERA = 0.25
_SEEN_TWICE = 0.06
_CLAIMED_BEFORE = 0.4
#: How many of the cases younger than this stay where they are, at all steps in turn: so every inbox has something in it.
_WAITING = ((timedelta(days=1), 0.65), (timedelta(days=3), 0.5), (timedelta(days=7), 0.25))

Item = Mapping[str, Any]
Step = Callable[[UnitOfWork], None]
Progress = Callable[[int, int], None]


class Month:
    """One month of cases.

    Args:
        database: with everything that a city needs; its clock must be `clock`.
        clock: set to the time of each command.
        staff: the people.
        chance: the source of all chance: the same gives the same month.
        end: now; the month lies before it.
    """

    def __init__(
        self, database: Database, clock: SteppedClock, staff: Staff, chance: random.Random, end: datetime
    ) -> None:
        self._database, self._clock, self._staff, self._chance, self._end = (
            database,
            clock,
            staff,
            chance,
            end,
        )
        self._zone = database.time_zone
        self._queue: list[tuple[datetime, int, Step]] = []
        self._order = count()
        self._problems = read_problems()
        self._halts = count()
        self._opened = 0
        # Chance of its own: who asks for more time changes nothing else of the month.
        self._requests = Requests(staff, random.Random(DAYS), self._zone, self._at)  # noqa: S311 - a month to look at
        with database.unit_of_work() as uow:
            self._places = Places(chance, city.require_layers(uow), standing(uow))

    def run(self, wanted: int, progress: Progress) -> int:
        """Live through the month with about as many cases as are wanted; gives how many there were.

        Args:
            progress: told the cases so far and wanted, once in a while.
        """
        start = self._end - timedelta(days=DAYS)
        for at in rhythm.report_times(self._chance, wanted, start, self._end, self._zone):
            self._plan_report(at)
        told = 0
        while self._queue:
            at, _, step = heapq.heappop(self._queue)
            self._clock.set(at)
            with self._database.unit_of_work() as uow:
                step(uow)
            if self._opened - told >= 25:
                told = self._opened
                progress(told, wanted)
        return self._opened

    def _at(self, at: datetime, step: Step) -> None:
        """Put a step on the agenda; what would lie in the future is not done."""
        if at <= self._end:
            heapq.heappush(self._queue, (at, next(self._order), step))

    def _plan_report(self, at: datetime) -> None:
        chance = self._chance
        problem = draw(chance, self._problems)
        spot = self._places.draw(problem)
        plan = make_plan(chance, problem, self._problems)
        waiting = next((share for age, share in _WAITING if self._end - at < age), 0.0)
        if chance.random() < waiting:
            halt(chance, plan, WAITING_STEPS[next(self._halts) % len(WAITING_STEPS)])
        self._at(at, lambda uow: self._report(uow, plan, spot))
        if chance.random() < _SEEN_TWICE:
            again = make_plan(chance, problem, self._problems)
            again.turns = {"accept": [{"decision": "reject", "reason": problems.REJECTED[1]}]}
            near = self._places.near(spot)
            later = at + timedelta(minutes=chance.uniform(10, 240))
            self._at(later, lambda uow: self._report(uow, again, near))

    def _report(self, uow: UnitOfWork, plan: Plan, spot: Spot) -> None:
        chance, problem = self._chance, plan.problem
        channel = chance.choices(list(_CHANNELS), list(_CHANNELS.values()))[0]
        if (problem.kind, problem.category) in _WATCHED and chance.random() < _BY_CAMERA:
            channel = "camera"
        said = plan.misjudged_as or problem
        key = f"demo-{chance.getrandbits(64):016x}"
        if channel == "leader":
            opened = self._report_to_city(uow, said, problem, spot, key)
        else:
            given = ReportInput(
                channel=channel,
                kind=said.kind,
                category=said.category,
                description=problem.description,
                address=spot.address,
                lon=spot.lon,
                lat=spot.lat,
                condition_no=problem.condition_no if channel == "collector" and said is problem else None,
                reporter_name=chance.choice(("王女士", "李先生", "张女士", "刘先生"))
                if channel == "citizen"
                else "",
                reporter_phone=f"1380000{chance.randrange(10_000):04d}" if channel == "citizen" else "",
                submission_key=key,
            )
            opened = submit(uow, given, self._reporter(uow, channel, spot))
        self._opened += 1
        self._follow(uow, opened.id, plan)

    def _report_to_city(
        self, uow: UnitOfWork, said: Problem, problem: Problem, spot: Spot, key: str
    ) -> Opened:
        """A report that the city itself takes up, whatever district it lies in."""
        platform = unit_tree(uow).by_code[CITY]
        report = Report(
            platform_id=platform.id,
            channel="leader",
            scheme=SCHEME,
            kind=said.kind,
            category=said.category,
            description=problem.description,
            address=spot.address,
            lon=spot.lon,
            lat=spot.lat,
            submission_key=key,
            place=asdict(GridPlace.of(city.place(uow, spot.lon, spot.lat))),
        )
        return open_case(uow, report, self._staff.choose(self._chance, "acceptor", platform.id) or SYSTEM)

    def _reporter(self, uow: UnitOfWork, channel: str, spot: Spot) -> Actor:
        if channel in {"citizen", "camera"}:
            return PUBLIC if channel == "citizen" else SYSTEM
        place = city.place(uow, spot.lon, spot.lat)
        platform = platform_of(unit_tree(uow), place.code if place else "")
        role = "collector" if channel == "collector" else "acceptor"
        return self._staff.choose(self._chance, role, platform.id) or SYSTEM

    def _follow(self, uow: UnitOfWork, case_id: int, plan: Plan) -> None:
        """Put on the agenda what is done next with a case."""
        self._requests.expect_lights(uow, case_id)
        for item in work_items.open_of_case(uow.conn, case_id):
            step, chance = item["element_id"], self._chance
            if step == "decide_request":
                continue
            if step == "handle":
                self._requests.draw(uow, item, stays=step == plan.halt_at)
            actor = self._staff.choose(chance, item["role"], item["unit_id"])
            if actor is None:
                continue
            if step == plan.halt_at:
                if chance.random() < _CLAIMED_BEFORE:
                    claimed = rhythm.answered(chance, step, uow.now, self._zone)
                    self._at(claimed, self._claiming(item["id"], actor))
                continue
            if step == "handle":
                done = rhythm.handled(chance, uow.now, item["due_at"], plan.slow, self._zone)
            else:
                done = rhythm.answered(chance, step, uow.now, self._zone)
            if chance.random() < _CLAIMED_BEFORE:
                claimed = uow.now + (done - uow.now) * chance.uniform(0.1, 0.8)
                self._at(
                    min(rhythm.at_work(chance, claimed, self._zone), done), self._claiming(item["id"], actor)
                )
            self._at(done, self._completing(item, actor, plan))

    def _claiming(self, item_id: int, actor: Actor) -> Step:
        return lambda uow: work.claim(uow, item_id, actor)

    def _completing(self, item: Item, actor: Actor, plan: Plan) -> Step:
        case_id, step_id = item["case_id"], item["element_id"]

        def step(uow: UnitOfWork) -> None:
            if step_id == plan.void_at:
                self._void(uow, case_id)
                return
            values = plan.next_turn(step_id) or ordinary(self._chance, plan, step_id)
            if values is None:
                return
            if values.get("decision") == "assign":
                values = self._assigned(uow, case_id, plan)
            key = f"demo-{self._chance.getrandbits(64):016x}"
            work.complete(uow, item["id"], actor, values, submission_key=key)
            self._follow(uow, case_id, plan)

        return step

    def _void(self, uow: UnitOfWork, case_id: int) -> None:
        row = instances.of_case(uow.conn, case_id)
        assert row is not None
        leader = self._staff.choose(self._chance, "shift_leader", row["platform_id"])
        if leader and "void" in {action.name for action in actions.available(uow, row, leader)}:
            reason = self._chance.choice(problems.VOIDED)
            actions.act(uow, case_id, "void", leader, {"reason": reason})

    def _assigned(self, uow: UnitOfWork, case_id: int, plan: Plan) -> Values:
        """The answer of a dispatcher: the unit that the catalogue would name, else somebody near who may be asked."""
        tree, problem = unit_tree(uow), plan.problem
        case = cases.read(uow.conn, case_id)
        assert case is not None
        centre = commanding(tree, case["platform_id"], case["unit_id"])
        code = case["grid_code"] or case["district_code"] or ""
        near = platform_of(tree, code)
        category = city.catalogue(uow).get(SCHEME, problem.kind, problem.category)
        wanted = [category.standards[problem.condition_no].unit_type] if category else []
        # A department of the district is for the district's own centre to give cases to.
        below = centre_of(tree, centre, code)
        for unit_type in (*wanted, "urban_management", "street_office"):
            unit = responsible_unit(tree, platform_id=near.id, unit_type=unit_type, place_code=code)
            # The cell may be of a platform beside this one, such as that of a development zone.
            found = next((one for one in (unit, below) if one and may_handle(tree, centre, one)), None)
            if found is not None:
                return {"decision": "assign", "unit_id": found.id}
        return {"decision": "assign", "unit_id": choices(tree, centre)[0].id}
