"""Playing one scenario: each step is the command that a page would give; what goes otherwise is told with what waits instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from engine import actions, timers, work
from engine.actors import Actor
from engine.bpmn import BpmnError, Instance, RunError, Token
from engine.bundles import bundle_of
from engine.effect_jobs import Handed, hand_over
from engine.effects import Outcome
from engine.errors import GridcaseError, Invalid
from engine.steps import step_of
from engine.store import instances, work_items
from handlers.reporting import ReportInput, submit
from handlers.scenarios.parsing import PLACED
from handlers.scenarios.sandbox import Sandbox
from handlers.scenarios.scenario import (
    Act,
    Again,
    Answer,
    Decide,
    Expect,
    Given,
    Refuse,
    Scenario,
    Step,
    Wait,
)
from handlers.scenarios.situation import Item, Situation
from handlers.scenarios.town import Town

#: A repeating timer fires at most this often while a scenario waits.
MAX_FIRINGS = 1000


class Failed(Exception):
    """A step did not go as the scenario says.

    Attributes:
        line: of the step; None for the report.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class Play:
    """One scenario in a sandbox.

    Attributes:
        case_id: of the case; 0 before it was reported.
    """

    def __init__(self, sandbox: Sandbox, town: Town) -> None:
        self._sandbox = sandbox
        self._town = town
        self.case_id = 0
        self._given: Given | None = None
        self._reports = 0
        self._left: frozenset[str] = frozenset()

    def run(self, scenario: Scenario) -> None:
        """Play a scenario from its report to its last step.

        Raises:
            Failed: at the first step that goes otherwise.
        """
        self._sandbox.set_local(scenario.given.at)
        self._given = scenario.given
        self._report(scenario.given)
        for step in scenario.steps:
            self._play(step)

    def visited(self) -> frozenset[str]:
        """The elements and sequence flows that the cases have passed so far."""
        instance = self._instance()
        return self._left | (frozenset(instance.visited) if instance else frozenset())

    def _again(self, step: Again) -> None:
        """Report once more, and go on with the case that this opens."""
        assert self._given is not None, "a scenario begins with its report"
        self._left = self.visited()
        elsewhere = {"place": "", "lon": None, "lat": None} if step.values.keys() & PLACED else {}
        self._report(replace(self._given, **{**elsewhere, **step.values}), step.line)

    def _report(self, given: Given, line: int | None = None) -> None:
        self._reports += 1
        if given.place and given.place not in self._town.places:
            known = ", ".join(self._town.places)
            raise Failed(f"there is no place {given.place!r} in city/places.csv; there is: {known}", line)
        lon, lat = self._town.places[given.place] if given.place else (given.lon, given.lat)
        report = ReportInput(
            channel=given.channel,
            kind=given.kind,
            category=given.category,
            condition_no=given.condition_no,
            description=given.description,
            lon=lon,
            lat=lat,
            submission_key=f"scenario-{self._reports}",
        )
        try:
            with _diagram_goes_on(line), self._sandbox.attempt() as uow:
                self.case_id = submit(uow, report, process=given.process, variables=given.variables).id
        except GridcaseError as error:
            raise Failed(f"the report is refused: {_told(error)}", line) from error

    def _play(self, step: Step) -> None:
        match step:
            case Decide() | Act():
                self._do(step)
            case Answer():
                self._answer(step)
            case Again():
                self._again(step)
            case Refuse():
                self._refused(step)
            case Wait():
                self._wait(step)
            case Expect():
                found = list(self._situation().differences(step.wanted))
                if found:
                    raise Failed(f"{'; '.join(found)}; {self._situation()}", step.line)

    def _do(self, step: Decide | Act) -> None:
        try:
            with _diagram_goes_on(step.line), self._sandbox.attempt():
                self._attempt(step)
        except GridcaseError as error:
            raise Failed(f"it is refused: {_told(error)}; {self._situation()}", step.line) from error

    def _answer(self, step: Answer) -> None:
        """Give a background task what it waits for, as its job would."""
        found = [one for one in self._running() if one.operation == step.task]
        if not found:
            waiting = ", ".join(sorted({one.operation or "" for one in self._running()})) or "none"
            raise Failed(f"the background task {step.task} does not wait; there waits: {waiting}", step.line)
        error = BpmnError(step.error, step.error) if step.error else None
        handed = Handed(found[0].task_id, step.task, found[0].element_id, Outcome(step.result, error))
        with _diagram_goes_on(step.line), self._sandbox.attempt() as uow:
            row = instances.of_case(uow.conn, self.case_id, lock=True)
            assert row is not None, "a case was reported"
            hand_over(uow, row, handed)

    def _running(self) -> list[Token]:
        instance = self._instance()
        return instance.pending_services() if instance else []

    def _refused(self, step: Refuse) -> None:
        try:
            with _diagram_goes_on(step.line), self._sandbox.attempt(keep=False):
                self._attempt(step.attempt)
        except GridcaseError as error:
            fields = error.fields if isinstance(error, Invalid) else {}
            if step.field and step.field not in fields:
                raise Failed(f"it is refused, but not for {step.field}: {_told(error)}", step.line) from error
            return
        raise Failed("it is accepted, and should be refused", step.line)

    def _attempt(self, step: Decide | Act) -> None:
        if isinstance(step, Decide):
            self._decide(step)
        else:
            actor = self._somebody(step)
            actions.act(self._sandbox.unit_of_work(), self.case_id, step.name, actor, step.values)

    def _decide(self, step: Decide) -> None:
        item = self._waiting(step)
        actor = self._town.actors.get((item["role"], item["unit_id"]))
        if actor is None:
            unit = self._town.units[item["unit_id"]].name_zh
            raise Failed(f"city/people.csv has no {self._town.roles[item['role']]} at {unit}", step.line)
        uow = self._sandbox.unit_of_work()
        values = dict(self._values(item, step))
        photos = [_photo(number, item["element_id"]) for number in range(step.photos)]
        work.complete(uow, item["id"], actor, values, photos=photos)

    def _waiting(self, step: Decide) -> Item:
        """The work item that a step completes."""
        role = self._role(step.role, step.line)
        found = [
            item
            for item in self._items()
            if item["role"] == role and (not step.at or step.at in (item["element_id"], item["title_zh"]))
        ]
        if len(found) == 1:
            return found[0]
        said = "no work item waits" if not found else "several work items wait (say which with `at: STEP`)"
        raise Failed(f"{said} for {self._town.roles[role]}; {self._situation()}", step.line)

    def _values(self, item: Item, step: Decide) -> Iterator[tuple[str, Any]]:
        """The values of a step, a unit by its identifier instead of its name."""
        form = step_of(self._sandbox.unit_of_work(), item).form
        asked = form.properties if form else {}
        for name, value in step.values.items():
            if asked.get(name, {}).get("x-widget") == "unit" and isinstance(value, str):
                unit = self._town.unit(value)
                if unit is None:
                    raise Failed(f"there is no unit {value!r} in city/units.csv", step.line)
                yield name, unit.id
            else:
                yield name, value

    def _wait(self, step: Wait) -> None:
        clock = self._sandbox.clock
        until = clock.now() + step.time
        for _ in range(MAX_FIRINGS):
            due = self._next_timer()
            if due is None or due > until:
                clock.set(until)
                return
            clock.set(max(due, clock.now()))
            with _diagram_goes_on(step.line), self._sandbox.attempt() as uow:
                timers.fire(uow, self.case_id)
        raise Failed(f"timers fired {MAX_FIRINGS} times while it waited", step.line)

    def _next_timer(self) -> datetime | None:
        instance = self._instance()
        running = instance.timers() if instance else []
        return running[0].due if running else None

    def _situation(self) -> Situation:
        uow = self._sandbox.unit_of_work()
        document = instances.of_case(uow.conn, self.case_id) or {}
        return Situation(document, self._items(), self._town, self._sandbox.zone)

    def _items(self) -> list[Item]:
        return list(work_items.open_of_case(self._sandbox.unit_of_work().conn, self.case_id))

    def _instance(self) -> Instance | None:
        uow = self._sandbox.unit_of_work()
        row = instances.of_case(uow.conn, self.case_id)
        if row is None:
            return None
        return Instance.restore(bundle_of(uow, row["bundle_hash"]).definitions, bytes(row["state"]))

    def _somebody(self, step: Act) -> Actor:
        """Who takes an action: one with the role at the case's unit, else at its platform or above, else anywhere."""
        role = self._role(step.by, step.line)
        uow = self._sandbox.unit_of_work()
        row: Mapping[str, Any] = instances.of_case(uow.conn, self.case_id) or {}
        above = [unit.id for unit in self._town.units.line(row.get("platform_id"))]
        anywhere = [unit_id for held, unit_id in self._town.actors if held == role]
        for unit_id in (row.get("unit_id"), *above, *anywhere):
            if unit_id is not None and (role, unit_id) in self._town.actors:
                return self._town.actors[role, unit_id]
        raise Failed(f"city/people.csv has no {self._town.roles[role]}", step.line)

    def _role(self, named: str, line: int) -> str:
        role = self._town.role(named)
        if role is None:
            raise Failed(f"there is no role {named!r}; there is: {', '.join(self._town.roles)}", line)
        return role


@contextmanager
def _diagram_goes_on(line: int | None = None) -> Iterator[None]:
    """What the diagram itself cannot do, or a service task refuses without a boundary event, fails the step."""
    try:
        yield
    except (RunError, BpmnError) as error:
        raise Failed(f"the diagram cannot go on: {error}; nothing of this step was kept", line) from error


def _told(error: GridcaseError) -> str:
    fields = error.fields if isinstance(error, Invalid) else {}
    told = "; ".join(f"{name}: {message}" for name, message in fields.items())
    return f"{error} ({told})" if told else str(error)


def _photo(number: int, purpose: str) -> dict[str, Any]:
    """A row like those of stored photographs: what a scenario asks of the engine needs no picture."""
    digest = sha256(f"{purpose} {number}".encode()).hexdigest()
    return {
        "sha256": digest,
        "media_type": "image/jpeg",
        "bytes": 1,
        "width": 1,
        "height": 1,
        "purpose": purpose,
        "taken_at": None,
        "lon": None,
        "lat": None,
    }
