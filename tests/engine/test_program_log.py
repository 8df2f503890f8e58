"""The program's own log: one line an event with the fields it is found by, no secret in it, and nobody writes lines into it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine import jobs, program_log
from engine.actors import SYSTEM
from engine.clock import SteppedClock
from engine.deployment import deploy, read_folder
from engine.errors import ConfigurationError
from engine.store.database import Database
from tests.engine.conftest import Town
from tests.engine.test_timers import LATE

SECRET = "correct horse battery"
FORGED = "/cases\n2026-11-23 [info] all is well\x1b[2J\x9b2J\u202e"


pytestmark = pytest.mark.usefixtures("log_as_before")


def _lines(capsys: pytest.CaptureFixture[str]) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.parametrize("kind", program_log.FORMATS)
def test_a_traceback_tells_no_values(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    program_log.configure({"GRIDCASE_LOG": kind})

    def sign_in(password: str) -> None:
        raise RuntimeError("the reason")

    try:
        sign_in(SECRET)
    except RuntimeError as error:
        structlog.get_logger().exception("unforeseen", exc_info=error)

    written = capsys.readouterr().err
    assert "the reason" in written
    assert SECRET not in written


@pytest.mark.parametrize("kind", program_log.FORMATS)
def test_nobody_writes_a_line_of_the_log(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    program_log.configure({"GRIDCASE_LOG": kind})

    structlog.get_logger().error(FORGED, path=FORGED, found={"text": FORGED})

    written = capsys.readouterr().err
    assert written.count("\n") == 1
    assert written.rstrip("\n").isprintable()


def test_an_exception_writes_no_line_where_lines_begin(capsys: pytest.CaptureFixture[str]) -> None:
    program_log.configure({"GRIDCASE_LOG": "console"})

    structlog.get_logger().error("unforeseen", exc_info=RuntimeError(FORGED))

    first, *others = capsys.readouterr().err.splitlines()
    assert "unforeseen" in first
    assert any("all is well" in line for line in others)
    assert [line for line in others if not line.startswith("    ")] == []


def test_a_failed_statement_tells_no_values(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    program_log.configure({"GRIDCASE_LOG": "json"})

    with pytest.raises(DBAPIError) as raised, database.unit_of_work() as uow:
        uow.conn.execute(
            text("INSERT INTO role (code, name_zh, name_en) VALUES (:secret, '', '')"), {"secret": SECRET}
        )
    structlog.get_logger().exception("unforeseen", exc_info=raised.value)

    (line,) = _lines(capsys)
    assert "NotNullViolation" in line["exception"]
    assert SECRET not in str(line)


def test_lines_of_libraries_come_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    program_log.configure({"GRIDCASE_LOG": "json"})

    logging.getLogger("gunicorn.error").warning("worker %d is gone", 7)

    (line,) = _lines(capsys)
    assert (line["event"], line["level"], line["logger"]) == ("worker 7 is gone", "warning", "gunicorn")


def test_what_the_job_engine_says_leaves_the_arguments_out(capsys: pytest.CaptureFixture[str]) -> None:
    program_log.configure({"GRIDCASE_LOG": "json"})
    job = {"id": 7, "task_name": "notify", "queue": "effects", "attempts": 2, "task_kwargs": {"to": SECRET}}

    logging.getLogger("procrastinate.worker").error(
        f"Job notify[7](to={SECRET}) ended", extra={"action": "job_error", "job": job}
    )

    (line,) = _lines(capsys)
    assert (line["event"], line["job"], line["task"]) == ("job engine: job error", 7, "notify")
    assert SECRET not in str(line)


def test_the_level_leaves_out_what_is_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    program_log.configure({"GRIDCASE_LOG": "json", "GRIDCASE_LOG_LEVEL": "warning"})

    structlog.get_logger().info("fine")
    logging.getLogger("gunicorn.error").info("fine")
    structlog.get_logger().warning("not fine")

    assert [line["event"] for line in _lines(capsys)] == ["not fine"]


@pytest.mark.parametrize("name", ["GRIDCASE_LOG", "GRIDCASE_LOG_LEVEL"])
def test_a_setting_that_cannot_be_is_refused_by_name(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        program_log.configure({name: "loud"})


def test_a_scope_ends(capsys: pytest.CaptureFixture[str]) -> None:
    program_log.configure({"GRIDCASE_LOG": "json"})
    logger = structlog.get_logger()

    with program_log.scope(job=7):
        program_log.note(case="2026-1")
        logger.info("inside")
    logger.info("after")

    inside, after = _lines(capsys)
    assert (inside["job"], inside["case"]) == (7, "2026-1")
    assert not {"job", "case"} & after.keys()


def test_a_jobs_lines_name_the_job_and_no_case_of_before(
    town: Town, clock: SteppedClock, capsys: pytest.CaptureFixture[str]
) -> None:
    with town.database.unit_of_work() as uow:
        deploy(uow, read_folder(LATE), SYSTEM)
    with program_log.scope():
        town.opened()
    clock.advance(timedelta(hours=4))
    program_log.configure({"GRIDCASE_LOG": "json"})
    app = jobs.job_app(town.database)
    with town.database.unit_of_work() as uow:
        jobs.enqueue(uow, app, "timers.sweep")

    asyncio.run(_run_all(app, town.database))

    fired = next(line for line in _lines(capsys) if line["event"] == "timers fired")
    assert fired["task"] == "timers.sweep"
    assert isinstance(fired["job"], int)
    assert "case" not in fired


async def _run_all(app: Any, database: Database) -> None:
    async with app.open_async():
        await app.run_worker_async(
            wait=False, install_signal_handlers=False, additional_context={"database": database}
        )
