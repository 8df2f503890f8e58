"""Servers on loopback that behave as badly as they are told to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Line:
    """One connection of a server, and what it may do with it."""

    socket: socket.socket
    stopped: threading.Event
    buffer: bytes = b""

    def request(self) -> str:
        """The next request with its headers; empty where the client is gone."""
        while b"\r\n\r\n" not in self.buffer:
            chunk = self.socket.recv(65536)
            if not chunk:
                return ""
            self.buffer += chunk
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return head.decode()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def drip(self, data: bytes, seconds: float = 0.1) -> None:
        """One byte at a time, until the client or the test has enough."""
        for byte in data:
            if self.stopped.wait(seconds):
                return
            self.send(bytes([byte]))

    def stand_still(self) -> None:
        """Say nothing until the test is over."""
        self.stopped.wait()


Talk = Callable[[Line], None]


@dataclass
class Server:
    port: int
    requests: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def serving(talk: Talk) -> Iterator[Server]:
    """A server that treats every connection by `talk`."""
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(listener.getsockname()[1])
        lines: list[Line] = []
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                line = Line(connection, stopped)
                lines.append(line)
                thread = threading.Thread(target=treat, args=(line,), daemon=True)
                threads.append(thread)
                thread.start()

        def treat(line: Line) -> None:
            with contextlib.suppress(OSError), line.socket:
                talk(line)

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield server
        finally:
            stopped.set()
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for line in lines:
                with contextlib.suppress(OSError):
                    line.socket.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


@contextmanager
def pages(answers: dict[str, bytes] | Callable[[str], bytes]) -> Iterator[Server]:
    """An HTTP server: for each path, or request, the bytes that it answers with."""

    def talk(line: Line) -> None:
        while request := line.request():
            server.requests.append(request)
            path = request.split(" ")[1]
            line.send(
                answers.get(path, answer(b"", status="404 Not Found"))
                if isinstance(answers, dict)
                else answers(request)
            )

    with serving(talk) as server:
        yield server


def answer(body: bytes, kind: str = "image/jpeg", status: str = "200 OK", headers: str = "") -> bytes:
    """An answer of HTTP."""
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode()
        + body
    )
