"""Metrics: who may read them, what they say, and what it costs to ask."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, text

from engine import anchors
from engine.clock import SteppedClock
from engine.settings import Settings
from engine.store.database import Database
from tests.web.conftest import Town
from web import metrics
from web.app import create_app

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
TOKEN = "a-token-for-prometheus-alone"


def _read(town: Town) -> dict[tuple[str, ...], float]:
    """Each value by its name and its labels' values."""
    response = town.app.test_client().get("/metrics")
    assert response.status_code == 200, response.text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def _do(town: Town, statement: str) -> None:
    with town.database.unit_of_work() as uow:
        uow.conn.execute(text(statement))


def test_open_cases_are_counted_by_stage(town: Town) -> None:
    town.complete(town.reported(), "acceptor", decision="accept")
    town.reported()
    town.reported()

    found = _read(town)

    stages = {key[1]: value for key, value in found.items() if key[0] == "gridcase_open_cases"}
    assert sum(stages.values()) == 3
    assert stages["filing"] == 1


def test_a_case_that_ended_is_not_open(town: Town) -> None:
    town.complete(town.reported(), "acceptor", decision="reject", reason="不属于城市管理范围")

    assert not any(key[0] == "gridcase_open_cases" for key in _read(town))


def test_overdue_work_items_are_told_from_the_others(town: Town, clock: SteppedClock) -> None:
    town.reported()
    clock.advance(timedelta(days=3))
    town.reported()

    found = _read(town)

    assert (found["gridcase_open_work_items",], found["gridcase_overdue_work_items",]) == (2, 1)


def test_overdue_timers_are_counted_and_the_oldest_is_timed(town: Town, clock: SteppedClock) -> None:
    case_id = town.reported()
    with town.database.unit_of_work() as uow:
        for task, late in (("one", 90), ("two", 30), ("three", -30)):
            values = {"case": case_id, "task": task, "due": uow.now - timedelta(seconds=late)}
            statement = (
                "INSERT INTO timer SELECT id, :task, case_id, :due FROM instance WHERE case_id = :case"
            )
            uow.conn.execute(text(statement), values)

    found = _read(town)

    assert found["gridcase_overdue_timers",] == 2
    assert found["gridcase_oldest_overdue_timer_seconds",] == 90


def test_waiting_jobs_are_counted_by_queue_and_the_oldest_is_timed(town: Town) -> None:
    for queue in ("effects", "effects", "timers"):
        _do(town, f"INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('{queue}', 'x')")
    _do(town, "UPDATE procrastinate_events SET at = now() - interval '1 minute'")
    _do(
        town,
        "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at)"
        " VALUES ('effects', 'x', now() + interval '1 hour'), ('timers', 'x', now() - interval '1 hour')",
    )

    found = _read(town)

    assert found["gridcase_waiting_jobs", "effects"] == 2
    assert found["gridcase_waiting_jobs", "timers"] == 2
    assert 60 <= found["gridcase_oldest_waiting_job_seconds", "effects"] < 120
    assert 3600 <= found["gridcase_oldest_waiting_job_seconds", "timers"] < 3660


def test_failed_jobs_are_counted(town: Town) -> None:
    _do(
        town,
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('effects', 'x', 'failed')",
    )

    assert _read(town)["gridcase_failed_jobs",] == 1


def test_workers_are_counted_while_they_live(town: Town) -> None:
    _do(
        town,
        "INSERT INTO procrastinate_workers (last_heartbeat)"
        " VALUES (now() - interval '3 seconds'), (now() - interval '1 minute')",
    )

    found = _read(town)

    assert found["gridcase_live_workers",] == 1
    assert 3 <= found["gridcase_worker_heartbeat_seconds",] < 15


def test_the_age_of_the_last_anchor_is_told(town: Town, clock: SteppedClock) -> None:
    anchors.anchor(town.database)
    clock.advance(timedelta(hours=2))

    assert _read(town)["gridcase_anchor_age_seconds",] == 7200


def test_steps_are_timed_by_how_they_end(town: Town) -> None:
    case_id = town.reported()
    item = town.waiting(case_id)["id"]
    town.complete(case_id, "acceptor", decision="accept")
    town.browser("second").post(f"/work-items/{item}/complete", data={"form": "1"})

    found = _read(town)

    assert found["gridcase_step_seconds_count", "done", "complete"] == 1
    assert found["gridcase_step_seconds_count", "conflict", "complete"] == 1
    assert found["gridcase_step_seconds_sum", "done", "complete"] > 0


def test_without_a_database_the_metrics_say_so(settings: Settings) -> None:
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:1/none", time_zone=ZoneInfo("UTC"))

    response = create_app(settings, gone).test_client().get("/metrics")

    assert response.status_code == 200
    assert "gridcase_database_up 0.0" in response.text


def test_a_question_costs_three_statements(town: Town) -> None:
    said: list[str] = []
    event.listen(town.database.engine, "before_cursor_execute", lambda *args: said.append(args[2]))

    _read(town)

    assert len(said) <= 3


@pytest.mark.parametrize("table", ["case", "work_item", "timer", "procrastinate_jobs"])
def test_a_question_reads_no_whole_table(town: Town, table: str) -> None:
    from engine.store import figures

    with town.database.unit_of_work() as uow:
        # With so few rows the planner would read any table whole: it is asked what it can do without that.
        uow.conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        rows = uow.conn.execute(
            text(f"EXPLAIN {figures._FIGURES.text}"), {"now": uow.now, "silence": 15.0}
        ).scalars()
        plan = "\n".join(rows)

    assert f"Seq Scan on {table} " not in plan.replace('"', "")
    assert f" on {table}" in plan.replace('"', "")


@pytest.mark.parametrize(
    "headers",
    [{"X-Forwarded-For": "203.0.113.5"}, {"Host": "cases.example.org"}, {"Authorization": f"Bearer {TOKEN}"}],
)
def test_from_elsewhere_nobody_reads_them(town: Town, headers: dict[str, str]) -> None:
    address = "203.0.113.5" if "Authorization" in headers else "127.0.0.1"

    response = town.app.test_client().get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})

    assert response.status_code == 403


@pytest.fixture
def guarded(town: Town, settings: Settings) -> Town:
    """The city with a token for its metrics."""
    return replace(town, app=create_app(replace(settings, metrics_token=TOKEN), town.database))


def test_with_a_token_it_is_asked_for(guarded: Town) -> None:
    browser = guarded.app.test_client()

    refused = [
        browser.get("/metrics", headers=headers).status_code
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"})
    ]
    answer = browser.get(
        "/metrics",
        headers={"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "203.0.113.5"},
        environ_base={"REMOTE_ADDR": "203.0.113.5"},
    )

    assert (refused, answer.status_code) == ([403, 403, 403], 200)


def test_every_metric_is_documented_and_every_documented_one_is_there() -> None:
    documented = re.findall(r"^\| `(gridcase_\w+)` \|", OPERATIONS.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(documented) == sorted(
        [metrics.UP[0], metrics.STEPS[0], *(one[0] for one in metrics.GAUGES.values())]
    )
