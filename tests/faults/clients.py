"""Clients under load: they take reports through their whole life by the API, and keep a ledger of what they were told.

They do as a good client does: each request carries a key of its own, and is sent again until it is answered.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from engine import tokens
from engine.store.database import Database
from tests.installation import Installation

#: A request can be cut off by one fault after the other: a client gives up long after the last of them.
PATIENCE_SECONDS = 240.0

#: Never set: waiting for it is the pause of a client before it asks again.
_AGAIN = threading.Event()

REPORT = {
    "channel": "hotline",
    "kind": "event",
    "category": "0101",
    "description": "rubbish",
    "lon": 108.9453,
    "lat": 34.2702,
}


@dataclass
class Ledger:
    """What the clients were told.

    Attributes:
        reports: the case of each report, by the report's key.
        completed: work items.
        closed: cases that were seen closed.
        refused: how often a request was refused for now, by status.
        unanswered: how many requests were cut off.
        failures: what no client should ever be told.
        over: set when the test failed: nobody needs to wait any more.
    """

    reports: dict[str, int] = field(default_factory=dict)
    completed: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    failures: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def told(self) -> int:
        """How much was acknowledged."""
        return len(self.reports) + len(self.completed)

    def wake(self) -> None:
        """Wake whoever waits for more to be acknowledged."""
        with self.changed:
            self.changed.notify_all()

    def wait_for(self, more: int) -> None:
        """Wait until so much more is acknowledged."""
        with self.changed:
            wanted = self.told + more
            came = self.changed.wait_for(lambda: self.told >= wanted or bool(self.failures), PATIENCE_SECONDS)
        assert came, "nothing is acknowledged any more"

    def copy(self) -> tuple[dict[str, int], list[int]]:
        """What was acknowledged up to now: reports and work items."""
        return dict(self.reports), list(self.completed)


@dataclass
class Client:
    """Takes reports through their whole life, one after the other, until it is told to stop.

    Attributes:
        tokens: one of somebody for each role at each unit.
        reporter: the token with which it reports and looks.
    """

    url: str
    name: str
    tokens: Mapping[tuple[str, int], str]
    reporter: str
    ledger: Ledger
    enough: threading.Event

    def run(self) -> None:
        """Go on until told to stop; the case under way is finished."""
        count = 0
        try:
            while not self.enough.is_set():
                count += 1
                self._case(f"{self.name}-{count}")
        except Exception as error:  # noqa: BLE001 - told in the ledger, which the test reads
            self.ledger.failures.append(repr(error))
            self.ledger.wake()

    def _case(self, key: str) -> None:
        case = self._send("POST", "/reports", self.reporter, REPORT, key)["id"]
        self.ledger.reports[key] = case
        self.ledger.wake()
        until = time.monotonic() + PATIENCE_SECONDS
        while (found := self._send("GET", f"/cases/{case}", self.reporter))["status"] == "open":
            for item in found["work_items"]:
                self._complete(item, key)
            assert not self.ledger.over.is_set(), "the test is over"
            assert time.monotonic() < until, f"case {case} does not go on: {found}"
            _AGAIN.wait(0.0 if found["work_items"] else 0.1)
        self.ledger.closed.append(case)

    def _complete(self, item: Mapping[str, Any], key: str) -> None:
        token = self.tokens[item["role"], item["unit_id"]]
        self._send("POST", f"/work-items/{item['id']}/complete", token, {"values": {}}, f"{key}-{item['id']}")
        self.ledger.completed.append(item["id"])
        self.ledger.wake()

    def _send(self, method: str, path: str, token: str, body: Any = None, key: str = "") -> dict[str, Any]:
        """One request, sent again until there is an answer that stands."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        data = json.dumps(body).encode() if body is not None else None
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=40) as answer:
                    found: dict[str, Any] = json.load(answer)
                return found
            except urllib.error.HTTPError as error:
                said = error.read().decode()
                if not _for_now(error.code, said):
                    raise AssertionError(f"{method} {path}: {error.code} {said}") from error
                self.ledger.refused[error.code] += 1
                _AGAIN.wait(0.2)
            except (OSError, HTTPException) as error:
                self.ledger.unanswered += 1
                if time.monotonic() > until:
                    raise AssertionError(f"no answer to {method} {path}: {error!r}") from error
            assert time.monotonic() < until, f"{method} {path} is refused for ever"
            assert not self.ledger.over.is_set(), "the test is over"
            _AGAIN.wait(0.05)


def _for_now(status: int, said: str) -> bool:
    """Whether a refusal asks to try again: the installation is not ready, or somebody works on the case this moment."""
    return status == 503 or (status == 409 and "holder" not in json.loads(said))


def tokens_of_all(database: Database) -> dict[tuple[str, int], str]:
    """A token of one person for every role at every unit."""
    holders = text(
        "SELECT DISTINCT ON (role, unit_id) role, unit_id, person_id FROM role_grant ORDER BY 1, 2, 3"
    )
    with database.unit_of_work() as uow:
        return {
            (role, unit_id): tokens.issue(uow, person_id, "load", timedelta(days=1))
            for role, unit_id, person_id in uow.conn.execute(holders).all()
        }


@contextmanager
def at_work(installation: Installation, database: Database, count: int, name: str) -> Iterator[Ledger]:
    """So many clients at work on an installation in the block; at its end they finish the cases that they have.

    Args:
        database: of the installation.
        name: of these clients: what they report is told apart from what others do by it.
    """
    held = tokens_of_all(database)
    with database.unit_of_work() as uow:
        statement = text("SELECT id FROM unit WHERE area_code = '610102' AND is_platform")
        unit = uow.conn.execute(statement).scalar_one()
    ledger, enough = Ledger(), threading.Event()
    clients = [
        Client(installation.url, f"{name}-{number}", held, held["shift_leader", unit], ledger, enough)
        for number in range(count)
    ]
    threads = [threading.Thread(target=client.run) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield ledger
    except BaseException:
        ledger.over.set()
        raise
    finally:
        enough.set()
        for thread in threads:
            thread.join(2 * PATIENCE_SECONDS)


#: A package from elsewhere with the background tasks of these tests, and the process that clients take cases through.
FOREIGN, LOAD = Path(__file__).parent / "foreign", Path(__file__).parent / "load"


@contextmanager
def load_deployed(installation: Installation) -> Iterator[Path]:
    """The process of the load on an installation, for what is started in the block; gives the file of its task's attempts."""
    # Beside the installation: its disk may be full.
    with (
        tempfile.NamedTemporaryFile(prefix="gridcase-attempts-") as file,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("LOAD_TASK_LEDGER", file.name)
        patch.setenv("PYTHONPATH", str(FOREIGN))
        installation.run("deploy", str(LOAD))
        yield Path(file.name)
