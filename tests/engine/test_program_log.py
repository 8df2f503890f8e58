"""The program's own log tells no secret, and nobody writes lines into it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine import program_log
from engine.store.database import Database

SECRET = "correct horse battery"


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    """The log as the commands configure it."""
    program_log.configure()
    yield
    structlog.reset_defaults()


def test_a_traceback_tells_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    def sign_in(password: str) -> None:
        raise RuntimeError("the reason")

    try:
        sign_in(SECRET)
    except RuntimeError as error:
        structlog.get_logger().exception("unforeseen", exc_info=error)

    written = capsys.readouterr().out
    assert "the reason" in written
    assert SECRET not in written


def test_nobody_writes_a_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().error("unforeseen", path="/cases\n2026-11-23 [info] all is well\x1b[2J")

    assert capsys.readouterr().out.count("\n") == 1


def test_a_failed_statement_tells_no_values(database: Database) -> None:
    with pytest.raises(DBAPIError) as raised, database.unit_of_work() as uow:
        uow.conn.execute(text("SELECT 1 / length(:secret) - no_such_column"), {"secret": SECRET})

    assert SECRET not in str(raised.value)
