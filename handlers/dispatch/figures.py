"""How well dispatch went: for each category how much was automatic and how much of that was right, and what a threshold would give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from engine.actors import Actor, unit_tree
from engine.errors import Forbidden
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from handlers.dispatch.learning import models
from handlers.dispatch.thresholds import EVERY, ROLES, Key, Threshold, thresholds
from handlers.store import dispatch as stored

#: What is counted: the dispatches decided within this time.
PERIOD = timedelta(days=90)
#: The thresholds for which the curve is told.
STEPS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)


@dataclass(frozen=True)
class Point:
    """What a threshold would have given.

    Attributes:
        covered: the share of dispatches that reach it.
        right: the share of these that went to the unit proposed and were not returned; None where none reach it.
    """

    threshold: float
    covered: float
    right: float | None


@dataclass(frozen=True)
class Figures:
    """What became of the dispatches of a category.

    Attributes:
        dispatched, automatic: how many there were.
        right: how many of the automatic ones were not returned.
        learned: for how many what was learned gave a probability.
        curve: by the probability; empty where nothing was learned.
        measured: the curve of the model in use, on the latest weeks before it came into use; empty without one.
        threshold: of the category itself; None where that of all holds.
    """

    key: Key
    dispatched: int
    automatic: int
    right: int
    learned: int
    curve: tuple[Point, ...]
    measured: tuple[Point, ...]
    threshold: Threshold | None


@dataclass(frozen=True)
class RowFigures:
    """How often a row of the table named the first candidate, and how often this was right."""

    row: int
    named: int
    right: int


@dataclass(frozen=True)
class Overview:
    """All figures of the platforms that somebody looks after.

    Attributes:
        everything: all categories together, with the threshold of those without their own.
        categories: those with dispatches or a threshold, the most frequent first.
        rows: of the table, in their order.
    """

    everything: Figures
    categories: tuple[Figures, ...]
    rows: tuple[RowFigures, ...]


def may_look(actor: Actor) -> bool:
    """Whether somebody may look at the figures of a platform."""
    return any(actor.has(role) for role in ROLES)


def overview(uow: UnitOfWork, actor: Actor) -> Overview:
    """What became of the dispatches of the platforms at and below the actor's posts, within `PERIOD`.

    Raises:
        Forbidden: the actor looks after none.
    """
    if not may_look(actor):
        raise Forbidden(Message("This needs the role %(roles)s.", roles=", ".join(ROLES)))
    tree = unit_tree(uow)
    platforms = {below for role, unit in actor.grants if role in ROLES for below in tree.below(unit)}
    counted = stored.outcomes(uow.conn, sorted(platforms), uow.now - PERIOD)
    known = thresholds(uow)
    by_key: dict[Key, list[Mapping[str, Any]]] = defaultdict(list)
    for row in counted:
        by_key[row["scheme"], row["kind"], row["category"]].append(row)
    keys = sorted(by_key.keys() | known.keys() - {EVERY})
    categories = [_figures(key, by_key[key], known.get(key), _measured(uow, key)) for key in keys]
    return Overview(
        _figures(EVERY, counted, known.get(EVERY, Threshold()), _measured(uow, EVERY)),
        tuple(sorted(categories, key=lambda one: -one.dispatched)),
        _rows(counted),
    )


def _figures(
    key: Key, rows: Sequence[Mapping[str, Any]], threshold: Threshold | None, measured: tuple[Point, ...]
) -> Figures:
    automatic = [row for row in rows if row["how"] != "person"]
    return Figures(
        key,
        dispatched=_sum(rows, "count"),
        automatic=_sum(automatic, "count"),
        right=_sum(automatic, "right"),
        learned=_sum([row for row in rows if row["probability"] is not None], "count"),
        curve=_curve(rows),
        measured=measured,
        threshold=threshold,
    )


def _curve(rows: Sequence[Mapping[str, Any]]) -> tuple[Point, ...]:
    total = _sum(rows, "count")
    likely = [row for row in rows if row["probability"] is not None]
    points = []
    for threshold in STEPS if likely else ():
        reached = [row for row in likely if row["probability"] >= threshold]
        count = _sum(reached, "count")
        right = _sum(reached, "as_proposed") / count if count else None
        points.append(Point(threshold, count / total, right))
    return tuple(points)


def _measured(uow: UnitOfWork, key: Key) -> tuple[Point, ...]:
    """The curve of the model in use at `STEPS`, as far as it reaches."""
    curve = models.curve(uow, *key)
    points = []
    for step in STEPS:
        reached = [one for one in curve if one.threshold >= step]
        if reached:
            points.append(Point(step, reached[-1].coverage, reached[-1].accuracy))
    return tuple(points)


def _rows(counted: Sequence[Mapping[str, Any]]) -> tuple[RowFigures, ...]:
    by_row: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in counted:
        if row["row"] is not None:
            by_row[row["row"]].append(row)
    return tuple(
        RowFigures(number, _sum(rows, "count"), _sum(rows, "as_proposed"))
        for number, rows in sorted(by_row.items())
    )


def _sum(rows: Sequence[Mapping[str, Any]], name: str) -> int:
    return sum(int(row[name]) for row in rows)
