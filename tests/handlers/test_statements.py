"""How much a command asks of the database: eight statements and one commit complete any step of the city's process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from engine import actions, timers, work
from engine.actors import SYSTEM, Actor
from engine.clock import SteppedClock
from engine.deployment import deploy, read_folder
from engine.store import work_items
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from handlers.reporting import ReportInput, submit
from handlers.scenarios.town import Town, build

MOST = 8

#: Each decision of the process once: straight on, and every way back. A unit is named by its code.
STEPS: tuple[dict[str, Any], ...] = (
    {"decision": "verify"},
    {"result": "confirmed"},
    {"decision": "accept"},
    {"decision": "send_back", "reason": "描述不清"},
    {"decision": "accept"},
    {"decision": "file"},
    {"decision": "wrong_unit", "reason": "不是我们的"},
    {"decision": "not_ours", "reason": "不归本区"},
    {"decision": "accept"},
    {"decision": "file"},
    {"decision": "assign", "unit_id": "XC-HW"},
    {"decision": "done"},
    {"decision": "failed", "reason": "没弄干净"},
    {"decision": "done"},
    {"decision": "passed"},
    {"decision": "not_enough", "reason": "缺照片"},
    {"decision": "not_ours", "reason": "不归本区"},
    {"decision": "reject", "reason": "不属于受理范围"},
)


@pytest.fixture
def town(database: Database, processes: Path) -> Town:
    """The town of the scenarios, with the process that the program brings along."""
    with database.unit_of_work() as uow:
        built = build(uow, processes / "case" / "scenarios" / "city")
        deploy(uow, read_folder(processes / "case"), SYSTEM)
    return built


def test_any_step_takes_eight_statements_and_one_commit_at_most(town: Town, database: Database) -> None:
    case_id = _reported(town, database)
    counts = []

    for values in STEPS:
        item_id, actor = _waiting(town, database, case_id)
        counts.append(_count(database, item_id, actor, _with_unit(town, values)))

    assert [count for count in counts if not (0 < count[0] <= MOST and count[1] == 1)] == []


def _with_unit(town: Town, values: dict[str, Any]) -> dict[str, Any]:
    code = values.get("unit_id")
    return values if code is None else {**values, "unit_id": town.units.by_code[code].id}


def _reported(town: Town, database: Database, key: str = "1") -> int:
    lon, lat = town.places["西一路"]
    given = ReportInput(
        channel="citizen",
        kind="event",
        category="0405",
        description="货架占道",
        lon=lon,
        lat=lat,
        submission_key=key,
    )
    with database.unit_of_work() as uow:
        return submit(uow, given).id


def _item(database: Database, case_id: int) -> Mapping[str, Any]:
    with database.unit_of_work() as uow:
        (item,) = work_items.open_of_case(uow.conn, case_id)
        return item


def _waiting(town: Town, database: Database, case_id: int) -> tuple[int, Actor]:
    item = _item(database, case_id)
    return item["id"], town.actors[item["role"], item["unit_id"]]


def test_open_work_items_follow_their_case_in_one_statement(town: Town, database: Database) -> None:
    case_id = _reported(town, database)
    for values in ({"decision": "accept"}, {"decision": "file"}):
        _count(database, *_waiting(town, database, case_id), values)
    supervisor = next(actor for (role, _), actor in town.actors.items() if role == "supervisor")

    counted = _counted(
        database, lambda uow: actions.act(uow, case_id, "supervise", supervisor, {"remark": "快"})
    )

    item = _item(database, case_id)
    assert (item["element_id"], item["supervised"], item["priority"]) == ("handle", 1, 2)
    assert counted[0] <= MOST
    assert counted[1] == 1


def test_the_lights_of_many_cases_take_two_statements(
    town: Town, database: Database, clock: SteppedClock
) -> None:
    cases = [_reported(town, database, key) for key in ("1", "2", "3")]
    for case_id in cases:
        for values in ({"decision": "accept"}, {"decision": "file"}):
            _count(database, *_waiting(town, database, case_id), values)
    clock.advance(timedelta(minutes=90))

    statements = _counted_by(database, lambda: timers.sweep(database))

    urged = [_item(database, case_id)["urged"] for case_id in cases]
    assert (urged, statements) == ([1, 1, 1], (2, 1))


def test_an_extension_moves_the_due_date_of_the_open_work_item(town: Town, database: Database) -> None:
    case_id = _reported(town, database)
    for values in ({"decision": "accept"}, {"decision": "file"}):
        _count(database, *_waiting(town, database, case_id), values)
    handle, handler = _waiting(town, database, case_id)
    with database.unit_of_work() as uow:
        before = work.read(uow, handle, handler)
        actions.act(uow, case_id, "request_extension", handler, {"reason": "下雨"})
        (approve,) = (one for one in work_items.open_of_case(uow.conn, case_id) if one["id"] != handle)

    leader = town.actors[approve["role"], approve["unit_id"]]
    counted = _count(database, approve["id"], leader, {"decision": "approve"})

    with database.unit_of_work() as uow:
        after = work.read(uow, handle, handler)
    assert after["due_at"] - before["due_at"] == before["due_at"] - before["created_at"]
    assert after["version"] == before["version"]
    assert counted[0] <= MOST
    assert counted[1] == 1


def _count(database: Database, item_id: int, actor: Actor, values: dict[str, Any]) -> tuple[int, int]:
    """Statements and commits of one completion."""
    return _counted(database, lambda uow: work.complete(uow, item_id, actor, values))


def _counted(database: Database, command: Callable[[UnitOfWork], None]) -> tuple[int, int]:
    """Statements and commits of one command."""

    def run() -> None:
        with database.unit_of_work() as uow:
            command(uow)

    return _counted_by(database, run)


def _counted_by(database: Database, run: Callable[[], object]) -> tuple[int, int]:
    """Statements and commits of something that opens its own units of work."""
    seen: list[str] = []

    def statement(*_arguments: object) -> None:
        seen.append("statement")

    def commit(_conn: object) -> None:
        seen.append("commit")

    event.listen(database.engine, "before_cursor_execute", statement)
    event.listen(database.engine, "commit", commit)
    try:
        run()
    finally:
        event.remove(database.engine, "before_cursor_execute", statement)
        event.remove(database.engine, "commit", commit)
    return seen.count("statement"), seen.count("commit")
