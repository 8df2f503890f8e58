"""Whether this process lives, and whether the installation can do its work, for whoever watches over it."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from engine import readiness
from web.access import for_watchers
from web.installation import installation

blueprint = Blueprint("health", __name__)

_PLAIN = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


@blueprint.get("/healthz")
@for_watchers
def alive() -> ResponseReturnValue:
    """Answer 200: the process answers. It asks nothing of anybody else, for starting it again mends nothing there."""
    return "ok\n", _PLAIN


@blueprint.get("/readyz")
@for_watchers
def ready() -> ResponseReturnValue:
    """Answer 200 when the installation can work, 503 with the reasons when it cannot."""
    problems = readiness.problems(installation().database)
    if problems:
        return "".join(f"{problem}\n" for problem in problems), 503, _PLAIN
    return "ok\n", _PLAIN
