"""Watches: who looks at which cameras, and how it fares; a page that keeps itself up to date."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from engine.actors import Actor
from engine.store.unit_of_work import UnitOfWork
from handlers.cameras import access, groups
from web import times
from web.access import for_people
from web.rendering import page

blueprint = Blueprint("camera_watches", __name__, url_prefix="/cameras/watches")


@blueprint.get("")
@for_people
def show(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """The groups of cameras with their watches, those that nobody watches first."""
    access.require_watches(uow, actor)
    found = sorted(groups.overview(uow), key=lambda one: (one.watched, one.number))
    seen = {
        one.number: times.lasted(uow.now - one.row["seen_at"])
        for one in found
        if one.row is not None and one.row["seen_at"] is not None
    }
    return page(uow, "watches.html", groups=found, seen=seen)
