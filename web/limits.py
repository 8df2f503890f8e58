"""How often somebody may try: sign-in and reports of the public, counted for each address."""

from __future__ import annotations

from ipaddress import ip_address

from flask import request
from flask_limiter import Limiter

SIGN_IN = "10 per minute; 60 per hour"
#: For one login, from wherever.
SIGN_IN_OF_ONE = "30 per hour"
#: Of the map and of addresses, while somebody moves the one and types the other.
LOOK_UPS = "600 per minute"
REPORTS = "10 per minute; 60 per hour"


def sender() -> str:
    """The address that a request came from; behind a proxy on this machine, the one that the proxy says."""
    address = request.remote_addr or "unknown"
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        if forwarded and ip_address(address).is_loopback:
            return str(ip_address(forwarded))
    except ValueError:
        return address
    return address


limiter = Limiter(key_func=sender, storage_uri="memory://", headers_enabled=False)
