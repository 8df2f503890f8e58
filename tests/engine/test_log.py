"""The log of a case: it cannot be changed, and a change made around the program is found."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine import log
from engine.store.database import Database
from tests.engine.conftest import Town


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_entry SET action = 'nothing'",
        "DELETE FROM log_entry",
        "TRUNCATE log_entry",
    ],
)
def test_the_database_refuses_to_change_the_log(town: Town, statement: str) -> None:
    town.opened()

    with pytest.raises(DBAPIError, match="append-only"), town.database.unit_of_work() as uow:
        uow.conn.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE log_entry SET body = replace(body, 'citizen', 'leader') WHERE seq = 1", "hash does not fit"),
        ("UPDATE log_entry SET action = 'nothing' WHERE seq = 1", "differ from what was hashed"),
        ("UPDATE log_entry SET at = at - interval '1 hour' WHERE seq = 1", "differ from what was hashed"),
        ("DELETE FROM log_entry WHERE seq = 1", "missing"),
        ("DELETE FROM log_entry WHERE seq = 2", "ends at entry 1"),
    ],
)
def test_a_change_made_behind_the_programs_back_is_found(town: Town, statement: str, problem: str) -> None:
    town.opened()
    as_superuser(town.database, statement)

    with town.database.unit_of_work() as uow:
        broken = [one.problem for one in log.verify(uow)]

    assert any(problem in one for one in broken)


def test_a_broken_chain_does_not_hide_the_next_case(town: Town) -> None:
    town.opened("first")
    second = town.opened("second")
    as_superuser(town.database, "UPDATE log_entry SET body = body || ' ' WHERE seq = 1")

    with town.database.unit_of_work() as uow:
        assert second.id in {one.case_id for one in log.verify(uow)}


def as_superuser(database: Database, statement: str) -> None:
    """Change rows as only whoever owns the database server can."""
    with database.engine.begin() as conn:
        conn.execute(text("SET LOCAL session_replication_role = replica"))
        conn.execute(text(statement))
