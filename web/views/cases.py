"""The cases that a person may see, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from engine import cases
from engine.actors import Actor, unit_tree
from engine.store.unit_of_work import UnitOfWork
from web import categories, clocks, labels, times
from web.access import for_people
from web.languages import language
from web.rendering import page

blueprint = Blueprint("cases", __name__)

PAGE = 50


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    id: int
    number: str
    category: str
    address: str
    grid_code: str
    stage: str
    unit: str
    channel: str
    opened_at: datetime
    due: times.Due | None
    urged: int
    supervised: int


@blueprint.get("/cases")
@for_people
def show(uow: UnitOfWork, actor: Actor) -> ResponseReturnValue:
    """One page of the list."""
    text = request.args.get("q", "").strip()[:100]
    status = request.args.get("status", "")
    status = status if status in labels.STATUSES else ""
    period = request.args.get("period", "")
    before = request.args.get("before", type=int)
    found = cases.search(
        uow, actor, text=text, status=status, limit=PAGE + 1, before=before, **_since(uow, period)
    )
    rows = [_row(uow, row) for row in found[:PAGE]]
    following = None
    if len(found) > PAGE:
        following = url_for(
            "cases.show", q=text or None, status=status or None, period=period or None, before=rows[-1].id
        )
    return page(
        uow,
        "cases.html",
        rows=rows,
        text=text,
        state=status,
        period=period,
        before=before,
        following=following,
    )


def _since(uow: UnitOfWork, period: str) -> dict[str, datetime]:
    """The beginning of a period that a figure above the inbox counts."""
    zone = uow.database.time_zone
    if period == "today":
        return {"opened_since": times.day_begins(uow.now, zone)}
    if period == "month":
        return {"closed_since": times.month_begins(uow.now, zone)}
    return {}


def _row(uow: UnitOfWork, case: Mapping[str, Any]) -> Row:
    tree, spoken = unit_tree(uow), language()
    return Row(
        id=case["id"],
        number=case["number"],
        category=categories.name_of(uow, case["scheme"], case["kind"], case["category"]),
        address=case["address"],
        grid_code=case["grid_code"] or "",
        stage=case["stage"],
        unit=tree[case["unit_id"] or case["platform_id"]].name(spoken),
        channel=labels.called(labels.CHANNELS, case["channel"]),
        opened_at=case["opened_at"],
        due=clocks.due_of(case, uow.now),
        urged=case["urged"],
        supervised=case["supervised"],
    )
