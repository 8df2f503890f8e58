"""The review of sightings: one after another, answered by a key; and the precision that the answers measure."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from engine import work
from engine.actors import Actor, require_role
from engine.store.unit_of_work import UnitOfWork
from handlers.evidence import keeping, reading
from handlers.sightings import holding, precision, queue
from handlers.store import evidence
from web import categories, submissions
from web.access import for_people
from web.installation import installation
from web.languages import language
from web.rendering import page

blueprint = Blueprint("review", __name__, url_prefix="/review")


@blueprint.get("")
@for_people
def show(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """The page on which sightings are reviewed; its script takes one after another."""
    return page(
        uow,
        "review.html",
        progress=queue.progress(uow, actor),
        held_back=holding.held_back(uow, queue.units_of(actor)),
    )


@blueprint.post("/take")
@for_people
def take(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """The next sighting as a part of the page, taken by the reader; nothing if none waits."""
    besides = [int(one) for one in request.form.getlist("besides") if one.isdecimal() and len(one) < 18]
    found = queue.take(uow, actor, besides)
    if found is None:
        return _done(uow, actor, 204)
    bundle = evidence.of_sighting(uow.conn, found.row["id"])
    told = reading.told(keeping.folder_of(installation().settings, bundle)) if bundle else []
    lasted = found.row["last_at"] - found.row["began_at"]
    body = render_template(
        "parts/review.html",
        found=found,
        row=found.row,
        minutes=max(1, round(lasted / timedelta(minutes=1))),
        told=told,
        key=submissions.new_key(),
        category=categories.name_of(uow, found.row["scheme"], found.row["kind"], found.row["category"]),
        english=language() == "en",
    )
    return Response(body, headers=_counts(uow, actor))


@blueprint.post("/<int:item_id>")
@for_people
def answer(uow: UnitOfWork, actor: Actor, item_id: int) -> ResponseReturnValue:
    """Answer a sighting."""
    queue.units_of(actor)
    reason = request.form.get("reason", "").strip()
    values = {"decision": request.form.get("decision", "")} | ({"reason": reason} if reason else {})
    work.complete(
        uow,
        item_id,
        actor,
        values,
        version=request.form.get("version", type=int),
        submission_key=submissions.sent_key(),
    )
    return _done(uow, actor, 204)


@blueprint.post("/release")
@for_people
def release(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """Give back what the reader took and leaves."""
    queue.units_of(actor)
    items = [int(one) for one in request.form.getlist("item") if one.isdecimal() and len(one) < 18]
    queue.release(uow, actor, items)
    return Response(status=204)


@blueprint.get("/precision")
@for_people
def measured(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """The precision of rules, models and cameras over the last weeks."""
    require_role(actor, *precision.OVERSEERS)
    return page(
        uow,
        "precision.html",
        found=precision.overview(uow, actor),
        days=precision.PERIOD.days,
        enough=precision.ENOUGH,
        sure=precision.SURE,
    )


def _counts(uow: UnitOfWork, actor: Actor) -> dict[str, str]:
    found = queue.progress(uow, actor)
    return {"X-Waiting": str(found.waiting), "X-Hour": str(found.hour), "X-Today": str(found.today)}


def _done(uow: UnitOfWork, actor: Actor, status: int) -> Response:
    return Response(status=status, headers=_counts(uow, actor))
