"""The program's own PostgreSQL is for the program alone, and leaves nothing behind."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.errors import ConfigurationError
from engine.store.database import Database
from engine.store.embedded import ROLE, EmbeddedServer


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    # Not in pytest's own folder: each run of pytest closes that to every other user, the server's among them.
    with tempfile.TemporaryDirectory(prefix="gridcase-test-") as folder:
        yield Path(folder)


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedServer]:
    started = EmbeddedServer(home).start()
    yield started
    started.stop()


def test_only_its_owner_reaches_its_socket_and_its_data(server: EmbeddedServer, home: Path) -> None:
    for folder in (_socket(server), home / "postgres"):
        found = folder.stat()
        assert stat.S_IMODE(found.st_mode) == 0o700
        assert found.st_uid == (home / "postgres").stat().st_uid


def test_it_listens_to_no_network_and_asks_the_kernel_who_calls(server: EmbeddedServer, home: Path) -> None:
    database = Database(server.url)

    with database.unit_of_work() as uow:
        listens = uow.conn.execute(text("SHOW listen_addresses")).scalar()
        rules = (
            uow.conn.execute(
                text("SELECT DISTINCT type || ' ' || auth_method FROM pg_hba_file_rules WHERE error IS NULL")
            )
            .scalars()
            .all()
        )
        who = uow.conn.execute(text("SELECT current_user")).scalar()
    database.close()

    assert (listens, list(rules), who) == ("", ["local peer"], ROLE)


def test_a_folder_of_somebody_else_in_the_place_of_its_socket_is_refused(
    home: Path, server: EmbeddedServer
) -> None:
    _socket(server).chmod(0o755)

    with pytest.raises(ConfigurationError, match="open to others"):
        EmbeddedServer(home).start()
    _socket(server).chmod(0o700)


def test_who_leaves_last_leaves_no_folder_behind(home: Path) -> None:
    first, second = EmbeddedServer(home).start(), EmbeddedServer(home).start()

    first.stop()
    between = _socket(second).exists()
    second.stop()

    assert (between, _socket(second).exists()) == (True, False)


def _socket(server: EmbeddedServer) -> Path:
    return Path(server.url.partition("host=")[2])
