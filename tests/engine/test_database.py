"""What is said when the database does not answer."""

from __future__ import annotations

import pytest

from engine.errors import ConfigurationError, Conflict, Invalid
from engine.messages import Message
from engine.store import cases, people, schema
from engine.store.database import Database
from tests.engine.conftest import Town

UNREACHABLE = "postgresql+psycopg://gridcase:secret@127.0.0.1:1/gridcase?connect_timeout=2"


def test_a_database_that_cannot_be_reached_is_told_in_one_sentence() -> None:
    database = Database(UNREACHABLE)

    for attempt in (lambda: database.unit_of_work().__enter__(), lambda: schema.current(database)):
        with pytest.raises(ConfigurationError, match="GRIDCASE_DATABASE_URL is right") as raised:
            attempt()
        assert isinstance(raised.value.args[0], Message)
        assert "secret" not in str(raised.value)


def test_a_case_that_another_command_holds_too_long_is_told_so(town: Town) -> None:
    case_id = town.opened().id

    with town.database.unit_of_work() as holder:
        cases.lock(holder.conn, case_id)
        with pytest.raises(Conflict, match="try again") as raised:
            _lock_soon(town.database, case_id)

    assert isinstance(raised.value.args[0], Message)


def _lock_soon(database: Database, case_id: int) -> None:
    with database.unit_of_work() as uow:
        uow.conn.exec_driver_sql("SET LOCAL lock_timeout = 50")
        cases.lock(uow.conn, case_id)


def test_what_no_column_can_hold_is_no_fault_of_the_program(database: Database) -> None:
    with pytest.raises(Invalid, match="too large"), database.unit_of_work() as uow:
        cases.read(uow.conn, 2**63)
    with pytest.raises(Invalid, match="cannot be stored"), database.unit_of_work() as uow:
        people.read_by_login(uow.conn, "a\x00b")
