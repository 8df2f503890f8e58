"""One responsibility grid is drawn or changed: from an instant on it is another, and what was stays readable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from engine.actors import SYSTEM, Actor, unit_tree
from engine.errors import Conflict, Forbidden, Invalid
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from engine.store.units import Unit
from gis.layers.outlines import Bounds, Flaw, canonical, flaws
from handlers import city
from handlers.layers.outlines import city_bounds, same_outline
from handlers.store.drafts import Draft
from handlers.store.layer_changes import lock
from handlers.store.layer_tables import STORED
from handlers.store.validity import holds_at

MAX_CODE, MAX_NAME = 40, 100
MIN_RANK, MAX_RANK = 0, 1000
#: Who says what a unit is responsible for, at the unit itself or at one above it.
EDITORS = ("admin", "supervisor")


@dataclass(frozen=True)
class Saved:
    """What came of saving a responsibility grid.

    Attributes:
        changed: False where it says the same as before, and nothing was written.
        valid_from: since when what holds at the instant of saving holds.
    """

    profession: str
    code: str
    changed: bool
    valid_from: datetime


@dataclass(frozen=True)
class ResponsibilityGrid:
    """What a responsibility grid is to be.

    Attributes:
        profession: as of the unit types of the catalogue.
        code: tells the grids of one profession apart.
        outline: longitude and latitude in WGS-84.
        rank: where grids of one profession overlap, a lower number goes before a higher one.
    """

    profession: str
    code: str
    outline: Polygon | MultiPolygon
    unit_code: str
    name_zh: str
    name_en: str = ""
    rank: int = 0


def save_responsibility(
    uow: UnitOfWork,
    actor: Actor,
    grid: ResponsibilityGrid,
    *,
    valid_from: datetime | None = None,
    seen: datetime | None = None,
) -> Saved:
    """Let a responsibility grid be this from an instant on; it is a new one where the profession has none of the code.

    Args:
        actor: an administrator or a supervisor at the unit or at one above it.
        valid_from: not before now; without one, now.
        seen: since when the row held that the actor looked at: somebody else's change meanwhile is not written over.

    Raises:
        Forbidden: the actor may not, for the unit that was responsible or for the one that is to be.
        Conflict: the grid is not the one that was seen, or changed at this very instant already.
        Invalid: a field does not fit; its ``fields`` name each with the remedy.
    """
    at = valid_from or uow.now
    stored = STORED["responsibility"]
    unit = unit_tree(uow).by_code.get(grid.unit_code)
    outline = canonical(np.array([grid.outline], dtype=object))[0]
    problems = {**_problems(uow, grid, unit), **_outline_problem(outline, city_bounds(uow, uow.now))}
    if at < uow.now:
        problems["valid_from"] = Message("What has been cannot be changed: give a time from now on.")
    if problems or unit is None:
        raise Invalid(Message("The responsibility grid was not saved."), problems)
    _require_editor(uow, actor, unit.id)
    lock(uow.conn, stored.table)
    history = stored.rows_of(uow.conn, profession=grid.profession, code=grid.code)
    held = next((row for row in history if holds_at(row, at)), None)
    if held is not None:
        _require_editor(uow, actor, held["unit_id"])
    if seen is not None and (held is None or held["valid_from"] != seen):
        raise Conflict(Message("Somebody else changed this responsibility grid meanwhile: look at it again."))
    row = {
        "profession": grid.profession,
        "code": grid.code,
        "name_zh": grid.name_zh,
        "name_en": grid.name_en or grid.name_zh,
        "unit_id": unit.id,
        "rank": grid.rank,
        "outline": shapely.to_wkb(outline, byte_order=1),
        "made": False,
    }
    changed = _put(uow, stored.draft(uow.conn), row, at)
    since = at if changed or held is None else held["valid_from"]
    if changed:
        uow.changed(stored.revision)
    return Saved(grid.profession, grid.code, changed, since)


def _put(uow: UnitOfWork, draft: Draft, row: Mapping[str, Any], at: datetime) -> bool:
    draft.add([{**row, "row": 1}])
    draft.compare(at, same_outline)
    if draft.changes(at, ending=None, listed=0).none:
        return False
    if draft.collisions(at, ending=None, listed=1):
        raise Conflict(
            Message("This responsibility grid changed at this very instant already: give a later time.")
        )
    draft.put_in_force(at, ending=None)
    return True


def may_edit(uow: UnitOfWork, actor: Actor, unit_id: int) -> bool:
    """Whether somebody may say what a unit is responsible for."""
    above = [one.id for one in unit_tree(uow).line(unit_id)]
    return actor == SYSTEM or any(actor.has(role, above) for role in EDITORS)


def _require_editor(uow: UnitOfWork, actor: Actor, unit_id: int) -> None:
    if not may_edit(uow, actor, unit_id):
        raise Forbidden(
            Message(
                "Only an administrator or a supervisor of the unit may change what it is responsible for."
            )
        )


def professions(uow: UnitOfWork) -> list[str]:
    """The professions that units of the catalogue have, in order."""
    return sorted({one["profession"] for one in city.catalogue(uow).unit_types.values() if one["profession"]})


def _problems(uow: UnitOfWork, grid: ResponsibilityGrid, unit: Unit | None) -> Mapping[str, str]:
    known, code = professions(uow), grid.code
    found: dict[str, str] = {}
    if grid.profession not in known:
        found["profession"] = Message("Use one of %(known)s.", known=", ".join(known))
    if not (0 < len(code) <= MAX_CODE and code.isprintable() and code == code.strip()):
        found["code"] = Message("Give 1 to %(limit)d characters.", limit=MAX_CODE)
    if unit is None:
        found["unit_code"] = Message("There is no such unit.")
    for field, name in (("name_zh", grid.name_zh), ("name_en", grid.name_en or grid.name_zh)):
        if not (0 < len(name.strip()) <= MAX_NAME and name.isprintable()):
            found[field] = Message("Give 1 to %(limit)d characters.", limit=MAX_NAME)
    if not MIN_RANK <= grid.rank <= MAX_RANK:
        found["rank"] = Message("Give %(low)d to %(high)d.", low=MIN_RANK, high=MAX_RANK)
    return found


def _outline_problem(outline: Any, bounds: Bounds | None) -> Mapping[str, str]:
    flaw = next(flaws(np.array([outline], dtype=object), ("polygon",), bounds), None)
    return {} if flaw is None else {"outline": _sentence(flaw)}


def _sentence(flaw: Flaw) -> Message:
    match flaw.fault:
        case "missing":
            return Message("Draw an outline.")
        case "type":
            return Message("Draw an area, not a line or a point.")
        case "vertices":
            return Message("The outline has too many points: simplify it, or divide it into parts.")
        case "range":
            return Message("The coordinates are no longitudes and latitudes in degrees.")
        case "swapped":
            return Message("Longitude and latitude are exchanged.")
        case "outside":
            return Message("The outline reaches out of the city.")
        case "invalid" if flaw.lon is None or flaw.lat is None:
            return Message("The outline crosses or touches itself.")
        case "invalid":
            return Message(
                "The outline crosses or touches itself at %(lon)s, %(lat)s.",
                lon=f"{flaw.lon:.5f}",
                lat=f"{flaw.lat:.5f}",
            )
