"""A responsibility grid that is edited sends the next case elsewhere, says so, and leaves the case before where it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely

from engine import work
from engine.actors import SYSTEM
from engine.clock import SteppedClock
from engine.deployment import deploy, read_folder
from engine.store import cases, work_items
from engine.store.database import Database
from handlers.dispatch.history import history
from handlers.layers import ResponsibilityGrid, save_responsibility
from handlers.reporting import ReportInput, submit
from handlers.scenarios.town import Town, build

#: 西一路 lies in it.
GRID = ResponsibilityGrid(
    "law_enforcement", "610102-001", shapely.box(108.94, 34.26, 108.96, 34.28), "XC-HW", "一号", "One"
)


@pytest.fixture
def town(database: Database, processes: Path) -> Town:
    """The town of the scenarios, with the process that the program brings along."""
    with database.unit_of_work() as uow:
        built = build(uow, processes / "case" / "scenarios" / "city")
        deploy(uow, read_folder(processes / "case"), SYSTEM)
    return built


def _filed(database: Database, town: Town, key: str) -> int:
    """A case at 西一路 that law enforcement handles by the table, when it has been dispatched."""
    lon, lat = town.places["西一路"]
    given = ReportInput("citizen", "event", "0405", "店外经营", lon=lon, lat=lat, submission_key=key)
    with database.unit_of_work() as uow:
        case_id = submit(uow, given).id
    for decision in ("accept", "file"):
        with database.unit_of_work() as uow:
            (item,) = work_items.open_of_case(uow.conn, case_id)
            work.complete(uow, item["id"], town.actors[item["role"], item["unit_id"]], {"decision": decision})
    return case_id


def _dispatched(database: Database, town: Town, case_id: int) -> tuple[str, Mapping[str, Any]]:
    """The unit that has a case, and the first reason why."""
    with database.unit_of_work() as uow:
        row, decided = cases.read(uow.conn, case_id), history(uow, case_id).decided
    assert row is not None
    assert decided is not None
    return town.units[row["unit_id"]].code, decided["reasons"][0]


def test_an_edited_grid_decides_the_next_case_and_not_the_one_before(
    database: Database, town: Town, clock: SteppedClock
) -> None:
    before = _filed(database, town, "before")
    for unit_code in ("XC-HW", "XC-SZ"):
        clock.advance(timedelta(minutes=1))
        with database.unit_of_work() as uow:
            save_responsibility(uow, SYSTEM, replace(GRID, unit_code=unit_code))
        clock.advance(timedelta(seconds=1))
        following = _filed(database, town, unit_code)

        found, reason = _dispatched(database, town, following)

        assert found == unit_code
        assert (reason["what"], reason["profession"], reason["code"]) == (
            "grid",
            "law_enforcement",
            "610102-001",
        )
    assert _dispatched(database, town, before)[0] == "XC-ZF"
