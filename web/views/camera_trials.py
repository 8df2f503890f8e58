"""Trials of a camera's rules on its last hours: begun, followed while they run, and marked."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.actors import Actor
from engine.errors import Conflict
from engine.store.unit_of_work import UnitOfWork
from handlers.cameras import access, trials
from handlers.store import camera_watches
from web.access import for_people
from web.installation import installation
from web.languages import say
from web.rendering import tell

blueprint = Blueprint("camera_trials", __name__, url_prefix="/cameras/<int:camera_id>/trial")


@blueprint.get("")
@for_people
def show(uow: UnitOfWork, actor: Actor, camera_id: int) -> ResponseReturnValue:
    """The last trial as a part of the camera's page, which asks again while it runs."""
    access.camera_to_administer(uow, actor, camera_id)
    return _part(uow, camera_id)


@blueprint.post("")
@for_people
def begin(uow: UnitOfWork, actor: Actor, camera_id: int) -> ResponseReturnValue:
    """Have the rules tried on the stills of the last hours."""
    access.camera_to_administer(uow, actor, camera_id)
    trials.begin(uow, installation().settings, camera_id)
    return _part(uow, camera_id)


@blueprint.post("/mark")
@for_people
def mark(uow: UnitOfWork, actor: Actor, camera_id: int) -> ResponseReturnValue:
    """Say whether what the trial would have told is right."""
    access.camera_to_administer(uow, actor, camera_id)
    number = request.form.get("number", -1, type=int)
    at, answer = request.form.get("at", ""), request.form.get("answer", "")
    try:
        trials.mark(uow, installation().settings, camera_id, number, at, answer, actor.person_id)
    except Conflict as error:
        return _part(uow, camera_id, say(error.args[0]))
    return _part(uow, camera_id)


@blueprint.get("/<name>.jpg")
@for_people
def picture(uow: UnitOfWork, actor: Actor, camera_id: int, name: str) -> ResponseReturnValue:
    """A picture of the last trial."""
    access.camera_to_administer(uow, actor, camera_id)
    response = Response(trials.picture(installation().settings, camera_id, name), mimetype="image/jpeg")
    response.cache_control.private = True
    response.cache_control.no_store = True
    return response


def shown(uow: UnitOfWork, camera_id: int) -> dict[str, Any]:
    """What the part of the page that shows a trial needs."""
    settings = installation().settings
    trial = trials.last(settings, camera_id)
    return {
        "trial": trial,
        "going": trials.goes_on(trial, uow.now),
        "marked": trials.marked(uow, camera_id, trial) if trial else [],
        "rule_titles": {row["key"]: row for row in camera_watches.rules(uow.conn)},
        "zone_rows": {row["key"]: row for row in camera_watches.zones(uow.conn, [camera_id])},
        "instant": trials.when,
        "learned": trials.LEARNED,
    }


def _part(uow: UnitOfWork, camera_id: int, refused: str = "") -> ResponseReturnValue:
    """The part alone for the page's script; the whole page again without it."""
    if "HX-Request" not in request.headers:
        if refused:
            tell(refused, "bad")
        return redirect(url_for("cameras.one", camera_id=camera_id) + "#trial", 303)
    return render_template("parts/trial.html", camera_id=camera_id, refused=refused, **shown(uow, camera_id))
