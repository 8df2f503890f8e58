"""The areas of the city, as a process holds them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import shapely
from shapely import STRtree

from engine.store.unit_of_work import UnitOfWork
from gis.addresses import AddressIndex
from gis.area_table import AreaTable, flat
from gis.areas import Area, Layers
from gis.arrangement import IntArray
from gis.codes import KINDS
from gis.index.areas import AreaIndex
from gis.index.locator import Locator
from gis.names import AreaName
from gis.texts import Arrays
from handlers.holdings import table
from handlers.store import areas, digests


@dataclass(frozen=True, eq=False)
class City:
    """The areas of a city, read once and asked often.

    Attributes:
        tables: those that have an outline, by kind.
        names: of all areas except cells and zones, with an outline or without.
        digest: of everything in them: it changes when they do, and only then.
    """

    tables: Mapping[str, AreaTable]
    names: tuple[AreaName, ...]
    digest: str

    @cached_property
    def layers(self) -> Layers:
        """Those that have an outline."""
        kinds = self.tables
        return Layers(kinds["district"], kinds["street"], kinds["community"], kinds["cell"])

    @property
    def zones(self) -> AreaTable:
        """The development zones."""
        return self.tables["zone"]

    @cached_property
    def areas(self) -> AreaIndex:
        """Finds the areas that hold a point."""
        return AreaIndex(self.layers, self.zones)

    @cached_property
    def locator(self) -> Locator:
        """Finds the areas that hold a point, and knows of nothing else there; see `locator` for what knows everything."""
        return Locator(self.areas)

    @cached_property
    def addresses(self) -> AddressIndex:
        """Finds areas by what somebody types."""
        return AddressIndex(self.names, self.layers)

    @cached_property
    def communities(self) -> Mapping[str, Area]:
        """The communities that have an outline, by code."""
        return {area.code: area for area in self.layers.communities}

    @cached_property
    def named(self) -> Mapping[str, AreaName]:
        """The names of all areas except cells, by code."""
        return {name.code: name for name in self.names}

    @cached_property
    def trees(self) -> dict[str, STRtree]:
        """An index of the outlines of each kind above the cells."""
        return {kind: STRtree(table.polygons) for kind, table in self.tables.items() if kind != "cell"}

    @cached_property
    def drawn(self) -> dict[tuple[str, str, float], dict[str, Any]]:
        """Layers as they were answered before, by kind, code they lie in, and simplification."""
        return {}

    def touching(self, kind: str, west: float, south: float, east: float, north: float) -> IntArray:
        """The places in the table of a kind of those that touch a box in degrees, ascending."""
        if kind == "cell":
            return self.areas.touching_cells(west, south, east, north)
        found = self.trees[kind].query(shapely.box(west, south, east, north), predicate="intersects")
        return np.asarray(np.sort(found))


def read(uow: UnitOfWork, before: City | None) -> City:
    """The areas that hold now; the very same city as before where nothing changed."""
    found = digests.of_areas(uow.conn, uow.now)
    digest = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
    if before is not None and before.digest == digest:
        return before
    tables = {kind: _table(uow, kind, found.get(kind, "")) for kind in areas.KINDS}
    names = [
        AreaName(row["kind"], row["code"], row["name_zh"], row["name_en"], row["parent_code"])
        for row in areas.read(uow.conn, KINDS[:-1], uow.now)
    ]
    return City(tables, tuple(names), digest)


def _table(uow: UnitOfWork, kind: str, digest: str) -> AreaTable:
    def arrays() -> Arrays:
        rows = areas.read(uow.conn, [kind], uow.now)
        return flat(
            kind,
            (
                (row["code"], row["name_zh"], row["name_en"], row["made"], row["outline"])
                for row in rows
                if row["outline"]
            ),
        )

    return table(uow, kind, digest, arrays, partial(AreaTable.stored, kind))
