"""PostgreSQL is stopped and started in mid-load: clients are told to come again, nothing ends for good, nothing is lost."""

from __future__ import annotations

import random
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

#: As after a power cut, and as an administrator does it.
MODES = ("immediate", "fast")


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
                    for number in range(lengths.restarts):
                        chance = random.Random(seed + number)
                        ledger.wait_for(chance.randint(1, 9))
                        _restart(host, guest, MODES[number % 2])
                        database.engine.dispose()
                        auditor.audit()
                yield Restarted(lengths.restarts, auditor, ledger, up.poll())
            finally:
                guest.stop_all()


def _restart(host: Installation, guest: Installation, mode: str) -> None:
    """Stop the server, see the program's worker end and start in vain, and start the server again."""
    deaths = _deaths(guest)
    EmbeddedServer(host.home)._control("stop", "-w", "-m", mode)
    # The second death is that of a worker that was started while the server was away.
    wait_until(lambda: _deaths(guest) >= deaths + 2 or not _alive(guest), guest.output)
    threading.Event().wait(0.5)
    again = EmbeddedServer(host.home).start()
    again.stop()


def _deaths(guest: Installation) -> int:
    return guest.output().count("died and starts again")


def _alive(guest: Installation) -> bool:
    return all(process.poll() is None for process in guest._running)


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
