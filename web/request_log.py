"""One line of the program's log for a request, and the fields by which every other line of the request is found.

A request is named by the identifier that a proxy gave it in ``X-Request-ID``, or one of its own; the answer carries it back. Of the
address only the pattern is told: a follow link is a secret, and what people search for is theirs.
"""

from __future__ import annotations

import re
import secrets
import time

import structlog
from flask import Flask, Response, g, request

from engine import program_log

logger = structlog.get_logger()

HEADER = "X-Request-ID"
_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{8,64}")

#: What is asked for so often that its success is no news.
_QUIET = {"static", "health.alive", "health.ready", "metrics.show"}


def init_app(app: Flask) -> None:
    """Write the log of an application's requests."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.began = time.perf_counter()
    given = request.headers.get(HEADER, "")
    g.request_id = given if _IDENTIFIER.fullmatch(given) else secrets.token_hex(8)
    # A thread serves one request after the other.
    program_log.begin(request=g.request_id, method=request.method, route=_route())
    case_id = (request.view_args or {}).get("case_id")
    if isinstance(case_id, int):
        program_log.note(case_id=case_id)


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    quiet = request.endpoint in _QUIET and response.status_code < 400
    say = logger.debug if quiet else logger.info
    say("request", status=response.status_code, ms=round((time.perf_counter() - g.began) * 1000, 1))
    return response


def _route() -> str:
    return request.url_rule.rule if request.url_rule is not None else "none"
