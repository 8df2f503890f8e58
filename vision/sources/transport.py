"""HTTP/1.1 over connections of our own making: to checked addresses only, with one deadline for a whole fetch."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from vision.sources.allowed import Allowed
from vision.sources.reach import Deadline, connect
from vision.sources.trouble import SourceTrouble


class Transport(httpx.BaseTransport):
    """HTTP/1.1 over connections of our own making (`httpx.HTTPTransport` takes none)."""

    def __init__(self, network: Network, tls: ssl.SSLContext) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            network_backend=network,
            max_connections=2,
            max_keepalive_connections=1,
            keepalive_expiry=60,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its body is read from the answer in parts."""
        url = request.url
        given = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        assert isinstance(given.stream, Iterable), "a synchronous pool gives synchronous streams"
        return httpx.Response(
            given.status, headers=given.headers, stream=_Body(given.stream), extensions=given.extensions
        )

    def close(self) -> None:
        """Close the connections; the next request makes another."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, parts: Any) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        yield from self._parts

    def close(self) -> None:
        self._parts.close()


class Network(httpcore.NetworkBackend):
    """Connects where it is allowed only; every read and write, of a header too, ends with the deadline of the whole fetch."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self.deadline = Deadline(0)
        self.scheme = ""

    def begin(self, address: str) -> None:
        """What comes next is for this address.

        Raises:
            SourceTrouble: ``forbidden``, for what is not HTTP or is not allowed.
        """
        self.scheme = urlsplit(address).scheme
        if self.scheme not in ("http", "https") or self.scheme not in self._allowed.schemes:
            raise SourceTrouble("forbidden", f"the scheme {self.scheme[:20]!r} is not allowed")

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to a host, once all its addresses were found to be allowed."""
        return _Stream(connect(self.scheme, host, port, self._allowed, self.deadline), self)


class _Stream(httpcore.NetworkStream):
    def __init__(self, connection: socket.socket, network: Network) -> None:
        self._socket = connection
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._socket.settimeout(self._network.deadline.check("reading"))
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from None
        except OSError as error:
            raise httpcore.ReadError(str(error)) from None

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._socket.settimeout(self._network.deadline.check("writing"))
            self._socket.sendall(buffer)
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from None
        except OSError as error:
            raise httpcore.WriteError(str(error)) from None

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._socket.settimeout(self._network.deadline.check("signing in"))
            return _Stream(
                ssl_context.wrap_socket(self._socket, server_hostname=server_hostname), self._network
            )
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from None
        except OSError as error:
            self.close()
            raise httpcore.ConnectError(str(error)) from None

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return _readable(self._socket)
        return self._socket if info == "socket" else None


def _readable(connection: socket.socket) -> bool:
    """Whether a kept connection was closed, or spoke without being asked: it is not used again."""
    if connection.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))
