"""Web, worker and scheduler are killed at random instants under load, and after each kill the invariants are counted."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.faults.clients import Ledger, at_work, load_deployed
from tests.faults.conftest import Lengths, Tell
from tests.faults.counts import Auditor
from tests.installation import Installation, wait_until

# So many starts of the program, on a machine that is busy with other tests; the long form takes an hour.
pytestmark = pytest.mark.timeout(4 * 3600)

CLIENTS = 4
PARTS = ("web", "worker", "scheduler")


@dataclass
class Killed:
    """What was killed how often under the clients of a ledger."""

    parts: Counter[str]
    auditor: Auditor
    ledger: Ledger


@pytest.fixture(scope="module")
def killed(installation: Installation, lengths: Lengths, seed: int) -> Iterator[Killed]:
    """The program runs, clients work, and its parts are killed one after the other; then the clients come to their end."""
    (installation.home / "output.log").unlink(missing_ok=True)
    with load_deployed(installation) as attempts, installation.database() as database:
        up = installation.start("up")
        installation.wait_until_up()
        with at_work(installation, database, CLIENTS, "kill") as ledger:
            found = Killed(Counter(), Auditor(database, ledger, attempts), ledger)
            _kill_often(installation, found, lengths.kills, random.Random(seed))
        installation.stop(up)
        yield found


def _kill_often(installation: Installation, found: Killed, times: int, chance: random.Random) -> None:
    instant = threading.Event()
    last: dict[str, int] = {}
    for number in range(times):
        # Some answers later, and then at no particular instant: somewhere in the midst of whatever is under way.
        found.ledger.wait_for(chance.randint(0, 4))
        instant.wait(chance.uniform(0.0, 0.5))
        part = chance.choice(PARTS)
        last[part] = _started(installation, part, last.get(part))
        os.killpg(last[part], signal.SIGKILL)
        found.parts[part] += 1
        try:
            found.auditor.audit()
        except AssertionError as error:
            raise AssertionError(f"after kill {number + 1}, of the {part}: {error}") from error


def _started(installation: Installation, part: str, before: int | None) -> int:
    """The process of a part, as soon as it was started again after it was killed the last time."""
    wait_until(
        lambda: installation.parts().get(part) not in (None, before),
        lambda: f"no {part}\n{installation.output()[-4000:]}",
    )
    return installation.parts()[part]


def test_the_invariants_hold_after_each_kill(killed: Killed, lengths: Lengths, seed: int, tell: Tell) -> None:
    reports, completed = killed.ledger.copy()
    each = ", ".join(f"{killed.parts[part]} {part}" for part in PARTS)
    tell(
        f"kill -9 under load: {killed.parts.total()} kills ({each}; seed {seed}), {killed.auditor.audits} audits, "
        f"{len(reports)} cases, {len(completed)} completions, {killed.ledger.unanswered} requests cut off"
    )

    assert (killed.parts.total(), killed.auditor.audits) == (lengths.kills, lengths.kills)


def test_every_case_comes_to_its_end_once(killed: Killed) -> None:
    killed.auditor.audit_all()

    assert len(killed.ledger.reports) >= CLIENTS
