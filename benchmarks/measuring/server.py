"""The PostgreSQL of a run: one of its own in a temporary folder, and the processor time of its processes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.store import schema
from engine.store.database import Database
from engine.store.embedded import EmbeddedServer


class Server:
    """A server that is gone with its data when the run ends.

    Attributes:
        home: folder of the installation.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._embedded = EmbeddedServer(home)

    @property
    def url(self) -> str:
        """SQLAlchemy URL of its database."""
        return self._embedded.url

    def start(self) -> None:
        """Start it."""
        self._embedded.start()

    def stop(self) -> None:
        """Stop it, unless another process still holds it."""
        self._embedded.stop()

    def backends(self) -> dict[int, float]:
        """Seconds of processor time so far of each backend that serves a client, by process id."""
        return {pid: _seconds(pid) for pid in self._children() if _serves_client(pid)}

    def _children(self) -> list[int]:
        parent = (self.home / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0]
        listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
        return [int(pid) for pid in listed.split()]


@contextmanager
def server() -> Iterator[Server]:
    """A server with an empty database at the newest schema."""
    with tempfile.TemporaryDirectory(prefix="gridcase-bench-") as home:
        one = Server(Path(home))
        one.start()
        try:
            database = Database(one.url)
            schema.upgrade(database)
            database.close()
            yield one
        finally:
            one.stop()


def _serves_client(pid: int) -> bool:
    try:
        title = Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False
    return title.startswith(b"postgres: gridcase ")


def _seconds(pid: int) -> float:
    """Time on a processor, as the kernel counts it: ``stat`` has the same to a hundredth of a second only."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
