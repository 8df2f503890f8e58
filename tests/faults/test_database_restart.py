"""PostgreSQL is stopped and started in mid-load: clients are told to come again, nothing ends for good, nothing is lost."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.store.embedded import EmbeddedServer
from tests.faults.clients import Ledger, at_work, load_deployed
from tests.faults.conftest import Lengths, Tell
from tests.faults.counts import Auditor
from tests.installation import Installation, free_port, installed, wait_until

pytestmark = pytest.mark.timeout(3600)

CLIENTS = 3

#: What the supervisor says of a part that found no database.
PUT_OFF = "status=75"


@dataclass
class Restarted:
    """What was seen while the server was stopped and started under the clients of a ledger."""

    restarts: int
    auditor: Auditor
    ledger: Ledger
    up: int | None


@pytest.fixture(scope="module")
def restarted(lengths: Lengths, seed: int) -> Iterator[Restarted]:
    """A program with a database server that is not its own, which stops and starts while clients work."""
    with (
        installed() as host,
        tempfile.TemporaryDirectory(prefix="gridcase-guest-") as home,
        # Held from here: the server stops when this test says so, and never by itself.
        host.database() as database,
    ):
        url = database.url.replace("+psycopg", "")
        guest = Installation(Path(home), free_port(), {"GRIDCASE_DATABASE_URL": url})
        with load_deployed(guest) as attempts:
            up = guest.start("up")
            try:
                guest.wait_until_up()
                with at_work(guest, database, CLIENTS, "restart") as ledger:
                    auditor = Auditor(database, ledger, attempts)
                    chance = random.Random(seed)
                    for number in range(lengths.restarts):
                        ledger.wait_for(chance.randint(1, 9))
                        if number % 2:
                            _maintenance(host, ledger, chance)
                        else:
                            _power_cut(host, guest)
                        database.engine.dispose()
                        auditor.audit()
                yield Restarted(lengths.restarts, auditor, ledger, up.poll())
            finally:
                guest.stop_all()


def _power_cut(host: Installation, guest: Installation) -> None:
    """The server is gone at once, and so is a part of the program, which is started in vain before the server is back."""
    seen = guest.output().count(PUT_OFF)
    EmbeddedServer(host.home)._control("stop", "-w", "-m", "immediate")
    os.killpg(guest.parts()["worker"], signal.SIGKILL)
    wait_until(
        lambda: guest.output().count(PUT_OFF) > seen,
        lambda: f"no part starts again\n{guest.output()[-4000:]}",
    )
    EmbeddedServer(host.home).start().stop()


def _maintenance(host: Installation, ledger: Ledger, chance: random.Random) -> None:
    """An administrator stops the server, which ends every connection, and starts it a moment later."""
    EmbeddedServer(host.home)._control("stop", "-w", "-m", "fast")
    refused = ledger.refused[503]
    wait_until(lambda: ledger.refused[503] > refused, lambda: "no client notices")
    threading.Event().wait(chance.uniform(0.0, 1.0))
    EmbeddedServer(host.home).start().stop()


def test_the_program_outlives_its_database(restarted: Restarted) -> None:
    assert restarted.up is None


def test_clients_are_told_to_come_again(restarted: Restarted, tell: Tell) -> None:
    reports, completed = restarted.ledger.copy()
    tell(
        f"PostgreSQL stopped and started under load: {restarted.restarts} times, {restarted.auditor.audits} audits, "
        f"{len(reports)} cases, {len(completed)} completions, {restarted.ledger.refused[503]} answers 503"
    )

    assert set(restarted.ledger.refused) <= {503, 409}
    assert restarted.ledger.refused[503] > 0


def test_every_case_comes_to_its_end_once(restarted: Restarted) -> None:
    restarted.auditor.audit_all()

    assert len(restarted.ledger.reports) >= CLIENTS
