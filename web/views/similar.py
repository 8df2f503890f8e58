"""Similar cases as the pages show them: to whoever reports the same problem, and to those who may make one case of two.

The public is told no more of a case than a passer-by sees: its photograph in small, how far it is, since when, and how far the work is.
What somebody wrote, and the address of the case, only those see who may see the case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer

from engine.actors import Actor, may_see
from engine.errors import NotFound
from engine.messages import Message
from engine.store import attachments, cases
from engine.store.unit_of_work import UnitOfWork
from handlers import reporting
from handlers.alike import Alike, Spot, under_way
from handlers.reporting import ReportInput
from web import categories, limits
from web.access import open_to_all
from web.people import visitor
from web.views import photos
from web.views.degrees import degrees

blueprint = Blueprint("similar", __name__, url_prefix="/report/similar")

#: So many are shown.
MOST = 5
#: For so long, in seconds, an address of a photograph is good that the public was given.
_GOOD_FOR = 3600


@dataclass(frozen=True)
class Shown:
    """A similar case as a page shows it.

    Attributes:
        metres: how far it is, to the metre.
        photo: the address of its photograph in small; empty where it has none.
        page: the address of the case, for those who may see it; else empty.
        description: what was reported, for the same.
    """

    number: str
    stage: str
    opened_at: datetime
    metres: int
    photo: str
    page: str
    description: str


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
    return render_template("report/similar.html", similar=of_report(uow, given))


@blueprint.get("/photo/<seal>")
@limits.limiter.limit(limits.LOOK_UPS)
@open_to_all
def photo(uow: UnitOfWork, seal: str) -> ResponseReturnValue:
    """The photograph of a suggested case in small, for whoever it was suggested to and while the case is under way."""
    try:
        case_id, sha256 = _serializer().loads(seal, max_age=_GOOD_FOR)
    except BadSignature as error:
        raise NotFound(Message("There is no such photograph.")) from error
    case = cases.read(uow.conn, case_id)
    row = attachments.read(uow.conn, case_id, sha256)
    if case is None or case["status"] != "open" or row is None:
        raise NotFound(Message("There is no such photograph."))
    return photos.send(row, thumbnail=True)


def of_report(uow: UnitOfWork, given: ReportInput) -> list[Shown]:
    """The cases under way that a report may be about, as its sender may see them."""
    found = reporting.similar_to(uow, given, MOST)
    return _shown(uow, visitor(), found)


def of_case(uow: UnitOfWork, actor: Actor, case: Mapping[str, Any]) -> list[Shown]:
    """The other cases under way that may be about the same problem as a case, as an actor may see them."""
    return _shown(uow, actor, under_way(uow, Spot.of(case), MOST))


def _shown(uow: UnitOfWork, actor: Actor, found: Sequence[Alike]) -> list[Shown]:
    return [_one(uow, actor, one) for one in found]


def _one(uow: UnitOfWork, actor: Actor, one: Alike) -> Shown:
    row = {"id": one.id, "platform_id": one.platform_id, "unit_id": one.unit_id}
    seen = may_see(uow, actor, row)
    picture = ""
    if one.photo and seen:
        picture = url_for("photos.thumbnail", case_id=one.id, sha256=one.photo)
    elif one.photo:
        picture = url_for("similar.photo", seal=_serializer().dumps([one.id, one.photo]))
    return Shown(
        number=one.number,
        stage=one.stage,
        opened_at=one.opened_at,
        metres=round(one.metres),
        photo=picture,
        page=url_for("case.show", case_id=one.id) if seen else "",
        description=one.description if seen else "",
    )


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="photographs of similar cases")
