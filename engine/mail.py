"""The mail server of an installation, and to whom it may send."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?P<domain>[A-Za-z0-9.-]{1,253})", re.ASCII)

#: Of each scheme: the port, and whether TLS is begun on it, covers it whole, or is not there.
_SCHEMES = {"smtp": (587, "begun"), "smtps": (465, "whole"), "smtp+plain": (25, "none")}


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in.

    Attributes:
        tls: ``begun`` (STARTTLS), ``whole`` or ``none``.
        sender: the address from which it comes.
        domains: to whose addresses it may go.
    """

    host: str
    port: int
    tls: str
    user: str
    password: str = field(repr=False)
    sender: str
    domains: frozenset[str]

    def allows(self, address: str) -> bool:
        """Whether mail may go to an address."""
        found = _ADDRESS.fullmatch(address)
        return found is not None and found["domain"].lower() in self.domains


def read(url: str, sender: str, domains: str) -> MailServer:
    """The mail server of the settings.

    Raises:
        ValueError: with the name of the variable that cannot be used, and why.
    """
    try:
        parts = urlsplit(url)
        port, tls = _SCHEMES[parts.scheme]
        port = parts.port or port
    except (ValueError, KeyError):
        parts = urlsplit("")
    if not parts.hostname:
        # It may hold a password, and is not repeated.
        raise ValueError(
            "GRIDCASE_SMTP_URL must be smtp://user:password@host (STARTTLS), smtps:// (TLS) or smtp+plain:// (neither)"
        )
    if not _ADDRESS.fullmatch(sender):
        raise ValueError(f"GRIDCASE_MAIL_FROM is {sender!r}: give the address from which mail comes")
    allowed = frozenset(one.strip().lower() for one in domains.split(",") if one.strip())
    if not allowed:
        raise ValueError("GRIDCASE_MAIL_DOMAINS is empty: name the domains to which mail may go")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(parts.hostname, port, tls, user, password, sender, allowed)
