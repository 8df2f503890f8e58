"""Where the open cases lie: those of a box one by one, or how many there are in each square of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Float, and_, case, cast, func, literal, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.sql import ColumnElement

from engine.inbox import SOON
from engine.store import cases
from engine.store.rows import Row, every

Box = tuple[float, float, float, float]

#: How the clock of a case stands, the worst last: its place here is its number in an answer.
LIGHTS = ("none", "paused", "later", "soon", "overdue")


@dataclass(frozen=True)
class Wanted:
    """Which open cases are wanted; empty fields do not filter.

    Attributes:
        stages: codes of stages.
        lights: of `LIGHTS`.
        category: scheme, kind and code.
    """

    stages: Collection[str] = ()
    lights: Collection[str] = ()
    category: tuple[str, str, str] | None = None


def in_box(
    conn: Connection,
    scope: ColumnElement[bool] | None,
    *,
    box: Box,
    now: datetime,
    wanted: Wanted,
    limit: int,
) -> list[Row]:
    """Open cases of a box with their places, those that are due worst first: ``light`` is a number of `LIGHTS`.

    Without a scope, those that nobody in particular sees: to be counted, not shown.
    """
    document = cases.case.c
    light = _light(now)
    statement = (
        select(
            document.id,
            document.number,
            document.stage,
            document.scheme,
            document.kind,
            document.category,
            document.condition_no,
            document.platform_id,
            document.unit_id,
            document.lon,
            document.lat,
            light.label("light"),
        )
        .where(_condition(scope, box, light, wanted))
        .order_by(light.desc(), document.id.desc())
        .limit(limit)
    )
    return every(conn.execute(statement))


def in_squares(
    conn: Connection, scope: ColumnElement[bool], *, box: Box, across: int, now: datetime, wanted: Wanted
) -> list[Row]:
    """How many open cases lie in each square of a box that is `across` squares wide and as many high.

    Each row has ``count``, ``worst`` (a number of `LIGHTS`) and the middle of its cases, ``lon`` and ``lat``.
    """
    west, south, east, north = box
    document = cases.case.c
    light = _light(now)
    column = _step(document.lon, west, east, across)
    row = _step(document.lat, south, north, across)
    statement = (
        select(
            func.count().label("count"),
            func.max(light).label("worst"),
            func.avg(document.lon).label("lon"),
            func.avg(document.lat).label("lat"),
        )
        .where(_condition(scope, box, light, wanted))
        .group_by(column, row)
        .order_by(column, row)
    )
    return every(conn.execute(statement))


def _condition(
    scope: ColumnElement[bool] | None, box: Box, light: ColumnElement[int], wanted: Wanted
) -> ColumnElement[bool]:
    west, south, east, north = box
    document = cases.case.c
    # Half-open, so that a case on the border of two boxes lies in one of them.
    conditions = [
        document.status == "open",
        document.lon >= west,
        document.lon < east,
        document.lat >= south,
        document.lat < north,
    ]
    if scope is not None:
        conditions.append(scope)
    if wanted.stages:
        conditions.append(document.stage.in_(sorted(wanted.stages)))
    if wanted.lights:
        conditions.append(light.in_(sorted(LIGHTS.index(one) for one in wanted.lights)))
    if wanted.category:
        scheme, kind, code = wanted.category
        conditions += [document.scheme == scheme, document.kind == kind, document.category == code]
    return and_(*conditions)


def _light(now: datetime) -> ColumnElement[int]:
    """How the clock of a case stands at an instant, as the list of cases says it."""
    document = cases.case.c
    numbered = {name: literal(number) for number, name in enumerate(LIGHTS)}
    return case(
        (or_(document.due_at.is_(None), document.handled_at.is_not(None)), numbered["none"]),
        (document.pause.is_not(None), numbered["paused"]),
        (document.due_at < now, numbered["overdue"]),
        (func.coalesce(document.yellow_at, document.due_at - SOON) <= now, numbered["soon"]),
        else_=numbered["later"],
    )


def _step(value: ColumnElement[float], low: float, high: float, across: int) -> ColumnElement[int]:
    return func.floor((value - cast(low, Float)) * (across / (high - low)))


def by_ids(conn: Connection, scope: ColumnElement[bool], ids: Collection[int]) -> list[Row]:
    """The documents of some cases, as far as they may be seen, in the order of their numbers."""
    document = cases.case
    statement = select(document).where(scope, document.c.id.in_(sorted(ids)))
    return every(conn.execute(statement.order_by(document.c.number)))
