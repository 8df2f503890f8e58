"""What a change of a responsibility grid would move: computed before anything is saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from engine.actors import Actor, scope
from engine.store.unit_of_work import UnitOfWork
from gis.areas import Outline
from gis.coordinates import FloatArray
from gis.responsibility import Coverage, Fit, Grid, fit
from handlers import city, nearby
from handlers.layers import ResponsibilityGrid
from handlers.map import grids
from handlers.store import case_places
from handlers.store.case_places import Wanted
from handlers.store.catalogue import Catalogue

#: No preview looks at more open cases than this, or names more of them than `NAMED`.
MOST_CASES = 20_000
NAMED = 50
#: What a change may move, from the largest thing to the smallest.
KINDS = ("community", "cell", "component")


@dataclass(frozen=True, eq=False)
class Draft:
    """A responsibility grid as somebody wants it to be.

    Attributes:
        version: the version that was edited; None for a new grid.
        valid_from: when it begins to hold; None for now.
    """

    grid: ResponsibilityGrid
    version: int | None = None
    valid_from: datetime | None = None


@dataclass(frozen=True)
class Shift:
    """So many things go from one unit to another; None is nobody."""

    before: str | None
    after: str | None
    count: int


@dataclass(frozen=True, eq=False)
class MovedCase:
    """An open case whose place goes to another unit.

    Attributes:
        stays: whether it was dispatched already, and stays where it is.
        seen: whether the actor may open it.
    """

    id: int
    number: str
    lon: float
    lat: float
    before: str | None
    after: str | None
    stays: bool
    seen: bool


@dataclass(frozen=True, eq=False)
class Preview:
    """What a change would move.

    Attributes:
        fit: how the outline lies among its neighbours.
        shifts: what goes from which unit to which, by kind (`KINDS` and ``case``).
        cases: the first of the open cases that the actor may open; all of them are counted, for a number is no secret to who edits.
        more: whether there are more open cases than a preview looks at.
        old: the outline that holds until then; None for a new grid.
    """

    fit: Fit
    shifts: Mapping[str, Sequence[Shift]]
    cases: Sequence[MovedCase]
    more: bool
    old: Outline | None


def preview(uow: UnitOfWork, actor: Actor, draft: Draft) -> Preview:
    """What a draft would move at the instant from which it holds, for things of its profession."""
    at = draft.valid_from or uow.now
    wanted = draft.grid
    rows = [grids.grid_of(row) for row in grids.held(uow, wanted.profession, at)]
    old = next((one for one in rows if one.code == wanted.code), None)
    others = [one for one in rows if one.code != wanted.code]
    changed = Grid(wanted.code, wanted.rank, wanted.unit_code, wanted.outline)
    touched = shapely.union_all([wanted.outline, *([old.outline] if old else [])])
    before, after = Coverage(rows), Coverage([*others, changed])

    shifts: dict[str, Sequence[Shift]] = {}
    for kind in KINDS:
        points = _places(uow, kind, touched)
        shifts[kind] = _counted(_units(before, points), _units(after, points))
    moved, more = _cases(uow, actor, wanted.profession, touched, before, after)
    counted = Counter((one.before, one.after) for one in moved)
    shifts["case"] = [Shift(*pair, count) for pair, count in counted.most_common()]
    ground = city_outline(uow)
    return Preview(
        fit=fit(changed, others, old.outline if old else None, ground),
        shifts=shifts,
        cases=[one for one in moved if one.seen][:NAMED],
        more=more,
        old=old.outline if old else None,
    )


def city_outline(uow: UnitOfWork) -> BaseGeometry:
    """The outline of the city: its districts together."""
    return shapely.union_all(city.layers(uow).tables["district"].polygons)


def _units(coverage: Coverage, points: FloatArray) -> list[str | None]:
    return [one.unit if one else None for one in coverage.at(points)]


def _counted(before: Sequence[str | None], after: Sequence[str | None]) -> list[Shift]:
    pairs = Counter(pair for pair in zip(before, after, strict=True) if pair[0] != pair[1])
    return [Shift(*pair, count) for pair, count in pairs.most_common()]


def _places(uow: UnitOfWork, kind: str, touched: BaseGeometry) -> FloatArray:
    """A point inside of each thing of a kind that touches an outline."""
    shapely.prepare(touched)
    if kind == "component":
        table = nearby.component_table(uow)
        if table is None:
            return np.empty((0, 2))
        points = np.column_stack((table.lons, table.lats))
        return points[_in_box(points, touched.bounds)]
    known = city.layers(uow)
    outlines = known.tables[kind].polygons[known.touching(kind, *touched.bounds)]
    inside = shapely.point_on_surface(outlines[shapely.intersects(touched, outlines)])
    return np.asarray(shapely.get_coordinates(inside), dtype=np.float64)


def _in_box(points: FloatArray, box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    west, south, east, north = box
    across, up = points[:, 0], points[:, 1]
    return np.asarray((across >= west) & (across <= east) & (up >= south) & (up <= north))


def _cases(
    uow: UnitOfWork,
    actor: Actor,
    profession: str,
    touched: BaseGeometry,
    before: Coverage,
    after: Coverage,
) -> tuple[list[MovedCase], bool]:
    """The open cases that would move, the most urgent first, and whether there are more than were looked at."""
    units = scope(uow, actor).unit_ids
    catalogue = city.catalogue(uow)
    found = case_places.in_box(
        uow.conn,
        None,
        box=touched.bounds,
        now=uow.now,
        wanted=Wanted(),
        limit=MOST_CASES + 1,
    )
    rows = [row for row in found[:MOST_CASES] if _profession(catalogue, row) == profession]
    points = np.array([(row["lon"], row["lat"]) for row in rows], dtype=np.float64).reshape(-1, 2)
    units_before, units_after = _units(before, points), _units(after, points)
    moved = [
        MovedCase(
            row["id"],
            row["number"],
            row["lon"],
            row["lat"],
            was,
            becomes,
            stays=row["unit_id"] is not None,
            seen=row["platform_id"] in units or row["unit_id"] in units,
        )
        for row, was, becomes in zip(rows, units_before, units_after, strict=True)
        if was != becomes
    ]
    return moved, len(found) > MOST_CASES


def _profession(catalogue: Catalogue, row: Mapping[str, Any]) -> str:
    """The profession whose unit a case is for, by its category and condition; empty if there is none."""
    category = catalogue.get(row["scheme"], row["kind"], row["category"])
    if category is None:
        return ""
    standard = category.standards.get(row["condition_no"])
    unit_type = catalogue.unit_types.get(standard.unit_type if standard else category.unit_type)
    return unit_type["profession"] if unit_type else ""
