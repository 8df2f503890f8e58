"""Time stamping: the authority that confirms, by RFC 3161, that a piece of evidence was there at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from engine.receivers import Receiver

_USUAL = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Authority:
    """Whom the program asks for time stamps.

    Attributes:
        url: where it takes requests.
        receiver: its host and port, the only ones that are called; it may lie in a private network, for it is named by whoever runs the program.
        roots: a file with the certificates, in PEM, to which those of its stamps must lead; None where nobody gave any.
    """

    url: str
    receiver: Receiver
    roots: Path | None = None


def read(url: str, roots: str = "") -> Authority:
    """The authority of the settings ``GRIDCASE_TSA_URL`` and ``GRIDCASE_TSA_ROOTS``.

    Raises:
        ValueError: saying which of them cannot be used.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _USUAL[parts.scheme]
    except (ValueError, KeyError):
        raise ValueError(
            f"GRIDCASE_TSA_URL is {url!r}: give an address such as https://tsa.example.org/tsr"
        ) from None
    if not parts.hostname or "@" in parts.netloc or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("GRIDCASE_TSA_URL names a host, and nobody's password")
    if roots and not Path(roots).is_file():
        raise ValueError(f"GRIDCASE_TSA_ROOTS is {roots!r}: there is no such file")
    receiver = Receiver(parts.hostname, port, secret="", private=True)
    return Authority(url, receiver, Path(roots).absolute() if roots else None)
