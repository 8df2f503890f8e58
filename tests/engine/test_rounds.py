"""Rounds: what is done every few minutes is done by one worker at a time, and hinders nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from engine import jobs, rounds, schedule
from engine.settings import Settings
from engine.store.database import Database
from tests.engine.workers import run_all

SETTINGS = Settings.from_environment({})


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Rounds of the test alone: the names of those that were gone."""
    gone: list[str] = []
    monkeypatch.setattr("engine.rounds._rounds", {})

    @rounds.regular("sweep the street", every=timedelta(minutes=5))
    def sweep(database: Database, settings: Settings) -> int:
        gone.append("sweep the street")
        return 3

    return gone


def test_a_worker_goes_a_round(database: Database, walked: list[str]) -> None:
    schedule.go_round(database, jobs.job_app(database), "sweep the street")

    run_all(database, settings=SETTINGS)

    assert walked == ["sweep the street"]


def test_a_round_that_waits_is_not_enqueued_again(database: Database, walked: list[str]) -> None:
    app = jobs.job_app(database)
    for _ in range(2):
        schedule.go_round(database, app, "sweep the street")

    run_all(database, settings=SETTINGS)

    assert walked == ["sweep the street"]


def test_of_one_round_one_is_under_way_at_a_time(database: Database, walked: list[str]) -> None:
    schedule.go_round(database, jobs.job_app(database), "sweep the street")

    with database.unit_of_work() as uow:
        (lock,) = uow.conn.execute(text("SELECT lock FROM procrastinate_jobs")).scalars()
    assert lock == "round:sweep the street"


def test_a_round_that_this_release_does_not_know_is_passed_over(
    database: Database, walked: list[str]
) -> None:
    assert rounds.go(database, SETTINGS, "of another release") == 0


def test_no_round_goes_as_often_as_a_timer() -> None:
    with pytest.raises(ValueError, match="more often"):
        rounds.regular("haste", every=timedelta(seconds=1))
