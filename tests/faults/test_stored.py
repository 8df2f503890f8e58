"""A database with cases under way that an earlier version of the program wrote opens, and its cases go on to their end.

A file of each version that landed is kept in tests/stored; ``make stored`` writes that of this one.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import zstandard
from sqlalchemy.engine import make_url

from engine import cases, incidents, log, moves, timers, work
from engine.actors import SYSTEM, Actor
from engine.bundles import bundle_of
from engine.clock import SteppedClock
from engine.deployment import deploy
from engine.store import bundles, instances, people, schema, work_items
from engine.store import cases as stored_cases
from engine.store.database import Database
from engine.store.embedded import binaries
from engine.store.unit_of_work import UnitOfWork
from tests.conftest import MONDAY, SHANGHAI
from tests.stored.make import WAYS

FILES = sorted((Path(__file__).parents[1] / "stored").glob("*.sql.zst"))

#: What leads a case to its end, whatever the form offers beside it.
DECISIONS = ("accept", "file", "crew", "done", "passed", "close")


def _execute(url: str, statement: str) -> None:
    """Run a statement that no transaction can hold."""
    owner = Database(url)
    with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql(statement)
    owner.close()


def _named(url: str, name: str) -> str:
    """The address of another database of the same server."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="module", params=FILES, ids=lambda path: path.name.partition(".")[0])
def upgraded(request: pytest.FixtureRequest, database_url: str) -> Iterator[str]:
    """A file restored into a database of its own, and brought to the newest schema; the name of the database."""
    name = f"stored_{request.param.name.partition('.')[0]}"
    _execute(database_url, f'CREATE DATABASE "{name}"')
    url = _named(database_url, name)
    _restore(url, request.param)
    database = Database(url)
    schema.upgrade(database)
    database.close()
    yield name
    _execute(database_url, f'DROP DATABASE "{name}"')


@pytest.fixture
def stored(upgraded: str, database_url: str) -> Iterator[Database]:
    """A copy of it, which a test may change."""
    name = f"{upgraded}_copy"
    _execute(database_url, f'CREATE DATABASE "{name}" TEMPLATE "{upgraded}"')
    clock = SteppedClock(MONDAY.replace(hour=18))
    database = Database(_named(database_url, name), clock, time_zone=SHANGHAI)
    yield database
    database.close()
    _execute(database_url, f'DROP DATABASE "{name}"')


def _restore(url: str, path: Path) -> None:
    found = make_url(url)
    parts = {"host": found.host, "user": found.username, "database": found.database, **found.query}
    named = {f"PG{name.upper()}": str(value) for name, value in parts.items() if value is not None}
    with tempfile.TemporaryFile() as file:
        file.write(zstandard.ZstdDecompressor().decompress(path.read_bytes(), max_output_size=1 << 26))
        file.seek(0)
        command = [str(binaries() / "psql"), "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1"]
        subprocess.run(command, stdin=file, env={**os.environ, **named}, check=True, capture_output=True)


def _rows(database: Database) -> list[Mapping[str, Any]]:
    with database.unit_of_work() as uow:
        return list(stored_cases.search(uow.conn, stored_cases.case.c.id > 0, limit=100))


def test_there_is_a_file_of_the_first_version() -> None:
    assert FILES[0].name == "0001.sql.zst"
    assert all(path.stat().st_size < 150_000 for path in FILES)


def test_every_case_is_there_and_every_log_verifies(stored: Database) -> None:
    assert len(_rows(stored)) == len(WAYS) + 1
    with stored.unit_of_work() as uow:
        assert list(log.verify(uow)) == []


def test_every_case_can_be_looked_at(stored: Database) -> None:
    with stored.unit_of_work() as uow:
        for row in _rows(stored):
            reader = _reader(uow, row)
            view = cases.view(uow, row["id"], reader)
            assert view.visited
            assert bool(view.current) == (row["status"] == "open")


def _reader(uow: UnitOfWork, row: Mapping[str, Any]) -> Actor:
    """An acceptor of the case's platform."""
    (one, *_) = people.holders(uow.conn, "acceptor", row["platform_id"])
    return Actor(one["id"], one["name"], frozenset({("acceptor", row["platform_id"])}))


def test_every_case_goes_on_to_its_end(stored: Database) -> None:
    (late,) = [row["id"] for row in _rows(stored) if row["description"] == "late"]
    for _ in range(10):
        if not timers.sweep(stored):
            break
    assert _waiting(stored, late) == ["look"]

    for row in _rows(stored):
        _lead_to_its_end(stored, row["id"])

    assert {row["status"] for row in _rows(stored)} == {"closed"}
    with stored.unit_of_work() as uow:
        assert list(incidents.listed(uow, SYSTEM)) == []
        assert list(log.verify(uow)) == []


def _waiting(database: Database, case_id: int) -> list[str]:
    with database.unit_of_work() as uow:
        return [item["element_id"] for item in work_items.open_of_case(uow.conn, case_id)]


def _lead_to_its_end(database: Database, case_id: int) -> None:
    for _ in range(12):
        with database.unit_of_work() as uow:
            items = work_items.open_of_case(uow.conn, case_id)
            if not items:
                return
            item = items[0]
            actor = Actor(None, "", frozenset())
            for one in people.holders(uow.conn, item["role"], item["unit_id"]):
                actor = Actor(one["id"], one["name"], frozenset({(item["role"], item["unit_id"])}))
            if item["assignee_id"] is not None:
                work.release(uow, item["id"], Actor(item["assignee_id"], "", actor.grants))
        with database.unit_of_work() as uow:
            work.complete(uow, item["id"], actor, _values(uow, item), photos=())


def _values(uow: UnitOfWork, item: Mapping[str, Any]) -> dict[str, Any]:
    """The first of the known decisions that the form of a step offers."""
    row = instances.of_case(uow.conn, item["case_id"])
    assert row is not None
    bundle = bundle_of(uow, row["bundle_hash"])
    form = bundle.form_of(bundle.element(row["process_key"], item["element_id"]))
    if form is None:
        return {}
    if "decision" not in form.properties:
        return {"result": "confirmed"}
    offered = {choice["const"] for choice in form.properties["decision"]["oneOf"]}
    return {"decision": next(one for one in DECISIONS if one in offered)}


def test_every_case_can_be_moved_to_a_version_that_draws_the_same(stored: Database) -> None:
    with stored.unit_of_work() as uow:
        newest = bundles.latest(uow.conn, "case")
        assert newest is not None
        files = bundles.read_files(uow.conn, newest["bundle_hash"])
        files["case.bpmn"] = files["case.bpmn"].replace(b"</bpmn:definitions>", b"\n</bpmn:definitions>")
        (deployed,) = deploy(uow, files, SYSTEM)

    wanted = moves.Wanted("case", deployed.version, only_from=newest["version"])
    verdicts = list(moves.move_all(stored, wanted, SYSTEM, "the same, drawn anew"))

    assert [one.reasons for one in verdicts] == [()] * (len(WAYS) - 1)
    for row in _rows(stored):
        if row["description"] != "late":
            _lead_to_its_end(stored, row["id"])
            assert _waiting(stored, row["id"]) == []
