"""A worker that is killed at its work: its job starts again within seconds, and counts once."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import text

from engine import tasks
from engine.actors import SYSTEM
from engine.deployment import deploy, read_folder
from engine.reports import open_case
from tests.faults import late
from tests.installation import Installation, wait_until

HERE = Path(__file__).parent
FOREIGN = HERE / "foreign"

MOST_SECONDS = 15.0


@dataclass(frozen=True)
class Found:
    """What was found after a worker had been killed at its work.

    Attributes:
        attempts: process and key of each.
        seconds: from the kill until the second attempt.
        receipts: how many results were recorded.
    """

    attempts: list[tuple[int, str]]
    seconds: float
    receipts: int


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as one:
        yield one


@pytest.fixture(scope="module")
def found(
    installation: Installation, patch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Found:
    """The program runs, with the package from elsewhere installed; a case asks for its task, and the worker is killed."""
    ledger = tmp_path_factory.mktemp("slow") / "ledger"
    ledger.touch()
    patch.setenv("SLOW_TASK_LEDGER", str(ledger))
    patch.setenv("PYTHONPATH", str(FOREIGN))
    up = installation.start("up")
    installation.wait_until_up()
    case_id = _opened(installation, patch)
    wait_until(lambda: len(_attempts(ledger)) == 1, lambda: f"nobody works\n{installation.output()[-4000:]}")

    os.killpg(_attempts(ledger)[0][0], signal.SIGKILL)
    killed = time.monotonic()
    wait_until(lambda: len(_attempts(ledger)) == 2, lambda: f"nobody\n{installation.output()[-4000:]}")
    seconds = time.monotonic() - killed
    wait_until(lambda: _closed(installation, case_id), lambda: f"stuck\n{installation.output()[-4000:]}")

    installation.stop(up)
    return Found(_attempts(ledger), seconds, _receipts(installation, case_id))


def _opened(installation: Installation, patch: pytest.MonkeyPatch) -> int:
    """A case of the slow process, which this process knows as the program does."""
    patch.syspath_prepend(str(FOREIGN))
    known = dict(tasks.load_service_tasks())
    if "slow.work" not in known:
        import_module("slow_task")
    try:
        with installation.database() as database, database.unit_of_work() as uow:
            deploy(uow, read_folder(HERE / "slow"), SYSTEM)
            platform = uow.conn.execute(text("SELECT id FROM unit WHERE is_platform LIMIT 1")).scalar_one()
            return open_case(uow, late.report(platform, "slow"), SYSTEM, "slow").id
    finally:
        tasks._registry.pop("slow.work", None)
        sys.modules.pop("slow_task", None)


def _attempts(ledger: Path) -> list[tuple[int, str]]:
    lines = [line.split() for line in ledger.read_text().splitlines()]
    return [(int(pid), key) for pid, key in lines]


def _closed(installation: Installation, case_id: int) -> bool:
    with installation.database() as database, database.unit_of_work() as uow:
        statement = text('SELECT status FROM "case" WHERE id = :id')
        return bool(uow.conn.execute(statement, {"id": case_id}).scalar_one() == "closed")


def _receipts(installation: Installation, case_id: int) -> int:
    with installation.database() as database, database.unit_of_work() as uow:
        statement = text("SELECT count(*) FROM effect_receipt WHERE case_id = :id")
        return int(uow.conn.execute(statement, {"id": case_id}).scalar_one())


def test_the_job_starts_again_within_fifteen_seconds(found: Found) -> None:
    assert found.seconds < MOST_SECONDS


def test_the_second_attempt_is_another_worker_with_the_same_key(found: Found) -> None:
    (first, key), (second, again) = found.attempts

    assert (first != second, key == again) == (True, True)


def test_the_result_is_recorded_once(found: Found) -> None:
    assert found.receipts == 1
