"""Incidents: where processes stopped by no fault of whoever moved them, for those who look after them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext, ngettext
from flask_babel import gettext as _

from engine import incidents, reroutes
from engine.actors import Actor
from engine.errors import Conflict, Invalid
from engine.store.unit_of_work import UnitOfWork
from web.access import for_people
from web.languages import say
from web.log_lines import element_name
from web.rendering import page, tell

blueprint = Blueprint("incidents", __name__)

PAGE = 50

KINDS: Mapping[str, LazyString] = {
    "effect": lazy_gettext("A background task failed"),
    "advance": lazy_gettext("The process cannot go on with a result"),
    "step": lazy_gettext("A step cannot be taken"),
    "timer": lazy_gettext("A timer cannot fire"),
    "opening": lazy_gettext("A case cannot be opened"),
    "message": lazy_gettext("The process cannot go on with a message"),
    "signal": lazy_gettext("The process cannot go on with a signal"),
}


@blueprint.get("/incidents")
@for_people
def show(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """One page of those that are open, newest first."""
    before = request.args.get("before", type=int)
    found = incidents.listed(uow, actor, limit=PAGE + 1, before=before)
    rows = found[:PAGE]
    following = url_for("incidents.show", before=rows[-1]["id"]) if len(found) > PAGE else None
    return page(
        uow,
        "incidents.html",
        rows=rows,
        kinds=KINDS,
        destinations={row["id"]: _destinations(uow, row) for row in rows},
        before=before,
        following=following,
        most=incidents.MAX_REASON,
    )


@blueprint.post("/incidents/<int:incident_id>/retry")
@for_people
def retry(uow: UnitOfWork, actor: Actor, incident_id: int) -> ResponseReturnValue:
    """Let the process try again; with ``alike``, every process that stopped in the same way."""
    reason = request.form.get("reason", "")
    try:
        if request.form.get("alike"):
            retried, refused = incidents.retry_alike(uow.database, incident_id, actor, reason)
            tell(ngettext("%(num)d incident is tried again.", "%(num)d incidents are tried again.", retried))
            if refused:
                tell(ngettext("%(num)d was refused.", "%(num)d were refused.", refused), "bad")
        elif _retried(uow, actor, incident_id, reason) == "obsolete":
            tell(_("The process waits there no more: the incident is closed."))
        else:
            tell(_("It is tried again."))
    except (Invalid, Conflict) as error:
        tell(say(error.args[0]), "bad")
    return redirect(url_for("incidents.show"), 303)


@blueprint.post("/incidents/<int:incident_id>/move")
@for_people
def move(uow: UnitOfWork, actor: Actor, incident_id: int) -> ResponseReturnValue:
    """Let the case go on at another element."""
    to, reason = request.form.get("to", ""), request.form.get("reason", "")
    try:
        with uow.savepoint():
            reroutes.reroute(uow, incident_id, actor, to, reason)
        tell(_("The case goes on at %(element)s.", element=to))
    except (Invalid, Conflict) as error:
        tell(say(error.args[0]), "bad")
    return redirect(url_for("incidents.show"), 303)


def _destinations(uow: UnitOfWork, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Identifier and name of each element at which a case might go on; none where there is no case."""
    if row["case_id"] is None:
        return []
    found = reroutes.destinations(uow, row)
    return [(one.id, element_name(one)) for one in found if one.id != row["element_id"]]


def _retried(uow: UnitOfWork, actor: Actor, incident_id: int, reason: str) -> str:
    with uow.savepoint():
        return incidents.retry(uow, incident_id, actor, reason)
