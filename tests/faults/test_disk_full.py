"""The disk is full in mid-load: everybody is told so, and with room again all goes on, without anybody starting anything."""

from __future__ import annotations

import json
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.errors import Unavailable
from engine.store.database import Database
from tests.faults import late
from tests.faults.clients import REPORT, Ledger, at_work, load_deployed
from tests.faults.conftest import Tell
from tests.faults.counts import Auditor
from tests.installation import Installation, installed, wait_until

pytestmark = pytest.mark.timeout(1800)

CLIENTS = 2
MEGABYTES = 320
FULL = "The disk of the database is full"
SERVER_GONE = "what the parts need cannot be had"


@dataclass
class Filled:
    """What was seen on a disk that was full and had room again."""

    told: str
    up: int | None
    reports: int
    auditor: Auditor
    ledger: Ledger


@contextmanager
def _small_disk() -> Iterator[Path]:
    """A file system in memory that is small; skips where none may be mounted."""
    with tempfile.TemporaryDirectory(prefix="gridcase-disk-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "gridcase-test", folder]
        try:
            done = subprocess.run(mount, capture_output=True, text=True, check=False, timeout=60)
        except FileNotFoundError:
            pytest.skip("a small disk cannot be made here: there is no program mount")
        if done.returncode:
            pytest.skip(f"a small disk cannot be made here: {done.stderr.strip()}")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True, timeout=60)


@contextmanager
def _full(disk: Path) -> Iterator[None]:
    """No byte is left on the disk in the block."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    try:
        yield
    finally:
        ballast.unlink()


@pytest.fixture(scope="module")
def filled() -> Iterator[Filled]:
    """The program on a small disk that others fill while clients work, until its database server cannot go on either."""
    with (
        _small_disk() as disk,
        tempfile.TemporaryDirectory(prefix="gridcase-log-") as elsewhere,
        installed(disk) as installation,
        load_deployed(installation) as attempts,
        installation.database() as database,
    ):
        installation.log = Path(elsewhere) / "output.log"
        up = installation.start("up")
        installation.wait_until_up()
        with at_work(installation, database, CLIENTS, "disk") as ledger:
            auditor = Auditor(database, ledger, attempts)
            ledger.wait_for(5)
            auditor.audit()
            token = late.token_for(installation, "shift_leader")
            with _full(disk):
                probe = _report_until_refused(installation, token)
                _crash(database)
                wait_until(lambda: SERVER_GONE in installation.output(), installation.output)
            ledger.wait_for(9)
            database.engine.dispose()
            auditor.audit()
            Auditor(database, probe, attempts).audit()
        yield Filled(installation.output(), up.poll(), len(probe.reports), auditor, ledger)


def _report_until_refused(installation: Installation, token: str) -> Ledger:
    """Report until a row needs a page that the disk has not: gives what was acknowledged before."""
    probe = Ledger()
    while True:
        key = f"probe-{len(probe.reports)}"
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        address = f"{installation.url}/api/v1/reports"
        request = urllib.request.Request(address, json.dumps(REPORT).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:
                probe.reports[key] = json.load(answer)["id"]
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
            return probe


def _crash(database: Database) -> None:
    """Let the server need a new file for what it must not lose: it stops where it gets none."""
    told = FULL
    while told.startswith(FULL):
        try:
            with database.unit_of_work() as uow:
                uow.conn.execute(text("SELECT pg_switch_wal(), txid_current()"))
        except Unavailable as error:
            told = str(error)
    assert "cannot be reached" in told


def test_everybody_is_told(filled: Filled, tell: Tell) -> None:
    reports, completed = filled.ledger.copy()
    tell(
        f"disk full under load: refused after {filled.reports} reports, {filled.ledger.refused[503]} answers 503, the server ended and was started again, "
        f"{filled.auditor.audits} audits, {len(reports)} cases, {len(completed)} completions"
    )

    assert FULL in filled.told
    assert filled.ledger.refused[503] > 0
    assert set(filled.ledger.refused) <= {503, 409}


def test_nothing_has_to_be_started_by_hand(filled: Filled) -> None:
    assert filled.up is None


def test_every_case_comes_to_its_end_once(filled: Filled) -> None:
    filled.auditor.audit_all()

    assert len(filled.ledger.reports) >= CLIENTS
