"""Fetching over HTTP from a camera: bounded in bytes and time, and to nowhere but the networks that are allowed."""

from __future__ import annotations

from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from vision.sources.allowed import Allowed
from vision.sources.limits import Limits
from vision.sources.reach import Deadline, context
from vision.sources.source import PORTS, Source
from vision.sources.transport import Network, Transport
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
        self._network = Network(allowed)
        self._auth = _Either(source.user, source.password) if source.user else None
        self._transport = Transport(self._network, context(source.verify))
        self._http = httpx.Client(
            transport=self._transport,
            headers=_HEADERS,
            follow_redirects=False,
            trust_env=False,
            timeout=limits.seconds,
        )
        # A camera has nothing to remember here, and could send cookies without end.
        self._http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))

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
            except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError):
                # An address that cannot be taken apart is one that nobody checked; it may hold a password, and what is said of it too.
                raise SourceTrouble("forbidden", "an address that cannot be read") from None
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
            if response.has_redirect_location:
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


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)


def _place(address: str) -> str:
    """Host and port of an address, for a message: paths carry tokens."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
