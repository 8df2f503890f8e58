"""Similar cases on the report page, before anything is sent, and their photographs in small."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from engine.messages import Message
from engine.store import attachments, cases
from engine.store.unit_of_work import UnitOfWork
from handlers.reporting import ReportInput
from web import categories, limits, similar
from web.access import open_to_all
from web.people import visitor
from web.views import photos
from web.views.degrees import degrees

blueprint = Blueprint("similar", __name__, url_prefix="/report/similar")


@blueprint.get("")
@limits.limiter.limit(limits.LOOK_UPS)
@open_to_all
def show(uow: UnitOfWork) -> ResponseReturnValue:
    """The cases that a report of a category at a place may be about, as a part of the report page."""
    kind, code = categories.split(request.args.get("category", ""))
    given = ReportInput(
        channel="citizen",
        kind=kind,
        category=code,
        description="",
        lon=degrees(request.args.get("lon", "")),
        lat=degrees(request.args.get("lat", "")),
        community_code=request.args.get("community_code") or None,
    )
    found = similar.of_report(uow, visitor(), given)
    return render_template("report/similar.html", similar=found, asked="asked" in request.args)


@blueprint.get("/photo/<sealed>")
@limits.limiter.limit(limits.LOOK_UPS)
@open_to_all
def photo(uow: UnitOfWork, sealed: str) -> ResponseReturnValue:
    """The photograph of a suggested case in small, for whoever it was suggested to and while the case is under way."""
    found = similar.unseal(sealed)
    case = cases.read(uow.conn, found[0]) if found else None
    row = attachments.read(uow.conn, *found) if found else None
    if case is None or case["status"] != "open" or row is None:
        raise NotFound(Message("There is no such photograph."))
    return photos.send(row, thumbnail=True)
