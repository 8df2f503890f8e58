"""The web process is killed at random instants while cases are worked: nothing is lost and nothing is done twice.

Clients do as a good client does: each request carries a key of its own, and is sent again until it is answered. What they were told
is kept in a ledger, and compared with what the database says when all is over.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPException
from typing import Any

import pytest
from sqlalchemy import text

from engine import log, tokens
from tests.installation import Installation

# Twenty starts of the program, on a machine that is busy with other tests.
pytestmark = pytest.mark.timeout(1200)

KILLS = 20
CLIENTS = 4
SEED = 20261123

#: A request can be cut off by one kill after the other: a client gives up long after the last of them.
PATIENCE_SECONDS = 240.0

#: Never set: waiting for it is the pause of a client before it asks again.
AGAIN = threading.Event()
DECISIONS = {
    "handling": "done",
    "checking": "passed",
    "closing": "close",
    "filing": "file",
    "collecting": "accept",
}


@dataclass
class Ledger:
    """What the clients were told."""

    reports: dict[str, int] = field(default_factory=dict)
    completed: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    answers: int = 0
    answered: threading.Condition = field(default_factory=threading.Condition)

    def count(self) -> None:
        """Count one more answer, and wake whoever waits for it."""
        with self.answered:
            self.answers += 1
            self.answered.notify_all()

    def wait_for(self, answers: int) -> None:
        """Wait until there are so many more answers."""
        with self.answered:
            wanted = self.answers + answers
            assert self.answered.wait_for(lambda: self.answers >= wanted or bool(self.failures), 120), (
                "no answers"
            )


@dataclass
class Client:
    """Takes reports through their whole life, one after the other, until it is told to stop."""

    installation: Installation
    number: int
    tokens: dict[tuple[str, int], str]
    leader: str
    ledger: Ledger
    enough: threading.Event

    def run(self) -> None:
        """Go on until told to stop; the case under way is finished."""
        count = 0
        try:
            while not self.enough.is_set():
                count += 1
                self._case(f"client-{self.number}-{count}")
        except Exception as error:
            self.ledger.failures.append(repr(error))
            raise

    def _case(self, key: str) -> None:
        report = {
            "channel": "hotline",
            "kind": "event",
            "category": "0101",
            "description": "rubbish",
            "lon": 108.9453,
            "lat": 34.2702,
        }
        case = self._send("POST", "/reports", self.leader, report, key)["id"]
        self.ledger.reports[key] = case
        while True:
            found = self._send("GET", f"/cases/{case}", self.leader)
            if found["status"] != "open":
                self.ledger.closed.append(case)
                return
            (item,) = found["work_items"]
            token = self.tokens[item["role"], item["unit_id"]]
            values = {"values": {"decision": DECISIONS[item["stage"]]}}
            self._send("POST", f"/work-items/{item['id']}/complete", token, values, f"{key}-{item['id']}")
            self.ledger.completed.append(item["id"])

    def _send(self, method: str, path: str, token: str, body: Any = None, key: str = "") -> dict[str, Any]:
        """One request, sent again until there is an answer."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        data = json.dumps(body).encode() if body is not None else None
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            request = urllib.request.Request(
                f"{self.installation.url}/api/v1{path}", data, headers, method=method
            )
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    found: dict[str, Any] = json.load(answer)
                self.ledger.count()
                return found
            except urllib.error.HTTPError as error:
                raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error
            except (OSError, HTTPException) as error:
                if time.monotonic() > until:
                    raise AssertionError(f"no answer to {method} {path}: {error!r}") from error
                AGAIN.wait(0.05)


def _tokens(installation: Installation) -> dict[tuple[str, int], str]:
    """A token of one person for every role at every unit."""
    holders = text(
        "SELECT DISTINCT ON (role, unit_id) role, unit_id, person_id FROM role_grant ORDER BY 1, 2, 3"
    )
    with installation.database() as database, database.unit_of_work() as uow:
        return {
            (role, unit_id): tokens.issue(uow, person_id, "kill test", timedelta(days=1))
            for role, unit_id, person_id in uow.conn.execute(holders).all()
        }


def _web(installation: Installation) -> int:
    """The web process that the supervisor started last."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", installation.output())
    return int(re.findall(r"started\s+(?=.*part=web).*?pid=(\d+)", plain)[-1])


def _kill_often(installation: Installation, ledger: Ledger) -> None:
    chance = random.Random(SEED)
    for _ in range(KILLS):
        installation.wait_until_up()
        # Some answers later, while the requests of the other clients are somewhere on their way.
        ledger.wait_for(chance.randint(1, 9))
        os.killpg(_web(installation), signal.SIGKILL)
    installation.wait_until_up()


@pytest.fixture(scope="module")
def ledger(installation: Installation) -> Ledger:
    """What clients were told while the web process was killed under them."""
    (installation.home / "output.log").unlink(missing_ok=True)
    held = _tokens(installation)
    up = installation.start("up")
    installation.wait_until_up()
    with installation.database() as database, database.unit_of_work() as uow:
        unit = uow.conn.execute(
            text("SELECT id FROM unit WHERE area_code = '610102' AND is_platform")
        ).scalar_one()
    ledger, enough = Ledger(), threading.Event()
    clients = [
        Client(installation, number, held, held["shift_leader", unit], ledger, enough)
        for number in range(CLIENTS)
    ]
    threads = [threading.Thread(target=client.run) for client in clients]
    for thread in threads:
        thread.start()
    try:
        _kill_often(installation, ledger)
    finally:
        enough.set()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
        installation.stop(up)
    return ledger


def _rows(installation: Installation, statement: str) -> list[Any]:
    with installation.database() as database, database.unit_of_work() as uow:
        return list(uow.conn.execute(text(statement)).all())


def test_every_client_finished_its_cases(ledger: Ledger) -> None:
    assert ledger.failures == []
    assert len(ledger.closed) == len(ledger.reports) >= CLIENTS


def test_no_acknowledged_report_is_lost_or_doubled(ledger: Ledger, installation: Installation) -> None:
    rows = _rows(installation, "SELECT submission_key, case_id FROM report")

    stored = {key.rpartition(":")[2]: case for key, case in rows}
    assert len(rows) == len(stored)
    assert stored == ledger.reports


def test_every_completion_was_done_once(ledger: Ledger, installation: Installation) -> None:
    done = [item for (item,) in _rows(installation, "SELECT id FROM work_item WHERE state = 'done'")]

    assert Counter(ledger.completed) == Counter(done)


def test_the_log_has_one_entry_for_each_completion(ledger: Ledger, installation: Installation) -> None:
    logged = _rows(
        installation,
        "SELECT case_id, element_id, count(*) FROM log_entry WHERE action = 'completed' GROUP BY 1, 2",
    )

    assert {count for _, _, count in logged} == {1}
    assert len(logged) == len(ledger.completed)


def test_no_work_item_is_left_behind(ledger: Ledger, installation: Installation) -> None:
    assert ledger.closed
    assert _rows(installation, "SELECT id FROM work_item WHERE state = 'open'") == []


def test_every_case_is_closed_with_its_process(ledger: Ledger, installation: Installation) -> None:
    states = _rows(
        installation, 'SELECT DISTINCT c.status, i.status FROM "case" c JOIN instance i ON i.case_id = c.id'
    )

    assert ledger.closed
    assert [tuple(state) for state in states] == [("closed", "ended")]


def test_every_log_verifies(ledger: Ledger, installation: Installation) -> None:
    with installation.database() as database, database.unit_of_work() as uow:
        assert list(log.verify(uow)) == []
    assert ledger.closed
