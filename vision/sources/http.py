"""Fetching over HTTP from a camera: bounded in bytes and time, and to nowhere but the networks that are allowed."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from vision.sources.allowed import Allowed
from vision.sources.limits import Limits
from vision.sources.reach import Deadline, connect, context
from vision.sources.source import PORTS, Source
from vision.sources.trouble import SourceTrouble

_REDIRECTS = 3
_HEADERS = {"user-agent": "gridcase", "accept": "*/*", "accept-encoding": "identity"}


@dataclass(frozen=True)
class Answer:
    """What came: the body, its declared type, and the address at which it was found after redirects."""

    body: bytes
    content_type: str
    address: str


class Client:
    """Fetches for one camera, over one connection that is kept.

    User and password are sent to the host of the source only, wherever it redirects to.
    """

    def __init__(self, source: Source, limits: Limits, allowed: Allowed) -> None:
        self._limits = limits
        self._origin = _origin(source.address)
        self._network = _Network(allowed)
        self._auth = _Either(source.user, source.password) if source.user else None
        self._transport = _Transport(self._network, context(source.verify))
        self._http = httpx.Client(
            transport=self._transport,
            headers=_HEADERS,
            follow_redirects=False,
            trust_env=False,
            timeout=limits.seconds,
        )

    def get(self, address: str, most: int, deadline: Deadline) -> Answer:
        """Fetch.

        Args:
            most: bytes of the body.

        Raises:
            SourceTrouble: of any kind but ``damaged``.
        """
        self._network.deadline = deadline
        for _ in range(_REDIRECTS + 1):
            try:
                answer = self._get(address, most, deadline)
            except (httpx.TimeoutException, httpcore.TimeoutException):
                raise SourceTrouble("too_slow", f"{_place(address)} did not answer in time") from None
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
                raise SourceTrouble("forbidden", f"{address[:200]}: {error}") from None
            except (httpx.HTTPError, httpcore.NetworkError, httpcore.ProtocolError) as error:
                raise SourceTrouble("unreachable", f"{_place(address)}: {error}") from None
            if isinstance(answer, Answer):
                return answer
            address = answer
        raise SourceTrouble("refused", f"{_place(address)} redirects more than {_REDIRECTS} times")

    def close(self) -> None:
        """Give the connection back; the next fetch makes another."""
        self._transport.close()

    def _get(self, address: str, most: int, deadline: Deadline) -> Answer | str:
        """What is there, or the address to which it leads."""
        self._network.begin(address)
        auth = self._auth if _origin(address) == self._origin else None
        with self._http.stream("GET", address, auth=auth, timeout=deadline.check("reading")) as response:
            if response.is_redirect:
                return str(response.url.join(response.headers["location"]))
            if response.status_code != 200:
                raise SourceTrouble("refused", f"{_place(address)} answers {response.status_code}")
            declared = response.headers.get("content-length", "")
            if declared.isdecimal() and int(declared) > most:
                raise SourceTrouble("too_large", f"{_place(address)} sends {declared} bytes, {most} at most")
            content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if content_type == "multipart/x-mixed-replace":
                raise SourceTrouble(
                    "not_a_picture", f"{_place(address)} is a stream without end: name the camera's still"
                )
            body = bytearray()
            for part in response.iter_raw():
                body += part
                if len(body) > most:
                    raise SourceTrouble("too_large", f"{_place(address)} sends more than {most} bytes")
                deadline.check(f"reading from {_place(address)}")
            return Answer(bytes(body), content_type, address)


class _Either(httpx.Auth):
    """Digest where the camera asks for it (RFC 7616), basic where it asks for that (RFC 7617), nothing before it asks."""

    def __init__(self, user: str, password: str) -> None:
        self._basic = httpx.BasicAuth(user, password)
        self._digest = httpx.DigestAuth(user, password)
        self._chosen: httpx.Auth | None = None

    def auth_flow(self, request: httpx.Request) -> Any:
        if self._chosen is not None:
            yield from self._chosen.auth_flow(request)
            return
        response = yield request
        if response.status_code != 401:
            return
        asked = response.headers.get("www-authenticate", "").lower()
        self._chosen = self._digest if "digest" in asked else self._basic
        yield from self._chosen.auth_flow(request)


class _Transport(httpx.BaseTransport):
    """HTTP/1.1 over connections of our own making (`httpx.HTTPTransport` takes none)."""

    def __init__(self, network: _Network, tls: ssl.SSLContext) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            network_backend=network,
            max_connections=2,
            max_keepalive_connections=1,
            keepalive_expiry=60,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
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
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, parts: Any) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        yield from self._parts

    def close(self) -> None:
        self._parts.close()


class _Network(httpcore.NetworkBackend):
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
        return _Stream(connect(self.scheme, host, port, self._allowed, self.deadline), self)


class _Stream(httpcore.NetworkStream):
    def __init__(self, connection: socket.socket, network: _Network) -> None:
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


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)


def _place(address: str) -> str:
    """Host and port of an address, for a message: paths carry tokens."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
