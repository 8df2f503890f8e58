"""Live cases on the map: those that a person may see, as vector tiles."""

from __future__ import annotations

from typing import Any

from engine.actors import Actor, scope
from engine.store import cases
from engine.store.unit_of_work import UnitOfWork
from gis.tiles import Tile, encoded
from handlers.store import case_places
from handlers.store.case_places import LIGHTS, Wanted

#: From this zoom on cases are shown one by one; farther away how many there are in each square.
ONE_BY_ONE = 13
#: A tile with more cases than this says how many there are in each square, however near it is.
MOST = 1000
#: Into how many squares the side of a tile is divided.
SQUARES = 8


def tile(uow: UnitOfWork, actor: Actor, wanted_tile: Tile, wanted: Wanted) -> bytes:
    """The open cases of a tile that an actor may see by their roles: those that the list of cases shows them.

    The layer ``case`` has one point for each case: ``id``, ``number``, ``stage``, ``light`` (of `LIGHTS`), ``kind`` and
    ``category``. The layer ``count`` has one for each square: ``count`` and the worst ``light``. Empty without any case.
    """
    units = sorted(scope(uow, actor).unit_ids)
    if not units:
        return b""
    seen, box = cases.visible(units, units), wanted_tile.box
    if wanted_tile.z >= ONE_BY_ONE:
        found = case_places.in_box(uow.conn, seen, box=box, now=uow.now, wanted=wanted, limit=MOST + 1)
        if len(found) <= MOST:
            return encoded(wanted_tile, {"case": [(row["lon"], row["lat"], _case(row)) for row in found]})
    squares = case_places.in_squares(uow.conn, seen, box=box, across=SQUARES, now=uow.now, wanted=wanted)
    counts = [
        (row["lon"], row["lat"], {"count": row["count"], "light": LIGHTS[row["worst"]]}) for row in squares
    ]
    return encoded(wanted_tile, {"count": counts})


def _case(row: Any) -> dict[str, Any]:
    return {
        "id": row["id"],
        "number": row["number"],
        "stage": row["stage"],
        "light": LIGHTS[row["light"]],
        "kind": row["kind"],
        "category": row["category"],
    }
