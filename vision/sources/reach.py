"""Reaching a camera: one connection to an address that was checked, with one deadline for all that happens on it."""

from __future__ import annotations

import socket
import ssl
import time
from functools import cache

from vision.sources.allowed import Allowed
from vision.sources.trouble import SourceTrouble


class Deadline:
    """The instant until which something must be done, by a clock that nobody sets."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds that are left, never below zero."""
        return max(self._end - time.monotonic(), 0.0)

    def check(self, doing: str) -> float:
        """Seconds that are left.

        Raises:
            SourceTrouble: ``too_slow``, where none are.
        """
        left = self.left
        if left <= 0:
            raise SourceTrouble("too_slow", f"{doing} took longer than it may")
        return left


def connect(scheme: str, host: str, port: int, allowed: Allowed, deadline: Deadline) -> socket.socket:
    """A TCP connection to a host, whose every address was found to be allowed.

    Raises:
        SourceTrouble: ``forbidden``, ``unreachable``, ``too_slow``.
    """
    addresses = allowed.addresses(scheme, host, port, deadline.left)
    last: OSError | None = None
    for address in addresses[:4]:
        try:
            return socket.create_connection(
                (str(address), port), timeout=deadline.check(f"connecting to {host}")
            )
        except TimeoutError:
            raise SourceTrouble("too_slow", f"{host}:{port} did not answer in time") from None
        except OSError as error:
            last = error
    raise SourceTrouble("unreachable", f"{host}:{port}: {last}")


def secure(plain: socket.socket, host: str, verify: bool, deadline: Deadline) -> socket.socket:
    """The same connection through TLS.

    Raises:
        SourceTrouble: ``refused``: no TLS, or a certificate that is not the host's; ``too_slow``.
    """
    try:
        plain.settimeout(deadline.check("signing in"))
        return context(verify).wrap_socket(plain, server_hostname=host)
    except TimeoutError:
        raise SourceTrouble("too_slow", f"{host} did not finish its TLS handshake") from None
    except (ssl.SSLError, OSError) as error:
        raise SourceTrouble("refused", f"TLS with {host}: {error}") from None


@cache
def context(verify: bool) -> ssl.SSLContext:
    """The settings of TLS: made once, for reading the certificates of the system takes longer than a picture."""
    made = ssl.create_default_context()
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made
