"""How much the API asks of the database: at most ten statements to complete a step of the city's own process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.settings import Settings
from engine.store.database import Database
from tests.api.conftest import Town, founded
from tests.statements import statements

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


def test_completing_a_step_takes_ten_statements_at_most(city: Town) -> None:
    case_id = city.reported()
    counts = {}

    for who, values in STEPS:
        item_id = city.waiting(case_id)
        with statements() as said:
            answer = city.post(f"/work-items/{item_id}/complete", {"values": values}, who)
        assert answer.status_code == 200, answer.text
        counts[who, values["decision"]] = len(said)

    assert city.get(f"/cases/{case_id}").json["status"] == "closed"
    assert {step: count for step, count in counts.items() if not 0 < count <= MOST} == {}
