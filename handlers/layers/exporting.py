"""A layer is written out as it held at an instant, so that it can be edited elsewhere and imported again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from engine.errors import Invalid
from engine.messages import Message
from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork
from gis.arrangement import Geometries
from gis.errors import GisError
from gis.layers.kinds import kinds
from gis.layers.reference import asked
from gis.layers.writing import write
from handlers.store.layer_changes import allow_time
from handlers.store.layer_tables import STORED

_AT_ONCE = 10_000


def export_layer(uow: UnitOfWork, kind: str, path: Path, at: datetime, crs: str = "wgs84") -> int:
    """Write the rows of a layer that hold at an instant into a file; gives how many there are.

    Args:
        kind: one of `handlers.store.layer_tables.STORED`.
        crs: the reference system of the file: a name of `gis.coordinates.CRS_NAMES`, or a number of EPSG.

    Raises:
        Invalid: the file is there already, or its format cannot hold the layer.
    """
    allow_time(uow.conn)
    names = [column.name for column in kinds()[kind].columns]
    columns, outlines = read_columns(uow, kind, at, names)
    try:
        write(path, kinds()[kind], columns, outlines, asked(crs))
    except GisError as error:
        raise Invalid(Message("%(problem)s", problem=str(error))) from error
    return len(outlines)


def read_columns(
    uow: UnitOfWork, kind: str, at: datetime, names: list[str]
) -> tuple[dict[str, list[Any]], Geometries]:
    """Columns of a layer as it holds at an instant, and its outlines in WGS-84, None where there is none."""
    columns: dict[str, list[Any]] = {name: [] for name in names}
    parts: list[Geometries] = []
    for rows in _batched(STORED[kind].read(uow.conn, at), _AT_ONCE):
        for name in names:
            columns[name] += [row[name] for row in rows]
        if kind == "poi":
            parts.append(shapely.points([(row["lon"], row["lat"]) for row in rows]))
        else:
            stored = np.array([bytes(row["outline"]) or None for row in rows], dtype=object)
            parts.append(shapely.from_wkb(stored))
    found: Geometries = np.concatenate(parts) if parts else np.empty(0, dtype=object)
    return columns, found


def _batched(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while some := list(islice(waiting, size)):
        yield some
