"""Where the program may look for pictures: the networks of the cameras, and nothing else.

An address of a camera is typed by somebody, and what answers there may point elsewhere by a redirect or a playlist. Without
bounds, either would let the outside reach what only this machine can (OWASP: server-side request forgery).
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from vision.errors import VisionError
from vision.sources.trouble import SourceTrouble

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SCHEMES = frozenset({"http", "https", "rtsp", "rtsps"})

# getaddrinfo has no bound of its own on time.
_resolving = ThreadPoolExecutor(8, "resolve")


@dataclass(frozen=True)
class Allowed:
    """The allow-list; as it is made without arguments, it allows nothing.

    Attributes:
        networks: every address of a host must lie in one of them. Loopback and link-local addresses (the latter are those of the
            clouds' metadata) count only where a network of that kind is named, never as a part of ``0.0.0.0/0``.
        schemes: of http, https, rtsp, rtsps.
        ports: empty allows every port.
        folder: under which file sources lie; None allows none.
    """

    networks: tuple[Network, ...] = ()
    schemes: frozenset[str] = _SCHEMES
    ports: frozenset[int] = frozenset()
    folder: Path | None = None

    @classmethod
    def of(
        cls,
        networks: str | Iterable[str] = (),
        schemes: str | Iterable[str] = _SCHEMES,
        ports: str | Iterable[str | int] = (),
        folder: Path | None = None,
    ) -> Allowed:
        """An allow-list of texts, each a list or one text parted by blanks and commas.

        Raises:
            VisionError: the field ``networks``, ``schemes`` or ``ports`` is wrong.
        """
        try:
            nets = tuple(ip_network(text) for text in _texts(networks))
        except ValueError as error:
            raise VisionError(
                "Write networks as 10.20.0.0/16: %(error)s.", field="networks", error=error
            ) from None
        names = frozenset(_texts(schemes))
        if not names <= _SCHEMES:
            raise VisionError("Use some of %(known)s.", field="schemes", known=", ".join(sorted(_SCHEMES)))
        numbers = [str(port) for port in _texts(ports)]
        if not all(text.isdecimal() and 0 < int(text) < 65536 for text in numbers):
            raise VisionError("Give ports from 1 to 65535.", field="ports")
        return cls(nets, names, frozenset(map(int, numbers)), folder)

    def addresses(self, scheme: str, host: str, port: int, seconds: float) -> list[Address]:
        """The addresses of a host, resolved once: what is connected to is one of them and no name.

        Args:
            seconds: in which the name must be resolved.

        Raises:
            SourceTrouble: ``forbidden``: the scheme, the port or one of the addresses is not allowed; ``unreachable``: no such
                host; ``too_slow``.
        """
        if scheme not in self.schemes:
            raise SourceTrouble("forbidden", f"the scheme {scheme!r} is not allowed")
        if self.ports and port not in self.ports:
            raise SourceTrouble("forbidden", f"port {port} of {host} is not allowed")
        found = _resolve(host, port, seconds)
        for address in found:
            if not self.permits(address):
                raise SourceTrouble(
                    "forbidden", f"{host} is at {address}, which is in no network that is allowed"
                )
        return found

    def permits(self, address: Address) -> bool:
        """Whether an address lies in one of the networks."""
        plain = getattr(address, "ipv4_mapped", None) or address
        near = plain.is_loopback or plain.is_link_local or plain.is_unspecified or plain.is_multicast
        return any(
            plain.version == network.version
            and plain in network
            and (not near or network.is_loopback or network.is_link_local)
            for network in self.networks
        )

    def path(self, address: str) -> Path:
        """The file or folder of a file source.

        Raises:
            SourceTrouble: ``forbidden``: it is not under the folder; ``unreachable``: it is not there.
        """
        if self.folder is None:
            raise SourceTrouble("forbidden", "no folder is allowed for file sources")
        try:
            folder = self.folder.resolve()
            path = (folder / address).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            raise SourceTrouble("unreachable", f"{address} is not there") from None
        if not path.is_relative_to(folder):
            raise SourceTrouble("forbidden", f"{address} is not under the folder that is allowed")
        return path


def _resolve(host: str, port: int, seconds: float) -> list[Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    asked = _resolving.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        answers = asked.result(max(seconds, 0.01))
    except TooLate:
        # Nobody waits for it any more: while no name server answers, those that wait for a thread would be ever more.
        asked.cancel()
        raise SourceTrouble("too_slow", f"{host} was not resolved in time") from None
    except (OSError, UnicodeError) as error:
        raise SourceTrouble("unreachable", f"{host} has no address: {error}") from None
    return list(dict.fromkeys(ip_address(answer[4][0]) for answer in answers))


def _texts(given: str | Iterable[str | int]) -> list[str]:
    if isinstance(given, str):
        return given.replace(",", " ").split()
    return [str(text) for text in given]
