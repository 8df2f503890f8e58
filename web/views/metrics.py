"""Metrics, for a Prometheus on this machine or one that has the token."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from web import metrics
from web.access import for_watchers
from web.installation import installation
from web.limits import for_this_machine

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@for_watchers
def show() -> ResponseReturnValue:
    """All metrics. With GRIDCASE_METRICS_TOKEN set, for whoever has it and nobody else; without, for this machine."""
    if not _admitted():
        abort(403)
    body, media_type = metrics.exposition()
    return body, {"Content-Type": media_type, "Cache-Control": "no-store"}


def _admitted() -> bool:
    token = installation().settings.metrics_token
    if token:
        given = request.authorization
        sent = given.token or "" if given is not None and given.type == "bearer" else ""
        return hmac.compare_digest(sent.encode(), token.encode())
    try:
        return ip_address(request.remote_addr or "").is_loopback and for_this_machine()
    except ValueError:
        return False
