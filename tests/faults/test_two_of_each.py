"""Two of each process on one database do no harm: a timer fires once, and either goes on without the other."""

from __future__ import annotations

import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import anchors, log
from tests.faults import late, race
from tests.faults.clients import Ledger
from tests.faults.conftest import Tell
from tests.faults.counts import Auditor
from tests.installation import Installation, free_port, wait_until

CASES = 30
CLIENTS, ITEMS = 16, 12


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Installation, Installation]]:
    """Two installations with all their processes, each with a folder and a port of its own, on the database of the first."""
    with (
        late.late_installation() as first,
        tempfile.TemporaryDirectory(prefix="gridcase-second-") as home,
        # Held from here: the first may stop, and the server goes on.
        first.database() as database,
    ):
        url = database.url.replace("+psycopg", "")
        second = Installation(Path(home), free_port(), {"GRIDCASE_DATABASE_URL": url})
        try:
            first.start("up")
            first.wait_until_up()
            wait_until(lambda: _workers(first) > 0, first.output)
            alone = _workers(first)
            second.start("up")
            second.wait_until_up()
            wait_until(lambda: _workers(first) > alone, second.output)
            yield first, second
        finally:
            second.stop_all()
            first.stop_all()


def _workers(installation: Installation) -> int:
    with urllib.request.urlopen(f"{installation.url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return int(float(next(line for line in lines if line.startswith("gridcase_live_workers ")).split()[1]))


def test_two_schedulers_and_two_workers_fire_each_timer_once(both: tuple[Installation, Installation]) -> None:
    first, _ = both

    cases = late.open_late(first, [f"twice-{number}" for number in range(CASES)])
    wait_until(lambda: not late.rows(first, "SELECT FROM timer LIMIT 1"), first.output)

    fired = late.rows(first, "SELECT case_id FROM log_entry WHERE action = 'timer'")
    assert Counter(case for (case,) in fired) == dict.fromkeys(cases, 1)
    assert {step for case in cases for step in late.elements(first, case)} == {"look"}


def test_clients_that_race_for_the_same_items_complete_each_once(
    both: tuple[Installation, Installation], seed: int, tell: Tell
) -> None:
    first, second = both
    cases = late.open_on_time(first, [f"race-{number}" for number in range(ITEMS)])
    items = [_item(first, case) for case in cases]
    with first.database() as database:
        clients = race.racers(database, [first.url, second.url], CLIENTS)

    race.run_all(clients, items, seed)

    won = {item: one.name for one in clients for item in one.won}
    refused = sum(len(one.lost) for one in clients)
    tell(
        f"{CLIENTS} clients race at two web processes: {ITEMS} work items completed, {refused} refusals with the holder"
    )
    assert [one.failures for one in clients] == [[]] * CLIENTS
    assert sorted(item for one in clients for item in one.won) == sorted(items)
    assert refused == ITEMS * (CLIENTS - 1)
    assert all(holder == won[item] for one in clients for item, holder in one.lost.items())


def test_what_was_raced_for_was_done_once(both: tuple[Installation, Installation]) -> None:
    first, _ = both

    with first.database() as database:
        Auditor(database, Ledger()).audit()


def test_the_logs_of_both_verify_and_their_anchors_hold(both: tuple[Installation, Installation]) -> None:
    first, second = both

    for one in (first, second):
        with one.database() as database:
            anchors.anchor(database)

    with first.database() as database, database.unit_of_work() as uow:
        assert list(log.verify(uow)) == []
        assert list(anchors.verify(uow)) == []


def test_nothing_is_left_that_failed(both: tuple[Installation, Installation]) -> None:
    first, second = both

    assert late.rows(first, "SELECT task_name FROM procrastinate_jobs WHERE status = 'failed'") == []
    for one in (first, second):
        assert "[error" not in one.output()


def test_one_goes_on_when_the_other_stops(both: tuple[Installation, Installation]) -> None:
    first, second = both
    first.stop_all()

    (case_id,) = late.open_late(second, ["alone"])
    wait_until(lambda: late.elements(second, case_id) == ["look"], second.output)

    assert late.complete(second, late.token_for(second, "shift_leader"), _item(second, case_id)) == 200


def _item(installation: Installation, case_id: int) -> int:
    statement = "SELECT id FROM work_item WHERE case_id = :case AND state = 'open'"
    ((item_id,),) = late.rows(installation, statement, case=case_id)
    return int(item_id)
