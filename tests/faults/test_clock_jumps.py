"""The clock is set back and forward by an hour: a timer fires once and never early, and no log breaks."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from engine import anchors, inbox, timers, work
from engine.actors import SYSTEM
from engine.clock import SteppedClock
from engine.deployment import deploy, read_folder
from engine.inbox import Wanted
from tests.engine.conftest import Town, rules, town  # noqa: F401 - fixtures
from tests.engine.test_timers import LATE
from tests.faults.clients import Ledger
from tests.faults.conftest import Tell
from tests.faults.counts import Auditor

CASES = 40
HOUR = timedelta(hours=1)

#: What the process of these cases has at its first step.
LIMIT = timedelta(hours=4)


@pytest.fixture
def late(town: Town) -> Town:  # noqa: F811 - the fixture
    """The town with the process whose first step has a timer."""
    with town.database.unit_of_work() as uow:
        deploy(uow, read_folder(LATE), SYSTEM)
    return town


def _fired(town: Town) -> Counter[int]:  # noqa: F811
    """How often the timer of each case fired."""
    with town.database.unit_of_work() as uow:
        statement = text("SELECT case_id FROM log_entry WHERE action = 'timer'")
        return Counter(uow.conn.execute(statement).scalars())


def test_a_clock_that_jumps_fires_each_timer_once_and_never_early(
    late: Town, clock: SteppedClock, seed: int, tell: Tell
) -> None:
    chance, ledger, jumps = random.Random(seed), Ledger(), 0
    due: dict[int, datetime] = {}
    fired: set[int] = set()
    auditor = Auditor(late.database, ledger)
    for number in range(CASES):
        clock.advance(timedelta(minutes=chance.randint(0, 40)))
        if chance.random() < 0.5:
            jumps += 1
            clock.set(clock.now() + chance.choice([-HOUR, HOUR]))
        case = ledger.reports[f"case-{number}"] = late.opened(f"case-{number}").id
        due[case] = clock.now() + LIMIT
        anchors.anchor(late.database)

        timers.sweep(late.database)

        # What fired before stays fired when the clock is set back.
        fired |= {one for one, at in due.items() if at <= clock.now()}
        assert _fired(late) == dict.fromkeys(fired, 1)
        auditor.audit()

    assert 0 < len(fired) < CASES
    with late.database.unit_of_work() as uow:
        assert list(anchors.verify(uow)) == []
    tell(
        f"clock set back and forward by an hour: {jumps} times, {auditor.audits} audits, {len(fired)} timers of {CASES} cases"
    )


def test_a_person_goes_on_while_the_clock_is_set_back(late: Town, clock: SteppedClock) -> None:
    case = late.opened().id
    item = late.waiting(case)
    with late.database.unit_of_work() as uow:
        work.claim(uow, item, late.acceptor)
    clock.set(clock.now() - HOUR)

    with late.database.unit_of_work() as uow:
        shown = [row["id"] for row in inbox.page(uow, late.acceptor, Wanted(), limit=10).items]
        work.complete(uow, item, late.acceptor, {})

    assert shown == [item]
    Auditor(late.database, Ledger(completed=[item])).audit()
