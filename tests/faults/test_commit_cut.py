"""The connection to PostgreSQL is cut in mid-commit: whoever gave the command cannot know, asks again, and it is done once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from engine import anchors, effect_jobs, timers, work
from engine.actors import Actor
from engine.clock import SteppedClock
from engine.effects import Request
from engine.errors import Conflict, Unavailable
from engine.reports import open_case
from engine.store import work_items
from engine.store.database import Database
from tests.conftest import SHANGHAI
from tests.engine.background import Office
from tests.engine.conftest import Town, rules, town  # noqa: F401 - fixtures
from tests.faults.clients import Ledger
from tests.faults.conftest import Lengths, Tell
from tests.faults.counts import Auditor
from tests.faults.cutting import Cutter, cutter
from tests.installation import wait_until

pytestmark = pytest.mark.timeout(1800)

Answer = TypeVar("Answer")


@dataclass
class Stubborn:
    """Gives commands over a line that is cut, and each again until it is answered."""

    office: Office
    database: Database
    clock: SteppedClock
    line: Cutter
    chance: random.Random
    ledger: Ledger = field(default_factory=Ledger)

    def until_answered(self, command: Callable[[], Answer], commits: int = 1) -> Answer:
        """Give a command of so many commits, one of which is perhaps cut, until it is answered."""
        if self.chance.random() < 0.7:
            self.line.cut(self.chance.choice(["before", "after", "late"]), self.chance.randrange(commits))
        while True:
            try:
                return command()
            except Unavailable:
                self.ledger.unanswered += 1
            except ExceptionGroup as group:
                # What a sweep could not fire.
                _, others = group.split(Unavailable)
                if others is not None:
                    raise
                self.ledger.unanswered += 1

    def live(self, key: str) -> None:
        """Take one case through its whole life."""
        people = self.office.town
        case = self.until_answered(lambda: self._open(key))
        self.ledger.reports[key] = case
        self._complete(case, key, people.acceptor)
        if self.chance.random() < 0.3:
            self.clock.advance(timedelta(hours=4))
            self.until_answered(lambda: timers.sweep(self.database), 2)
        else:
            request = self._asked(case)
            self.until_answered(lambda: effect_jobs.carry_out(self.database, request, 0), 2)
        leader = self._waiting(case)[1] == "look"
        self._complete(case, key, people.leader if leader else people.acceptor)
        # Refused where the anchor that was cut off came into being after all.
        with suppress(Conflict):
            self.until_answered(lambda: anchors.anchor(self.database), 2)
        self.ledger.closed.append(case)

    def _open(self, key: str) -> int:
        with self.database.unit_of_work() as uow:
            return open_case(uow, self.office.town.report(key)).id

    def _complete(self, case: int, key: str, actor: Actor) -> None:
        item, _ = self._waiting(case)

        def claim() -> None:
            with self.database.unit_of_work() as uow:
                work.claim(uow, item, actor)

        def complete() -> None:
            with self.database.unit_of_work() as uow:
                work.complete(uow, item, actor, {}, submission_key=f"{key}-{item}")

        self.until_answered(claim)
        self.until_answered(complete)
        self.ledger.completed.append(item)

    def _waiting(self, case: int) -> tuple[int, str]:
        # A sweep passes over a case that somebody holds: its commit may be under way still.
        wait_until(lambda: bool(self._open_items(case)), lambda: f"case {case} does not go on")
        (item,) = self._open_items(case)
        return item["id"], item["element_id"]

    def _open_items(self, case: int) -> list[Any]:
        with self.office.town.database.unit_of_work() as uow:
            return list(work_items.open_of_case(uow.conn, case))

    def _asked(self, case: int) -> Request:
        statement = text("SELECT args->>'request' FROM procrastinate_jobs WHERE task_name = 'effects.run'")
        with self.office.town.database.unit_of_work() as uow:
            requests = [Request.from_text(one) for one in uow.conn.execute(statement).scalars()]
        (request,) = [one for one in requests if one.case_id == case]
        return request


@pytest.fixture
def stubborn(town: Town, clock: SteppedClock, seed: int) -> Iterator[Stubborn]:  # noqa: F811
    """A town whose commands go over a line that is cut."""
    office = Office.founded(town)
    with cutter(town.database.url) as (line, url):
        database = Database(url, clock, time_zone=SHANGHAI)
        yield Stubborn(office, database, clock, line, random.Random(seed))
        database.close()


def test_what_is_asked_again_is_done_once(stubborn: Stubborn, lengths: Lengths, tell: Tell) -> None:
    auditor = Auditor(stubborn.office.town.database, stubborn.ledger, task="test.send")

    while sum(stubborn.line.cuts.values()) < lengths.cuts:
        stubborn.live(f"case-{len(stubborn.ledger.reports)}")
        auditor.audit()

    cuts = stubborn.line.cuts
    tell(
        f"connection cut in mid-commit: {cuts['before']} before, {cuts['after']} after and "
        f"{cuts['late']} long before the server heard of it, "
        f"{auditor.audits} audits, {len(stubborn.ledger.reports)} cases, {len(stubborn.ledger.completed)} completions"
    )
    assert min(cuts.values()) > 0
    with stubborn.office.town.database.unit_of_work() as uow:
        assert list(anchors.verify(uow)) == []
        states = uow.conn.execute(text('SELECT DISTINCT status FROM "case"')).scalars().all()
    assert states == ["closed"]
