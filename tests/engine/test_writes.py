"""What commands change goes out together: of one case or of several, all of it or nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from engine.actors import SYSTEM
from engine.case import Case
from engine.errors import Conflict, Invalid
from engine.store import cases, instances
from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork
from engine.store.work_items import Ending
from tests.engine.conftest import Town


def _case(uow: UnitOfWork, case_id: int) -> Case:
    row = instances.of_case(uow.conn, case_id, lock=True)
    assert row is not None
    return Case(uow, row, SYSTEM)


def _document(town: Town, case_id: int) -> Row:
    with town.database.unit_of_work() as uow:
        row = cases.read(uow.conn, case_id)
    assert row is not None
    return row


def test_different_columns_of_several_cases_go_out_in_one_statement(town: Town) -> None:
    one, other = town.opened("one").id, town.opened("other").id
    statements: list[str] = []

    with town.database.unit_of_work() as uow:
        both = [_case(uow, one), _case(uow, other)]
        event.listen(town.database.engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
        with uow.gathering():
            both[0].set(address="南路", handled_at=uow.now)
            both[1].set(stage="checking")
            for case in both:
                case.record("looked")
                case.save()
        now = uow.now

    assert len(statements) == 1
    assert (_document(town, one)["address"], _document(town, one)["handled_at"]) == ("南路", now)
    assert _document(town, other)["stage"] == "checking"


def _write_over_a_stale_state(uow: UnitOfWork, case_id: int) -> None:
    row = instances.of_case(uow.conn, case_id, lock=True)
    assert row is not None
    stale = {"id": row["instance_id"], "version": row["instance_version"] - 1, "status": "running"}
    uow.writes.states.append({**stale, "state": b"\x00\xff"})
    _move(uow, case_id, "elsewhere")


def _move(uow: UnitOfWork, case_id: int, address: str) -> None:
    case = _case(uow, case_id)
    case.set(address=address)
    case.save()


def _end(uow: UnitOfWork, endings: dict[int, Ending]) -> None:
    uow.writes.endings = endings
    uow.send()


def test_nothing_is_kept_where_a_state_is_not_as_it_was_read(town: Town) -> None:
    case_id = town.opened().id

    with pytest.raises(Conflict), town.database.unit_of_work() as uow:
        _write_over_a_stale_state(uow, case_id)

    assert _document(town, case_id)["address"] != "elsewhere"


def test_a_work_item_that_is_not_there_is_a_conflict(town: Town) -> None:
    with pytest.raises(Conflict), town.database.unit_of_work() as uow:
        _end(uow, {1: Ending(None, ("no such task",), None)})


def test_what_postgresql_cannot_store_is_refused_as_input(town: Town) -> None:
    case_id = town.opened().id

    with pytest.raises(Invalid), town.database.unit_of_work() as uow:
        _move(uow, case_id, "a\x00b")


def test_what_several_people_completed_is_not_ended_together(town: Town) -> None:
    both = {1: Ending((1, 1), (), 1), 2: Ending((2, 1), (), 2)}

    with pytest.raises(ValueError, match="one by one"), town.database.unit_of_work() as uow:
        _end(uow, both)
