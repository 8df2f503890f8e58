"""How often somebody may try: sign-in and reports of the public, counted for each address."""

from __future__ import annotations

from ipaddress import ip_address

from flask import request
from flask_limiter import Limiter

from web.installation import installation

SIGN_IN = "10 per minute; 60 per hour"
#: For one login, from wherever.
SIGN_IN_OF_ONE = "30 per hour"
#: Of the map and of addresses, while somebody moves the one and types the other.
LOOK_UPS = "600 per minute"
REPORTS = "10 per minute; 60 per hour"


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


limiter = Limiter(key_func=sender, storage_uri="memory://", headers_enabled=False)
