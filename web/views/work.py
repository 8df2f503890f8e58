"""What a person does with a work item, and the actions that a diagram allows on a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import actions, cases, merging, work
from engine.actors import Actor
from engine.bundles import bundle_of
from engine.errors import Conflict, Invalid, NotFound
from engine.messages import Message
from engine.store import instances
from engine.store.unit_of_work import UnitOfWork
from web import submissions
from web.access import for_people
from web.fields import values_of, written_in
from web.languages import say
from web.lists import listed
from web.rendering import tell
from web.views import case as case_page
from web.views import inbox

blueprint = Blueprint("work", __name__)


@blueprint.post("/work-items/<int:item_id>/claim")
@for_people
def claim(uow: UnitOfWork, actor: Actor, item_id: int) -> ResponseReturnValue:
    """Take a work item."""
    work.claim(uow, item_id, actor)
    return inbox.to(work.read(uow, item_id, actor))


@blueprint.post("/work-items/<int:item_id>/release")
@for_people
def release(uow: UnitOfWork, actor: Actor, item_id: int) -> ResponseReturnValue:
    """Give a work item back to its group."""
    item = work.read(uow, item_id, actor)
    work.release(uow, item_id, actor)
    tell(_("Given back: your group sees it as unclaimed."))
    return inbox.to(item)


@blueprint.post("/work-items/<int:item_id>/hand-on")
@for_people
def hand_on(uow: UnitOfWork, actor: Actor, item_id: int) -> ResponseReturnValue:
    """Hand a work item on to a colleague."""
    item = work.read(uow, item_id, actor)
    to, note = request.form.get("to", 0, type=int), request.form.get("note", "").strip()
    try:
        with uow.savepoint():
            work.hand_on(uow, item_id, actor, to, note)
    except Invalid as error:
        tell(say(error.args[0]), "bad")
        return inbox.to(item)
    tell(_("Handed on."))
    return inbox.to(None)


@blueprint.post("/work-items/<int:item_id>/complete")
@for_people
def complete(uow: UnitOfWork, actor: Actor, item_id: int) -> ResponseReturnValue:
    """Complete a work item, and go on to the next one."""
    item = work.read(uow, item_id, actor)
    row = _instance(uow, item["case_id"])
    bundle = bundle_of(uow, row["bundle_hash"])
    element = bundle.element(row["process_key"], item["element_id"])
    form = bundle.form_of(element)
    values = values_of(form, request.form) if form else {}
    g.written = written_in(form, values) if form else []
    kept: list[Mapping[str, Any]] = []
    try:
        kept = submissions.take_photos(_purpose(item["stage"]))
        with uow.savepoint():
            work.complete(
                uow,
                item_id,
                actor,
                values,
                version=request.form.get("version", type=int),
                submission_key=submissions.sent_key(),
                photos=kept,
            )
    except Invalid as error:
        return _refuse(uow, actor, item["case_id"], f"item:{item_id}", values, error, kept)
    tell(_("Done: %(number)s.", number=item["case_number"]))
    return inbox.to(inbox.behind(uow, actor, item) if listed() else inbox.first(uow, actor))


@blueprint.post("/cases/<int:case_id>/actions/<name>")
@for_people
def act(uow: UnitOfWork, actor: Actor, case_id: int, name: str) -> ResponseReturnValue:
    """Take an action of the diagram on a case."""
    row = _instance(uow, case_id)
    offered = {one.name: one for one in actions.available(uow, row, actor)}
    if name not in offered:
        # Not told apart from a case that the actor may not see.
        cases.visible_case(uow, case_id, actor)
        raise Conflict(Message("This cannot be done with the case as it is now."))
    form = offered[name].form
    values = values_of(form, request.form) if form else {}
    g.written = written_in(form, values) if form else []
    try:
        with uow.savepoint():
            actions.act(uow, case_id, name, actor, values)
    except Invalid as error:
        return _refuse(uow, actor, case_id, f"action:{name}", values, error, [])
    tell(_("Done: %(number)s.", number=row["number"]))
    return redirect(url_for("case.show", case_id=case_id, **listed()), 303)


@blueprint.post("/cases/<int:case_id>/merge/undo")
@for_people
def undo_merge(uow: UnitOfWork, actor: Actor, case_id: int) -> ResponseReturnValue:
    """Undo the merge of a case, and show the page from which that was asked: its own, or that of the other case."""
    merging.undo(uow, case_id, actor)
    tell(_("The merge is undone."))
    shown = request.form.get("shown", case_id, type=int)
    return redirect(url_for("case.show", case_id=shown, **listed()), 303)


def _purpose(stage: str) -> str:
    """What a photograph of a stage shows."""
    return {"verifying": "verify", "checking": "check", "handling": "handle"}.get(stage, "report")


def _instance(uow: UnitOfWork, case_id: int) -> Mapping[str, Any]:
    row = instances.of_case(uow.conn, case_id)
    if row is None:
        raise NotFound(Message("There is no case %(id)s that you may see.", id=case_id))
    return row


def _refuse(
    uow: UnitOfWork,
    actor: Actor,
    case_id: int,
    part: str,
    values: Mapping[str, Any],
    error: Invalid,
    kept: list[Mapping[str, Any]],
) -> ResponseReturnValue:
    errors = {name: say(message) for name, message in error.fields.items()}
    refusal = case_page.Refusal(part, say(error.args[0]), values, errors, kept)
    return case_page.render(uow, actor, case_id, 422, refusal)
