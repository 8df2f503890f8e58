"""Random commands on a few cases of a random diagram, each compared with what a simple model says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import text

from engine import actions, effect_jobs, incidents, log, timers, work
from engine.actors import SYSTEM, Actor
from engine.bpmn import BpmnError
from engine.clock import SteppedClock
from engine.deployment import deploy
from engine.effects import Request
from engine.errors import Conflict, NotFound
from engine.reports import open_case
from engine.store import instances, log_entries, work_items
from tests.engine.background import Sender
from tests.engine.conftest import Town
from tests.faults.model import Case, Wait
from tests.faults.random_cases import bundle, named, shapes

HOUR = timedelta(hours=1)

#: Which of what is there a rule takes.
picks = st.integers(0, 99)
people = st.sampled_from(["acceptor", "second_acceptor"])
_keys = count()


@dataclass
class Followed:
    """A case with its model.

    Attributes:
        items: the wait behind each work item that is or was open.
        effects: the wait behind each background task that was asked for, by its key.
        ended: who completed which work item under which key.
    """

    id: int
    model: Case
    items: dict[int, Wait] = field(default_factory=dict)
    effects: dict[str, Wait] = field(default_factory=dict)
    ended: dict[int, tuple[str, str]] = field(default_factory=dict)
    entries: int = 0


@dataclass
class Tally:
    """How often what was done, over all examples."""

    diagrams: int = 0
    states: int = 0
    closed: int = 0
    cases: int = 0


class Commands(RuleBasedStateMachine):
    """See above; `town`, `clock`, `sender` and `tally` are given by the test."""

    town: Town
    clock: SteppedClock
    sender: Sender
    tally: Tally

    def __init__(self) -> None:
        super().__init__()
        self.cases: list[Followed] = []
        self.block: Any = None
        #: Of these cases, as they were found after the last command.
        self.jobs: list[tuple[int, Request]] = []
        self.incidents: list[Any] = []

    @initialize(shape=shapes)
    def deploy(self, shape: Any) -> None:
        self.block = named(shape)
        self.tally.diagrams += 1
        with self.town.database.unit_of_work() as uow:
            uow.conn.execute(text("DELETE FROM timer"))
            uow.conn.execute(text("DELETE FROM procrastinate_jobs"))
            deploy(uow, bundle(self.block), SYSTEM)
        self.open()

    @rule()
    @precondition(lambda self: len(self.cases) < 2)
    def open(self) -> None:
        report = self.town.report(f"random-{next(_keys)}")
        with self.town.database.unit_of_work() as uow:
            case_id = open_case(uow, report, SYSTEM, "random").id
        model = Case(self.clock.now())
        model.begin(self.block)
        self.cases.append(Followed(case_id, model))

    @rule(pick=picks, who=people, to=people, how=st.sampled_from(["claim", "release", "hand on"]))
    @precondition(lambda self: self._items(open_still=True))
    def assign(self, pick: int, who: str, to: str, how: str) -> None:
        item, wait, actor = self._item(pick, who)
        other = self._actor(to).person_id
        assert other is not None
        taken = wait.assignee not in (None, actor.person_id)
        commands: dict[str, tuple[Callable[[Any], None], int | None]] = {
            "claim": (lambda uow: work.claim(uow, item, actor), actor.person_id),
            "release": (lambda uow: work.release(uow, item, actor), None),
            "hand on": (lambda uow: work.hand_on(uow, item, actor, other), other),
        }
        command, assignee = commands[how]
        self._give(command, taken, wait)
        wait.assignee = wait.assignee if taken else assignee

    @rule(pick=picks, who=people, yes=st.booleans(), twice=st.booleans(), stale=st.booleans())
    @precondition(lambda self: self._items(open_still=True))
    def complete(self, pick: int, who: str, yes: bool, twice: bool, stale: bool) -> None:
        item, wait, actor = self._item(pick, who)
        values = {"v0": int(yes)} if wait.name.startswith(("decide", "again")) else {}
        taken = wait.assignee not in (None, actor.person_id)
        key = f"key-{next(_keys)}"

        def complete(uow: Any, version: int | None = None) -> None:
            work.complete(uow, item, actor, values, version=version, submission_key=key)

        if stale and not taken:
            self._give(lambda uow: complete(uow, 0), True)
        for _ in range(1 + twice):
            self._give(complete, taken, wait)
        if not taken:
            followed = self._of(wait)
            followed.ended[item] = who, key
            followed.model.come(wait, self.clock.now(), yes=yes)

    @rule(pick=picks, who=people)
    @precondition(lambda self: self._items(open_still=False))
    def complete_what_is_over(self, pick: int, who: str) -> None:
        over = self._items(open_still=False)
        item, _ = over[pick % len(over)]
        ended = {item: who for one in self.cases for item, who in one.ended.items()}
        by, key = ended.get(item, (None, "key"))
        actor = self._actor(who)
        self._give(lambda uow: work.complete(uow, item, actor, {}, submission_key=key), by != who)

    @rule(pick=picks, who=people)
    @precondition(lambda self: self._waits("action"))
    def act(self, pick: int, who: str) -> None:
        waiting = self._waits("action")
        followed, wait = waiting[pick % len(waiting)]
        with self.town.database.unit_of_work() as uow:
            actions.act(uow, followed.id, wait.name, self._actor(who), {})
        followed.model.come(wait, self.clock.now())

    @rule(pick=picks)
    @precondition(lambda self: self._items(open_still=True))
    def what_nobody_may_do(self, pick: int) -> None:
        item, _, stranger = self._item(pick, "stranger")
        with pytest.raises(NotFound), self.town.database.unit_of_work() as uow:
            work.complete(uow, item, stranger, {})
        for one in self.cases:
            self._give(
                partial(actions.act, case_id=one.id, name="nothing", actor=self.town.acceptor, values={}),
                True,
            )

    @rule()
    @precondition(lambda self: self._waits("time"))
    def the_next_time_comes(self) -> None:
        waiting = self._waits("time")
        now = max(self.clock.now(), min(wait.due for _, wait in waiting if wait.due))
        due = [(one, wait) for one, wait in waiting if wait.due and wait.due <= now]
        if len({one.id for one, _ in due}) < len(due):
            # Which of two comes first when both are due is nobody's promise.
            return
        self.clock.set(now)
        timers.sweep(self.town.database)
        for one, wait in due:
            one.model.come(wait, now)

    @rule(step=st.sampled_from([-HOUR, HOUR]))
    def the_clock_is_set(self, step: timedelta) -> None:
        now = self.clock.now() + step
        if all(wait.due > now for one in self.cases for wait in one.model.of("time") if wait.due):
            self.clock.set(now)
            assert timers.sweep(self.town.database) == 0

    @rule(
        pick=picks,
        fails=st.sampled_from([None, OSError("no line"), BpmnError("NOBODY")]),
        twice=st.booleans(),
    )
    @precondition(lambda self: self.jobs)
    def carry_out(self, pick: int, fails: Exception | None, twice: bool) -> None:
        job, request = self.jobs[pick % len(self.jobs)]
        followed = next(one for one in self.cases if one.id == request.case_id)
        self.sender.answers[:] = [fails] if fails else []
        for _ in range(1 + twice):
            effect_jobs.carry_out(self.town.database, request, 0)
        self.sender.answers.clear()
        with self.town.database.unit_of_work() as uow:
            uow.conn.execute(text("DELETE FROM procrastinate_jobs WHERE id = :id"), {"id": job})
        wait = followed.effects[request.key]
        if wait in followed.model.waits:
            if fails and not twice:
                wait.stopped = True
            else:
                followed.model.come(wait, self.clock.now())

    @rule(pick=picks, by_hand=st.booleans())
    @precondition(lambda self: self.incidents)
    def see_to_an_incident(self, pick: int, by_hand: bool) -> None:
        row = self.incidents[pick % len(self.incidents)]
        followed = next(one for one in self.cases if one.id == row.case_id)
        wait = followed.effects[row.task_id]
        waits = wait in followed.model.waits
        if by_hand:
            self._give(lambda uow: incidents.complete(uow, row.id, SYSTEM, "by hand", "known"), not waits)
            if waits:
                followed.model.come(wait, self.clock.now())
            return
        with self.town.database.unit_of_work() as uow:
            assert incidents.retry(uow, row.id, SYSTEM, "again") == ("retried" if waits else "obsolete")
        wait.stopped = False

    @invariant()
    def as_the_model_says(self) -> None:
        self.tally.states += 1
        self._look()
        for one in self.cases:
            self._know_what_is_new(one)
            self._compare(one)

    def teardown(self) -> None:
        self.tally.cases += len(self.cases)
        self.tally.closed += sum(one.model.closed for one in self.cases)

    def _look(self) -> None:
        jobs = text("SELECT id, args->>'request' FROM procrastinate_jobs ORDER BY id")
        stopped = text("SELECT id, case_id, task_id FROM incident WHERE closed_at IS NULL ORDER BY id")
        ids = {one.id for one in self.cases}
        with self.town.database.unit_of_work() as uow:
            self.jobs = [(job, Request.from_text(told)) for job, told in uow.conn.execute(jobs).all()]
            self.incidents = [row for row in uow.conn.execute(stopped).all() if row.case_id in ids]

    def _know_what_is_new(self, one: Followed) -> None:
        """Tie new work items and background tasks to the waits of the model, by the names of their elements."""
        with self.town.database.unit_of_work() as uow:
            items = work_items.open_of_case(uow.conn, one.id)
        for item in items:
            if item["id"] not in one.items:
                one.items[item["id"]] = self._untied(one, "person", item["element_id"], one.items.values())
        for _, request in self.jobs:
            if request.case_id == one.id and request.key not in one.effects:
                one.effects[request.key] = self._untied(
                    one, "effect", request.element_id, one.effects.values()
                )

    def _untied(self, one: Followed, kind: str, name: str, tied: Any) -> Wait:
        found = [wait for wait in one.model.of(kind) if wait.name == name and wait not in tied]
        assert found, f"the model does not wait at {name}"
        return found[0]

    def _compare(self, one: Followed) -> None:
        with self.town.database.unit_of_work() as uow:
            row = instances.of_case(uow.conn, one.id)
            assert row is not None
            items = {item["id"]: item["assignee_id"] for item in work_items.open_of_case(uow.conn, one.id)}
            due = uow.conn.execute(text("SELECT due_at FROM timer WHERE case_id = :case"), {"case": one.id})
            assert sorted(due.scalars()) == sorted(wait.due for wait in one.model.of("time") if wait.due)
            offered = [action.name for action in actions.available(uow, row, self.town.acceptor)]
            assert sorted(offered) == sorted(wait.name for wait in one.model.of("action"))
            assert list(log.verify(uow, one.id)) == []
            entries = len(log_entries.of_case(uow.conn, one.id))
        assert {one.items[item]: person for item, person in items.items()} == {
            wait: wait.assignee for wait in one.model.of("person")
        }
        assert len(one.model.of("effect")) == sum(wait in one.model.waits for wait in one.effects.values())
        stopped = {incident.task_id for incident in self.incidents if incident.case_id == one.id}
        waiting = {key for key, wait in one.effects.items() if wait.stopped and wait in one.model.waits}
        assert waiting <= stopped
        assert (row["status"], row["instance_status"]) == (
            ("closed", "ended") if one.model.closed else ("open", "running")
        )
        assert entries >= one.entries
        one.entries = entries

    def _items(self, *, open_still: bool) -> list[tuple[int, Wait]]:
        return [
            (item, wait)
            for one in self.cases
            for item, wait in one.items.items()
            if (wait in one.model.waits) == open_still
        ]

    def _waits(self, kind: str) -> list[tuple[Followed, Wait]]:
        return [(one, wait) for one in self.cases for wait in one.model.of(kind)]

    def _item(self, pick: int, who: str) -> tuple[int, Wait, Actor]:
        """One of the open work items, and somebody."""
        waiting = self._items(open_still=True)
        item, wait = waiting[pick % len(waiting)]
        return item, wait, self._actor(who)

    def _actor(self, who: str) -> Actor:
        actor: Actor = getattr(self.town, who)
        return actor

    def _of(self, wait: Wait) -> Followed:
        return next(one for one in self.cases if wait in one.model.waits)

    def _give(self, command: Callable[[Any], None], refused: bool, wait: Wait | None = None) -> None:
        """Give a command that must be refused, or must not; the refusal names who has it."""
        try:
            with self.town.database.unit_of_work() as uow:
                command(uow)
        except Conflict as conflict:
            if not refused:
                raise
            told = conflict.holder
        else:
            assert not refused, "nobody was told that it cannot be done"
            return
        if wait is not None:
            names = {one.person_id: one.name for one in (self.town.acceptor, self.town.second_acceptor)}
            assert told == names[wait.assignee]
