"""How much the API asks of the database: at most ten statements to complete a step of the city's own process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from engine.settings import Settings
from engine.store.database import Database
from tests.api.conftest import Town, founded

MOST = 10

STEPS: list[tuple[str, dict[str, Any]]] = [
    ("acceptor", {"decision": "accept"}),
    ("leader", {"decision": "file"}),
    ("handler", {"decision": "done"}),
    ("collector", {"decision": "passed"}),
    ("leader", {"decision": "close"}),
]


@pytest.fixture
def city(database: Database, settings: Settings, processes: Path) -> Town:
    """The town, its cases living by the process that the program brings along."""
    return founded(database, settings, processes / "case")


@contextmanager
def _counted(town: Town) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(town.database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(town.database.engine, "before_cursor_execute", note)


def test_completing_a_step_takes_ten_statements_at_most(city: Town) -> None:
    case_id = city.reported()
    counts = {}

    for who, values in STEPS:
        item_id = city.waiting(case_id)
        with _counted(city) as statements:
            answer = city.post(f"/work-items/{item_id}/complete", {"values": values}, who)
        assert answer.status_code == 200, answer.text
        counts[who, values["decision"]] = len(statements)

    assert city.get(f"/cases/{case_id}").json["status"] == "closed"
    assert {step: count for step, count in counts.items() if not 0 < count <= MOST} == {}
