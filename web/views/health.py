"""Whether this process can do its work, for whoever watches over it."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from engine.actors import roles
from engine.store.unit_of_work import UnitOfWork
from web.access import open_to_all

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@open_to_all
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """Answer 200 when the database answers; the error page says 503 when it does not."""
    roles(uow)
    return "ok\n", {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
