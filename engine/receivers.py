"""Receivers: the hosts to which the program may send, as whoever runs it allows them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from engine.webhook_signature import decode_secret

_HOST = re.compile(
    r"(?P<host>[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:.]+\])(:(?P<port>\d{1,5}))?", re.ASCII
)


@dataclass(frozen=True)
class Receiver:
    """A host to which webhooks may be sent.

    Attributes:
        host: its name or address in small letters, an address of IPv6 without brackets.
        port: the only one; None for those of HTTPS and HTTP.
        secret: with which what is sent to it is signed.
        private: whether it may lie in this machine or in a private network.
    """

    host: str
    port: int | None
    secret: str = field(repr=False)
    private: bool = False

    def covers(self, host: str, port: int) -> bool:
        """Whether it is this host, at a port that is allowed."""
        return host == self.host and (port in (443, 80) if self.port is None else port == self.port)


def read(text: str) -> tuple[Receiver, ...]:
    """The receivers of a setting: ``HOST[:PORT] SECRET [private]``, parted by commas.

    Raises:
        ValueError: saying which entry cannot be used, without its secret.
    """
    return tuple(_read(entry.split()) for entry in text.split(",") if entry.strip())


def _read(parts: list[str]) -> Receiver:
    found = _HOST.fullmatch(parts[0].lower())
    if found is None or (found["port"] is not None and not 0 < int(found["port"]) < 65536):
        raise ValueError(f"{parts[0]!r} is not HOST or HOST:PORT")
    if len(parts) not in (2, 3) or parts[2:] not in ([], ["private"]):
        raise ValueError(
            f"{parts[0]} must be followed by its secret and, if it may be private, by the word private"
        )
    try:
        decode_secret(parts[1])
    except ValueError as error:
        raise ValueError(f"of {parts[0]}, {error}") from None
    port = int(found["port"]) if found["port"] else None
    return Receiver(found["host"].strip("[]"), port, parts[1], parts[2:] == ["private"])
