"""Requests to foreign hosts: to allowed ones only, at the address that was looked at, within bounds, and never led on elsewhere."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from engine.receivers import Receiver

#: Of one request from its beginning to its end, in seconds.
TIMEOUT = 20.0
MAX_ANSWER = 64 * 1024
MAX_URL = 2000

#: Ways from IPv6 to addresses of IPv4, whichever those are.
_GATEWAYS = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("2002::/16"))


class RefusedError(Exception):
    """The program does not send there: the next attempt would end alike."""


@dataclass(frozen=True)
class Target:
    """Where a request goes.

    Attributes:
        host: without brackets.
        path: with its query.
    """

    scheme: str
    host: str
    port: int
    path: str
    receiver: Receiver


@dataclass(frozen=True)
class Answer:
    """What came back: the status, and the body if it is no longer than `MAX_ANSWER`."""

    status: int
    body: bytes | None


def target_of(url: str, receivers: Sequence[Receiver]) -> Target:
    """Where a URL leads.

    Raises:
        RefusedError: it is no URL of HTTP, or leads to a host that is not allowed.
    """
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise RefusedError("this is not the URL of a web server")
    try:
        parts = urlsplit(url)
        usual = {"https": 443, "http": 80}[parts.scheme]
        port = parts.port or usual
    except (ValueError, KeyError):
        raise RefusedError("this is not the URL of a web server") from None
    host = parts.hostname or ""
    if not host or "@" in parts.netloc or "\\" in url:
        raise RefusedError("a URL names a host, and nobody's password")
    receiver = next((one for one in receivers if one.covers(host, port)), None)
    if receiver is None:
        raise RefusedError(f"{host}:{port} is not among the hosts of GRIDCASE_WEBHOOK_HOSTS")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, receiver)


def post(target: Target, body: bytes, headers: Mapping[str, str], *, timeout: float = TIMEOUT) -> Answer:
    """Send a request and read the answer; a redirection is an answer like any other.

    Raises:
        RefusedError: the host has a private address, and may not.
        OSError, http.client.HTTPException: it did not answer, or not in time, or not by HTTP.
    """
    with _connected(target, timeout) as connection:
        connection.request("POST", target.path, body, {"User-Agent": "gridcase", **headers})
        answer = connection.getresponse()
        content = answer.read(MAX_ANSWER + 1)
        if answer.length and len(content) <= MAX_ANSWER:
            raise http.client.IncompleteRead(content, answer.length)
    return Answer(answer.status, content if len(content) <= MAX_ANSWER else None)


@contextmanager
def _connected(target: Target, timeout: float) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(target.host, target.port, timeout=timeout)
    plain = socket.create_connection(_address(target), timeout)
    # However slowly an answer drips, the connection ends in time. A copy, for TLS takes the socket over.
    with socket.socket(fileno=os.dup(plain.fileno())) as copy:
        late = threading.Event()
        alarm = threading.Timer(timeout, _shut, [copy, late])
        alarm.start()
        try:
            connection.sock = _secured(plain, target) if target.scheme == "https" else plain
            yield connection
            if late.is_set():
                # An answer without a length ends wherever its connection does.
                raise TimeoutError(f"{target.host} did not answer within {timeout} s")
        finally:
            alarm.cancel()
            alarm.join()
            connection.close()
            plain.close()


def _shut(end: socket.socket, late: threading.Event) -> None:
    late.set()
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        # The other side was quicker.
        return


def _secured(plain: socket.socket, target: Target) -> ssl.SSLSocket:
    return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)


def _address(target: Target) -> tuple[str, int]:
    """The address of a host, looked up once: the one that was looked at is the one that is called."""
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not target.receiver.private:
        for address in addresses:
            if not is_public(address):
                raise RefusedError(
                    f"{target.host} has the private address {address}, and is not marked as private"
                )
    return addresses[0], target.port


def is_public(text: str) -> bool:
    """Whether an address is one of the public network."""
    address: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif any(address in gateway for gateway in _GATEWAYS):
            return False
    return address.is_global and not address.is_multicast
