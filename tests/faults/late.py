"""An installation whose cases have a timer that was due an hour ago, and ways to hold up what works on them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from engine import tokens
from engine.actors import SYSTEM
from engine.clock import SteppedClock
from engine.deployment import deploy, read_folder
from engine.reports import Report, open_case
from engine.store.database import Database
from tests.engine.test_timers import LATE
from tests.installation import Installation, installed, wait_until


@contextmanager
def late_installation() -> Iterator[Installation]:
    """An installation with the process of one step that has a boundary timer of four hours."""
    with installed() as installation:
        with installation.database() as database, database.unit_of_work() as uow:
            deploy(uow, read_folder(LATE), SYSTEM)
        yield installation


def open_late(installation: Installation, keys: Sequence[str]) -> list[int]:
    """Cases that were opened five hours ago."""
    return _open(installation, keys, datetime.now(UTC) - timedelta(hours=5))


def open_on_time(installation: Installation, keys: Sequence[str]) -> list[int]:
    """Cases that are opened now: their timers are not due for hours."""
    return _open(installation, keys, datetime.now(UTC))


def _open(installation: Installation, keys: Sequence[str], at: datetime) -> list[int]:
    clock = SteppedClock(at)
    database = Database.of(installation.settings, clock)
    try:
        with database.unit_of_work() as uow:
            return [open_case(uow, report(platform(uow.conn), key)).id for key in keys]
    finally:
        database.close()


def platform(conn: Connection) -> int:
    """The platform of a district."""
    statement = text("SELECT id FROM unit WHERE area_code = '610102' AND is_platform")
    return int(conn.execute(statement).scalar_one())


def report(platform_id: int, key: str) -> Report:
    """A report in the middle of that district."""
    return Report(
        platform_id=platform_id,
        channel="hotline",
        scheme="gb30428",
        kind="event",
        category="0101",
        description="rubbish",
        address="West Street",
        lon=108.9453,
        lat=34.2702,
        submission_key=key,
    )


def elements(installation: Installation, case_id: int) -> list[str]:
    """The steps at which a case waits."""
    return [one for (one,) in rows(installation, _ELEMENTS, case=case_id)]


_ELEMENTS = "SELECT element_id FROM work_item WHERE state = 'open' AND case_id = :case"


def rows(installation: Installation, statement: str, **values: Any) -> list[Any]:
    """What a statement finds."""
    with installation.database() as database, database.unit_of_work() as uow:
        return list(uow.conn.execute(text(statement), values).all())


def token_for(installation: Installation, role: str) -> str:
    """A token of somebody who holds a role at the district's platform."""
    holder = text("SELECT person_id FROM role_grant WHERE role = :role AND unit_id = :unit LIMIT 1")
    with installation.database() as database, database.unit_of_work() as uow:
        values = {"role": role, "unit": platform(uow.conn)}
        person_id = int(uow.conn.execute(holder, values).scalar_one())
        return tokens.issue(uow, person_id, "fault test", timedelta(days=1))


def complete(installation: Installation, token: str, item_id: int) -> int:
    """Complete a work item by the API; gives the status of the answer."""
    request = urllib.request.Request(
        f"{installation.url}/api/v1/work-items/{item_id}/complete",
        json.dumps({"values": {}}).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return int(answer.status)


@contextmanager
def held(installation: Installation, lock: str) -> Iterator[Connection]:
    """Hold a lock, given as a statement, until the block ends."""
    with installation.database() as database, database.engine.begin() as conn:
        conn.execute(text(lock))
        yield conn


def wait_until_held_up(conn: Connection) -> None:
    """Wait until another connection waits for a lock of this one's."""
    statement = text(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )
    wait_until(lambda: bool(conn.execute(statement).scalar_one()), lambda: "nobody waits for the lock")
