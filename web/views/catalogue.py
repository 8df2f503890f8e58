"""The catalogue where a form asks for a part of it."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine.actors import Actor
from engine.store.unit_of_work import UnitOfWork
from handlers.reporting import SCHEME
from web import categories
from web.access import for_people
from web.fields import conditions_of

blueprint = Blueprint("catalogue", __name__)


@blueprint.get("/catalogue/conditions")
@for_people
def conditions(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """The filing conditions of a category (``kind:code``) as options of a list."""
    kind, code = categories.split(request.args.get("category", ""))
    return render_template("parts/conditions.html", choices=conditions_of(uow, SCHEME, kind, code))
