"""The page of dispatch: what is automatic for each category, how much of it is right, and from where on it is."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.actors import Actor
from engine.errors import Invalid
from engine.messages import Message
from engine.reasons import MAX_REASON, check_reason
from engine.store.unit_of_work import UnitOfWork
from handlers.dispatch.figures import PERIOD, overview
from handlers.dispatch.learning import models
from handlers.dispatch.thresholds import EVERY, Key, Threshold, may_set, set_threshold
from handlers.reporting import SCHEME
from web import categories
from web.access import for_people
from web.languages import say
from web.rendering import page, tell

blueprint = Blueprint("dispatch", __name__)


@blueprint.get("/dispatch")
@for_people
def show(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """The figures of the reader's platforms, and the thresholds."""
    return page(
        uow,
        "dispatch.html",
        found=overview(uow, actor),
        days=PERIOD.days,
        models=models.models(uow),
        uses=models.uses(uow),
        most=MAX_REASON,
        may_set=may_set(uow, actor),
        name_of=lambda key: categories.name_of(uow, *key),
        groups=categories.groups(uow, SCHEME),
    )


@blueprint.post("/dispatch/thresholds")
@for_people
def set_one(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """Set the threshold of a category or of all others; with ``remove``, let it have that of all again."""
    try:
        key = _key(request.form.get("category", ""))
        threshold = None if request.form.get("remove") else _threshold()
        with uow.savepoint():
            set_threshold(uow, actor, key, threshold)
        tell(_("It holds from now on: new cases are dispatched by it."))
    except Invalid as error:
        tell(say(next(iter(error.fields.values()), error.args[0])), "bad")
    return redirect(url_for("dispatch.show"), 303)


@blueprint.post("/dispatch/models/<int:model_id>/use")
@for_people
def use_model(uow: UnitOfWork, actor: Actor, model_id: int) -> ResponseReturnValue:
    """Let an earlier model propose, or the newest again; with ``held``, until somebody chooses another."""
    reason = request.form.get("reason", "")[: MAX_REASON + 1]
    try:
        check_reason(reason)
        with uow.savepoint():
            models.use(uow, actor, model_id, reason, held=bool(request.form.get("held")))
        tell(_("Model %(model)s proposes from now on.", model=model_id))
    except Invalid as error:
        tell(say(next(iter(error.fields.values()), error.args[0])), "bad")
    return redirect(url_for("dispatch.show"), 303)


def _key(text: str) -> Key:
    if text == "*":
        return EVERY
    kind, code = categories.split(text)
    return SCHEME, kind, code


def _threshold() -> Threshold:
    text = request.form.get("threshold", "").strip().rstrip("%").strip()
    try:
        probability = float(text) / 100 if text else None
    except ValueError as error:
        message = Message("Give a share above 0 and at most 100 %, or leave it empty.")
        raise Invalid(message, {"threshold": message}) from error
    return Threshold(probability, bool(request.form.get("table_certain")))
