"""Crews: who is where, with what work in which order; work handed to another crew, and a crew's own position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.actors import Actor, unit_tree
from engine.errors import Conflict, Invalid, NotFound
from engine.store.unit_of_work import UnitOfWork
from handlers.crews import handing, live, positions
from web import categories, times
from web.access import for_people
from web.languages import language, moment, say
from web.rendering import page, tell

blueprint = Blueprint("crews", __name__)


@dataclass(frozen=True)
class Task:
    """A case in the hands of a crew, as a line.

    Attributes:
        arrival: when the crew is expected there; empty for what it has begun.
        may_move: whether the reader may hand it to another crew.
    """

    case_id: int
    item_id: int
    number: str
    category: str
    address: str
    due: times.Due | None
    arrival: str
    metres: int
    kept: bool
    may_move: bool


@dataclass(frozen=True)
class Card:
    """A crew with its work."""

    crew: live.AtWork
    name: str
    unit: str
    seen: str
    begun: list[Task]
    waiting: list[Task]
    others: list[tuple[str, str]]


@blueprint.get("/crews")
@for_people
def show(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """The crews that a person may see, those with work in hand first; a unit narrows them."""
    found = live.crews(uow, actor)
    unit_id = request.args.get("unit", type=int)
    tree = unit_tree(uow)
    units = sorted({one.unit_id for one in found}, key=lambda one: tree[one].code)
    # Those with work come first: whoever looks here asks who is busy, and with what.
    shown = sorted((one for one in found if unit_id in (None, one.unit_id)), key=lambda one: not one.in_hand)
    return page(
        uow,
        "crews.html",
        cards=cards(uow, actor, shown, found),
        units=[tree[one] for one in units],
        chosen=unit_id,
        on_shift=sum(one.on_shift for one in shown),
        in_hand=sum(one.in_hand for one in shown),
        most=handing.MAX_NOTE,
    )


@blueprint.post("/crews/hand-over")
@for_people
def hand_over(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """Hand the work on a case to another crew, which keeps it."""
    given = request.form
    try:
        with uow.savepoint():
            case_id = given.get("case", 0, type=int)
            handing.hand_over(uow, case_id, actor, given.get("crew", ""), given.get("note", "").strip())
    except (Invalid, Conflict, NotFound) as error:
        tell(say(error.args[0]), "bad")
    else:
        tell(_("Handed over: no plan takes it from this crew."))
    return redirect(url_for("crews.show", unit=given.get("unit", type=int)), 303)


@blueprint.post("/crews/<code>/position")
@for_people
def stand(uow: UnitOfWork, actor: Actor, code: str) -> ResponseReturnValue:
    """Keep where a crew is, as the telephone of one of its people says."""
    given = request.form
    nowhere = float("nan")
    lon, lat = given.get("lon", nowhere, type=float), given.get("lat", nowhere, type=float)
    positions.report(uow, actor, code, lon, lat, "page")
    return "", 204


def cards(uow: UnitOfWork, actor: Actor, shown: list[live.AtWork], known: list[live.AtWork]) -> list[Card]:
    """Crews as the page shows them.

    Args:
        known: those among whom work can be handed over.
    """
    tree = unit_tree(uow)
    return [
        Card(
            crew=one,
            name=_name(one),
            unit=tree[one.unit_id].name(language()),
            seen=_ago(uow.now, one.at),
            begun=[_task(uow, actor, row, begun=True) for row in one.begun],
            waiting=[_task(uow, actor, row) for row in one.waiting],
            others=[
                (other.code, _name(other))
                for other in known
                if other.unit_id == one.unit_id and other.code != one.code
            ],
        )
        for one in shown
    ]


def _name(crew: live.AtWork) -> str:
    return crew.name_en if language() == "en" else crew.name_zh


def _ago(now: datetime, at: datetime | None) -> str:
    return "" if at is None else times.length(now - at)


def _task(uow: UnitOfWork, actor: Actor, row: Mapping[str, Any], *, begun: bool = False) -> Task:
    return Task(
        case_id=row["case_id"],
        item_id=row["item_id"],
        number=row["number"],
        category=categories.name_of(uow, row["scheme"], row["kind"], row["category"]),
        address=row["address"],
        due=None if row["due_at"] is None else times.due(row["due_at"], uow.now),
        arrival="" if begun else moment(row["arrival"])[-5:],
        metres=row["metres"],
        kept=row["kept"],
        may_move=not begun and handing.leads(uow, actor, row["unit_id"]),
    )
