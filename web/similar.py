"""Similar cases as pages and programs are shown them: to whoever reports the same problem, and to those who may make one case of two.

The public is told no more of a case than a passer-by sees: its photograph in small, how far it is, since when, and how far the work is.
What somebody wrote, and the address of the case, only those see who may see the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer

from engine.actors import Actor, may_see
from engine.store.unit_of_work import UnitOfWork
from handlers import reporting
from handlers.alike import Alike, Spot, under_way
from handlers.reporting import ReportInput

#: So many are shown.
MOST = 5
#: For so long, in seconds, an address of a photograph is good that a stranger was given.
GOOD_FOR = 3600


@dataclass(frozen=True)
class Shown:
    """A similar case as somebody may see it.

    Attributes:
        metres: how far it is.
        photo: the address of its photograph in small; empty where it has none.
        page: the address of the case, for those who may see it; else empty.
        description: what was reported, for the same.
    """

    number: str
    stage: str
    opened_at: datetime
    metres: float
    photo: str
    page: str
    description: str


def of_report(uow: UnitOfWork, actor: Actor, given: ReportInput, *, outside: bool = False) -> list[Shown]:
    """The cases under way that a report may be about, as its sender may see them.

    Args:
        outside: whether the addresses are for a program that is not signed in to the pages.
    """
    found = reporting.similar_to(uow, given, MOST)
    return [_shown(uow, actor, one, outside=outside) for one in found]


def of_case(uow: UnitOfWork, actor: Actor, case: Mapping[str, Any]) -> list[Shown]:
    """The other cases under way that may be about the same problem as a case, as an actor may see them."""
    return [_shown(uow, actor, one) for one in under_way(uow, Spot.of(case), MOST)]


def seal(case_id: int, sha256: str) -> str:
    """A photograph of a case as text that only this program can make."""
    return _serializer().dumps([case_id, sha256])


def unseal(text: str) -> tuple[int, str] | None:
    """The case and the content hash of what `seal` made within the last hour; None for anything else."""
    try:
        case_id, sha256 = _serializer().loads(text, max_age=GOOD_FOR)
    except BadSignature:
        return None
    return int(case_id), str(sha256)


def _shown(uow: UnitOfWork, actor: Actor, one: Alike, *, outside: bool = False) -> Shown:
    seen = may_see(uow, actor, {"id": one.id, "platform_id": one.platform_id, "unit_id": one.unit_id})
    photo = ""
    if one.photo and seen and not outside:
        photo = url_for("photos.thumbnail", case_id=one.id, sha256=one.photo)
    elif one.photo:
        photo = url_for("similar.photo", sealed=seal(one.id, one.photo), _external=outside)
    return Shown(
        number=one.number,
        stage=one.stage,
        opened_at=one.opened_at,
        metres=round(one.metres, 1),
        photo=photo,
        page=url_for("case.show", case_id=one.id, _external=outside) if seen else "",
        description=one.description if seen else "",
    )


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="photographs of similar cases")
