"""Anchors over the logs of all cases: they hold, and show what no chain of a case can show."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from engine import anchors, log, work
from engine.clock import SteppedClock
from engine.commands.log import verify_log
from engine.errors import Conflict
from engine.log import Entry, chained
from engine.store import log_entries
from engine.store.database import Database
from tests.engine.conftest import Town
from tests.engine.test_log import as_superuser


def _problems(database: Database) -> list[str]:
    with database.unit_of_work() as uow:
        return [one.problem for one in anchors.verify(uow)]


@pytest.fixture
def anchored(town: Town) -> Town:
    """A city whose two cases were anchored, one of them with a step between two anchors."""
    first = town.opened("first")
    anchors.anchor(town.database)
    town.opened("second")
    with town.database.unit_of_work() as uow:
        work.claim(uow, town.waiting(first.id), town.acceptor)
    anchors.anchor(town.database)
    return town


def test_anchors_hold(anchored: Town) -> None:
    assert _problems(anchored.database) == []


def test_an_anchor_holds_what_was_written_since_the_one_before(anchored: Town) -> None:
    with anchored.database.unit_of_work() as uow:
        first, second = log_entries.anchors(uow.conn)
        entries = uow.conn.execute(text("SELECT count(*) FROM log_entry")).scalar_one()

    assert first["entries"] + second["entries"] == entries
    assert bytes(second["previous"]) == bytes(first["root"])


def test_an_anchor_without_anything_new_holds(anchored: Town) -> None:
    anchors.anchor(anchored.database)

    assert _problems(anchored.database) == []


@pytest.mark.parametrize("hours", [-1, 1])
def test_anchors_hold_though_the_clock_is_set(anchored: Town, clock: SteppedClock, hours: int) -> None:
    clock.advance(timedelta(hours=hours))
    anchored.opened("third")
    anchors.anchor(anchored.database)
    clock.advance(timedelta(hours=-hours))
    anchored.opened("fourth")
    anchors.anchor(anchored.database)

    assert _problems(anchored.database) == []


def test_a_case_whose_log_was_computed_anew_is_found(anchored: Town) -> None:
    with anchored.database.unit_of_work() as uow:
        case_id = uow.conn.execute(text("SELECT min(case_id) FROM log_entry")).scalar_one()
        count = len(log_entries.of_case(uow.conn, case_id))
        forged = [Entry(uow.now, None, "system", "forged", None, {})] * count
    for row in chained(case_id, 0, log.GENESIS, forged):
        values = (
            f"body = '{row['body']}', hash = '\\x{row['hash'].hex()}', action = 'forged', person_id = NULL"
        )
        changed = f"{values}, element_id = NULL, at = '{row['at'].isoformat()}'"
        as_superuser(
            anchored.database,
            f"UPDATE log_entry SET {changed.replace(':', chr(92) + ':')} WHERE case_id = {case_id} AND seq = {row['seq']}",
        )
        as_superuser(
            anchored.database, f"UPDATE \"case\" SET log_hash = '\\x{row['hash'].hex()}' WHERE id = {case_id}"
        )

    with anchored.database.unit_of_work() as uow:
        assert list(log.verify(uow)) == []
    assert "its root does not fit the entries" in _problems(anchored.database)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ('DELETE FROM log_entry WHERE case_id = (SELECT max(id) FROM "case")', "and there are"),
        ("UPDATE log_entry SET position = -position", "and there are"),
        ("UPDATE log_anchor SET at = at - interval '1 day'", "does not fit"),
        ("DELETE FROM log_anchor WHERE id = (SELECT min(id) FROM log_anchor)", "does not follow"),
    ],
)
def test_a_change_made_behind_the_programs_back_is_found(
    anchored: Town, statement: str, problem: str
) -> None:
    if "position" in statement:
        as_superuser(anchored.database, "ALTER TABLE log_entry ALTER position DROP IDENTITY")
    try:
        as_superuser(anchored.database, statement)

        assert any(problem in one for one in _problems(anchored.database))
    finally:
        if "position" in statement:
            as_superuser(
                anchored.database,
                "ALTER TABLE log_entry ALTER position ADD GENERATED ALWAYS AS IDENTITY (START 100000)",
            )


def test_of_two_anchors_at_one_time_one_is_refused(anchored: Town) -> None:
    with anchored.database.unit_of_work() as uow:
        last = log_entries.last_anchor(uow.conn)
        assert last is not None
        row = {"at": uow.now, "up_to": 0, "entries": 0, "root": b"other", "previous": last["previous"]}

        assert not log_entries.add_anchor(uow.conn, row)


def test_an_entry_under_way_is_waited_for(anchored: Town) -> None:
    with anchored.database.unit_of_work() as uow:
        work.claim(uow, _item(uow, anchored), anchored.second_acceptor)
        anchoring = threading.Thread(target=anchors.anchor, args=(anchored.database,))
        anchoring.start()
        _wait_for_lock(uow)
    anchoring.join(10)
    with anchored.database.unit_of_work() as uow:
        newest = log_entries.last_anchor(uow.conn)

    assert newest is not None
    assert newest["entries"] == 1
    assert _problems(anchored.database) == []


def test_who_writes_too_long_puts_the_anchor_off(anchored: Town) -> None:
    with anchored.database.unit_of_work() as uow:
        work.claim(uow, _item(uow, anchored), anchored.second_acceptor)

        with pytest.raises(Conflict):
            anchors.anchor(anchored.database)


def _item(uow: object, town: Town) -> int:
    with town.database.unit_of_work() as other:
        statement = "SELECT id FROM work_item WHERE state = 'open' AND assignee_id IS NULL"
        return int(other.conn.execute(text(statement)).scalar_one())


def _wait_for_lock(uow: object) -> None:
    """Until somebody waits for a lock of this transaction's."""
    statement = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'log_entry'::regclass")
    while not uow.conn.execute(statement).scalar_one():  # type: ignore[attr-defined]
        pass


def test_the_command_names_the_newest_root(anchored: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDCASE_DATABASE_URL", anchored.database.url.replace("+psycopg", ""))
    root = anchors.anchor(anchored.database).hex()

    answer = CliRunner().invoke(verify_log, ["--anchors", "--root", root])

    assert answer.exit_code == 0, answer.output
    assert f"the newest root: {root}" in answer.output


def test_the_command_says_which_anchor_does_not_hold(anchored: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDCASE_DATABASE_URL", anchored.database.url.replace("+psycopg", ""))
    as_superuser(anchored.database, "UPDATE log_anchor SET entries = entries + 1")

    answer = CliRunner().invoke(verify_log, ["--anchors"])

    assert answer.exit_code == 1
    assert "anchor " in answer.output


def test_a_root_that_is_gone_is_missed(anchored: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDCASE_DATABASE_URL", anchored.database.url.replace("+psycopg", ""))

    answer = CliRunner().invoke(verify_log, ["--root", "ab" * 32])

    assert answer.exit_code == 1
    assert f"no anchor has the root {'ab' * 32}" in answer.output
