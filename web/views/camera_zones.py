"""The zones of a camera: drawn, changed and removed; each change is a new version."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.actors import Actor
from engine.errors import Invalid
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from handlers.cameras import access, registry
from handlers.store import camera_watches
from web.access import for_people
from web.languages import say
from web.rendering import tell
from web.views import cameras
from web.zone_forms import values_of

blueprint = Blueprint("camera_zones", __name__, url_prefix="/cameras/<int:camera_id>/zones")


@blueprint.post("")
@for_people
def save(uow: UnitOfWork, actor: Actor, camera_id: int) -> ResponseReturnValue:
    """Draw a zone, or its next version; what is wrong is said by field, and nothing that was drawn is lost."""
    row = access.camera_to_administer(uow, actor, camera_id)
    try:
        with uow.savepoint():
            values = values_of(request.form)
            _require_new(uow, camera_id, values["key"])
            version = registry.save_zone(uow, camera_id, values, actor.person_id)
    except Invalid as error:
        errors = {name: say(told) for name, told in error.fields.items()}
        refused = {
            "key": request.form.get("key", "")[:40],
            "is_new": "new" in request.form,
            "given": request.form,
            "rules": request.form.getlist("rules"),
            "errors": errors,
        }
        return cameras.render(uow, actor, row, 422, refused)
    tell(_("The zone %(key)s was kept as version %(version)s.", key=values["key"], version=version))
    return redirect(url_for("cameras.one", camera_id=camera_id), 303)


@blueprint.post("/confirm")
@for_people
def confirm(uow: UnitOfWork, actor: Actor, camera_id: int) -> ResponseReturnValue:
    """Say that the zones fit what the camera shows now, though it was moved: each becomes its next version as it is."""
    access.camera_to_administer(uow, actor, camera_id)
    registry.confirm_zones(uow, camera_id, actor.person_id)
    tell(_("As the camera looks now it is right: its watch takes that up within seconds."))
    return redirect(url_for("cameras.one", camera_id=camera_id), 303)


@blueprint.post("/<key>/remove")
@for_people
def remove(uow: UnitOfWork, actor: Actor, camera_id: int, key: str) -> ResponseReturnValue:
    """Remove a zone; its versions stay."""
    access.camera_to_administer(uow, actor, camera_id)
    registry.remove_zone(uow, camera_id, key, actor.person_id)
    tell(_("The zone %(key)s was removed.", key=key))
    return redirect(url_for("cameras.one", camera_id=camera_id), 303)


def _require_new(uow: UnitOfWork, camera_id: int, key: str) -> None:
    """Refuse a new zone with the key of another: it would take its place unasked."""
    zones = camera_watches.zones(uow.conn, [camera_id])
    if "new" in request.form and key in {row["key"] for row in zones}:
        message = Message("There is a zone with this key: choose another key, or open that zone.")
        raise Invalid(message, {"key": message})
