"""Where a request comes from, and how often somebody may try: sign-in and reports of the public, counted for each address."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import request
from flask_limiter import Limiter

from web.installation import installation

SIGN_IN = "10 per minute; 60 per hour"
#: For one login, from wherever.
SIGN_IN_OF_ONE = "30 per hour"
#: Of the map and of addresses, while somebody moves the one and types the other.
LOOK_UPS = "600 per minute"
REPORTS = "10 per minute; 60 per hour"

_THIS_MACHINE = {"127.0.0.1", "::1", "localhost"}
_OF_PROXIES = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")


def sender() -> str:
    """The address that a request came from: the one of the connection, or what the city's own proxies say it was.

    Each proxy adds the address that it was called from at the end; what stands before that is the sender's own invention.
    """
    address = request.remote_addr or "unknown"
    proxies = installation().settings.proxies
    if not proxies:
        return address
    told = ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
    try:
        return str(ip_address(told[-proxies].strip()))
    except (IndexError, ValueError):
        return address


def for_this_machine() -> bool:
    """Whether a request names this machine itself and says nothing of a proxy, which would ask for others."""
    named = urlsplit(f"//{request.host}").hostname
    return named in _THIS_MACHINE and not any(name in request.headers for name in _OF_PROXIES)


limiter = Limiter(key_func=sender, storage_uri="memory://", headers_enabled=False)
