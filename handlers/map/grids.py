"""Responsibility grids on the map: those of a profession as they hold, who may edit them, and their versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import shapely

from engine.actors import Actor, unit_tree
from engine.errors import Forbidden, NotFound
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from gis.areas import single
from gis.responsibility import Grid
from handlers.layers.responsibility import may_edit
from handlers.map import outlines
from handlers.store import grid_versions, layers


def editable_units(uow: UnitOfWork, actor: Actor) -> frozenset[int]:
    """The units whose responsibility grids an actor may edit."""
    return frozenset(unit_id for unit_id in unit_tree(uow).by_id if may_edit(uow, actor, unit_id))


def require_editor(uow: UnitOfWork, actor: Actor, unit_ids: Iterable[int] = ()) -> None:
    """Refuse an actor who may not edit responsibility grids, or not those of these units.

    Raises:
        Forbidden: saying which.
    """
    editable = editable_units(uow, actor)
    if not editable:
        raise Forbidden(Message("Responsibility grids are edited by an administrator or a supervisor."))
    foreign = [unit_tree(uow)[unit_id] for unit_id in unit_ids if unit_id not in editable]
    if foreign:
        raise Forbidden(
            Message(
                "The unit %(unit)s is not one of yours: its own supervisor edits its grids.",
                unit=foreign[0].code,
            )
        )


def held(uow: UnitOfWork, profession: str, at: datetime) -> list[Mapping[str, Any]]:
    """The rows of a profession that hold at an instant."""
    rows = layers.read_responsibility_grids(uow.conn, at)
    return [row for row in rows if row["profession"] == profession]


def grid_of(row: Mapping[str, Any]) -> Grid:
    """A row as far as it decides who answers."""
    outline = single(shapely.get_parts(shapely.from_wkb(bytes(row["outline"]))))
    return Grid(row["code"], row["rank"], row["unit_code"], outline)


def collection(uow: UnitOfWork, profession: str, language: str) -> dict[str, Any]:
    """The grids of a profession that hold now, as GeoJSON with every point that they have."""
    tree = unit_tree(uow)
    features = [
        {
            "type": "Feature",
            "id": row["id"],
            "properties": {
                "code": row["code"],
                "name": row["name_en"] if language == "en" and row["name_en"] else row["name_zh"],
                "unit": tree[row["unit_id"]].name(language),
                "unit_code": row["unit_code"],
                "rank": row["rank"],
                "made": row["made"],
            },
            "geometry": outlines.geometry(shapely.from_wkb(bytes(row["outline"]))),
        }
        for row in held(uow, profession, uow.now)
    ]
    return {"type": "FeatureCollection", "features": features}


def version(uow: UnitOfWork, version_id: int) -> Mapping[str, Any]:
    """One version of a grid.

    Raises:
        NotFound: there is none with this number.
    """
    row = grid_versions.read(uow.conn, version_id)
    if row is None:
        raise NotFound(Message("There is no such version of a responsibility grid."))
    return row


def versions(uow: UnitOfWork, profession: str, code: str) -> list[Mapping[str, Any]]:
    """The versions of a grid, the newest first.

    Raises:
        NotFound: there is no such grid.
    """
    rows = grid_versions.of(uow.conn, profession, code)
    if not rows:
        raise NotFound(Message("There is no such responsibility grid."))
    return list(rows)


def newest(uow: UnitOfWork, profession: str, code: str) -> Mapping[str, Any] | None:
    """The version of a grid that holds last, now or from a later day on; None for a grid that is not there or ended."""
    rows = grid_versions.of(uow.conn, profession, code, limit=1)
    return rows[0] if rows and (rows[0]["valid_to"] is None or rows[0]["valid_to"] > uow.now) else None
