"""Watches: each is stood by one process, that ends when its worker does; errands: done in order and until they succeed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from engine import errands, jobs, schedule, watches
from engine.errors import GridcaseError
from engine.settings import Settings
from engine.store.database import Database
from tests.engine.workers import run_all, run_one, waiting

FOREIGN = Path(__file__).parents[1] / "faults" / "foreign"
SETTINGS = Settings.from_environment({})


@pytest.fixture
def two_groups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two groups of something are to be watched; the list may be changed."""
    keys = ["1", "2"]
    kinds = {"street": watches.Watch(lambda uow: keys, lambda *given: None)}
    monkeypatch.setattr(watches, "watches", lambda: kinds)
    return keys


def _locks(database: Database) -> list[str]:
    with database.unit_of_work() as uow:
        return sorted(uow.conn.execute(text("SELECT lock FROM procrastinate_jobs")).scalars())


def test_each_group_gets_its_watch(database: Database, two_groups: list[str]) -> None:
    schedule.set_watches(database, jobs.job_app(database))

    assert _locks(database) == ["watch:street:1", "watch:street:2"]


def test_the_job_of_a_worker_that_fell_silent_is_asked_for_again_and_that_of_no_other(
    database: Database, two_groups: list[str]
) -> None:
    app = jobs.job_app(database)
    schedule.set_watches(database, app)
    with database.unit_of_work() as uow:
        worker = uow.conn.execute(
            text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()) RETURNING id")
        ).scalar_one()
        uow.conn.execute(
            text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker"), {"worker": worker}
        )

    while_it_lives = schedule.retry_if_stalled(database, app)
    with database.unit_of_work() as uow:
        uow.conn.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '7 s'"))

    assert [while_it_lives, *(schedule.retry_if_stalled(database, app) for _ in range(2))] == [
        False,
        True,
        False,
    ]


def test_what_a_watch_imports_at_its_start_knows_neither_diagrams_nor_jobs() -> None:
    # Cameras of a watch that died wait for its imports: these two took a third of them.
    program = (
        "import sys, engine.commands.watch, handlers.cameras.patrol, handlers.cameras.standing\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'SpiffWorkflow', 'procrastinate'}))"
    )

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert told.stdout == "[]\n"


@pytest.mark.parametrize("status", ["todo", "doing"])
def test_a_watch_that_waits_or_is_stood_is_not_enqueued_again(
    database: Database, two_groups: list[str], status: str
) -> None:
    app = jobs.job_app(database)
    schedule.set_watches(database, app)
    with database.unit_of_work() as uow:
        uow.conn.execute(
            text("UPDATE procrastinate_jobs SET status = CAST(:to AS text)::procrastinate_job_status"),
            {"to": status},
        )

    assert schedule.set_watches(database, app) == 0
    assert len(_locks(database)) == 2


def test_a_watch_that_ended_is_enqueued_again(database: Database, two_groups: list[str]) -> None:
    app = jobs.job_app(database)
    schedule.set_watches(database, app)
    with database.unit_of_work() as uow:
        uow.conn.execute(text("DELETE FROM procrastinate_jobs WHERE lock = 'watch:street\\:1'"))

    assert schedule.set_watches(database, app) == 1


@pytest.fixture
def ledger(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], list[list[str]]]:
    """The processes of watches have the package from elsewhere; gives the lines that these left."""
    path = tmp_path / "ledger"
    path.touch()
    monkeypatch.setenv("PYTHONPATH", str(FOREIGN))
    monkeypatch.setenv("LASTING_WATCH_LEDGER", str(path))
    monkeypatch.setenv("GRIDCASE_DATABASE_URL", database_url)
    monkeypatch.setenv("GRIDCASE_HOME", str(tmp_path))
    return lambda: [line.split() for line in path.read_text().splitlines()]


async def _until(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it does not come so far")


def test_a_watch_that_is_told_to_end_puts_away_what_it_has(ledger: Callable[[], list[list[str]]]) -> None:
    async def stand() -> None:
        told = asyncio.Event()
        kept = asyncio.create_task(watches.keep("lasting", "east", told))
        await _until(lambda: len(ledger()) == 1)
        told.set()
        await kept

    asyncio.run(stand())

    (begin, pid, _), (end, same, key) = ledger()
    assert (begin, end, key, pid == same) == ("begin", "end", "east", True)


def test_a_watch_ends_with_the_process_that_started_it(ledger: Callable[[], list[list[str]]]) -> None:
    code = "import asyncio\nfrom engine import watches\nasyncio.run(watches.keep('lasting', 'east', asyncio.Event()))"
    parent = subprocess.Popen([sys.executable, "-c", code])
    asyncio.run(_until(lambda: len(ledger()) == 1))

    parent.send_signal(signal.SIGKILL)
    parent.wait()
    asyncio.run(_until(lambda: len(ledger()) == 2))

    assert ledger()[1][0] == "end"


def test_a_watch_that_is_killed_at_its_start_is_tried_again_later(
    ledger: Callable[[], list[list[str]]],
) -> None:
    async def stand() -> None:
        kept = asyncio.create_task(watches.keep("lasting", "east", asyncio.Event()))
        await _until(lambda: len(ledger()) == 1)
        os.kill(int(ledger()[0][1]), signal.SIGKILL)
        await kept

    with pytest.raises(watches.Fell, match="lasting"):
        asyncio.run(stand())


def test_a_watch_that_hangs_says_where_and_ends() -> None:
    code = """
import threading
from engine import watches

def stand_still():
    threading.Event().wait()

watches.HANGS_SECONDS = 0.2
watches.go_on()
stand_still()
"""

    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )

    assert (ended.returncode, "in stand_still" in ended.stderr) == (1, True)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """An errand of the test alone: the numbers it was given; it fails once at each that is negative."""
    numbers: list[int] = []
    monkeypatch.setattr("engine.errands._errands", {})

    @errands.errand("count")
    def count(database: Database, settings: Settings, number: int) -> None:
        numbers.append(number)
        if number < 0 and numbers.count(number) == 1:
            raise OSError("not yet")

    return numbers


def test_errands_of_one_lock_are_done_in_order(database: Database, done: list[int]) -> None:
    with database.unit_of_work() as uow:
        for number in (3, 1, 2):
            errands.put(uow, "count", lock="one", number=number)

    run_all(database, settings=SETTINGS, concurrency=3)

    assert done == [3, 1, 2]


def test_an_errand_that_fails_is_tried_again_and_holds_up_those_after_it(
    database: Database, done: list[int]
) -> None:
    with database.unit_of_work() as uow:
        errands.put(uow, "count", lock="one", number=-1)
        errands.put(uow, "count", lock="one", number=2)
    run_one(database, SETTINGS)
    assert (done, waiting(database)) == ([-1], 2)

    with database.unit_of_work() as uow:
        uow.conn.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL"))
    run_all(database, settings=SETTINGS)

    assert done == [-1, -1, 2]


def test_an_errand_of_a_rolled_back_transaction_is_not_there(database: Database, done: list[int]) -> None:
    def put_and_fail() -> None:
        with database.unit_of_work() as uow:
            errands.put(uow, "count", number=1)
            raise GridcaseError("no")

    with pytest.raises(GridcaseError):
        put_and_fail()

    assert waiting(database) == 0


def test_an_errand_that_fails_for_good_stays_among_the_failed(
    database: Database, done: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "ATTEMPTS", 1)
    with database.unit_of_work() as uow:
        errands.put(uow, "count", number=-1)

    run_all(database, settings=SETTINGS)

    assert waiting(database, "failed") == 1
