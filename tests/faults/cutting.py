"""A proxy between the program and PostgreSQL that cuts a connection in mid-commit."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: The message of the protocol (a simple query) with which psycopg commits.
COMMIT = b"Q" + (len(b"COMMIT\x00") + 4).to_bytes(4, "big") + b"COMMIT\x00"

#: By how much a server hears of a commit too late.
LATE_SECONDS = 0.05

SOCKET = ".s.PGSQL.5432"


class Cutter:
    """Passes all on to a server, until it is told to cut the next commit.

    Args:
        server: the server's socket.

    Attributes:
        folder: of the socket on which it listens.
        cuts: how many commits were cut, by when.
    """

    def __init__(self, server: str, folder: Path) -> None:
        self.folder = folder
        self.cuts = {"before": 0, "after": 0, "late": 0}
        self._server = server
        self._next: tuple[str, int] | None = None
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / SOCKET))
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, when: str, passing: int = 0) -> None:
        """Let so many commits pass, and cut the next.

        Args:
            when: ``before`` the server hears of it; ``after`` it heard of it and before its answer is heard; ``late``: so that it
                hears of it when the client has long given up, and perhaps asked again.
        """
        self._next = when, passing

    def _cut_now(self) -> str | None:
        """How the commit that comes now is cut; None if it passes."""
        if self._next is None:
            return None
        when, passing = self._next
        self._next = (when, passing - 1) if passing else None
        return None if passing else when

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            threading.Thread(target=self._answers, args=(server, client), daemon=True).start()
            threading.Thread(target=self._questions, args=(client, server), daemon=True).start()

    def _questions(self, client: socket.socket, server: socket.socket) -> None:
        while data := _received(client):
            # A commit is a message of its own: psycopg waits for what came before it.
            when = self._cut_now() if data == COMMIT else None
            if when is not None:
                self.cuts[when] += 1
                # From here on nothing reaches the client any more.
                client.shutdown(socket.SHUT_RDWR)
            if when == "late":
                threading.Event().wait(LATE_SECONDS)
            if when != "before":
                _sent(server, data)
        _shut(server, socket.SHUT_WR)

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        """What the server says, to its end: a commit of which nobody hears is done by then."""
        while data := _received(server):
            _sent(client, data)
        _shut(client, socket.SHUT_RDWR)
        server.close()
        client.close()


def _received(one: socket.socket) -> bytes:
    try:
        return one.recv(1 << 16)
    except OSError:
        return b""


def _sent(one: socket.socket, data: bytes) -> None:
    try:
        one.sendall(data)
    except OSError:
        return


def _shut(one: socket.socket, how: int) -> None:
    try:
        one.shutdown(how)
    except OSError:
        return


@contextmanager
def cutter(url: str) -> Iterator[tuple[Cutter, str]]:
    """A proxy before the server of an SQLAlchemy URL with the folder of a socket, and the URL that goes through it."""
    head, _, server = url.partition("?host=")
    with tempfile.TemporaryDirectory(prefix="gridcase-cut-") as folder:
        one = Cutter(f"{server}/{SOCKET}", Path(folder))
        try:
            yield one, f"{head}?host={folder}"
        finally:
            one.close()
