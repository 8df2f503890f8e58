"""What there is besides the areas, as a process holds it: responsibility grids, components, roads and points of interest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import shapely

from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork
from gis.areas import Outline
from gis.index.components import ComponentIndex, ComponentRow, ComponentTable
from gis.index.edited import EditedGrids, Grid
from gis.index.landmarks import LandmarkIndex, LandmarkTable
from gis.index.roads import RoadIndex, RoadTable
from gis.places import Responsible
from gis.plane import Plane
from gis.texts import Arrays
from handlers.holdings import held, table
from handlers.store import digests, layers

Table = TypeVar("Table")
Index = TypeVar("Index")


@dataclass
class OnPlane(Generic[Table, Index]):
    """A layer in which distances are measured, and its index in the plane that was asked for last.

    Attributes:
        table: None for a layer without rows.
        make: makes the index.
    """

    table: Table | None
    make: Callable[[Table, Plane], Index]
    index: tuple[Plane, Index] | None = None

    def on(self, plane: Plane) -> Index | None:
        """Its index in a plane; None for a layer without rows."""
        if self.table is None:
            return None
        if self.index is None or self.index[0] != plane:
            self.index = (plane, self.make(self.table, plane))
        return self.index[1]


def components(uow: UnitOfWork, plane: Plane) -> ComponentIndex | None:
    """Finds components; None where there are none."""
    return _components(uow).on(plane)


def component_table(uow: UnitOfWork) -> ComponentTable | None:
    """The components by the column; None where there are none."""
    return _components(uow).table


def _components(uow: UnitOfWork) -> OnPlane[ComponentTable, ComponentIndex]:
    def read() -> Arrays:
        return ComponentTable.of(map(_component, layers.read_components(uow.conn, uow.now))).arrays()

    return _held(uow, layers.COMPONENTS, read, ComponentTable.stored, ComponentIndex)


def roads(uow: UnitOfWork, plane: Plane) -> RoadIndex | None:
    """Finds roads; None where there are none."""

    def read() -> Arrays:
        rows = layers.read_roads(uow.conn, uow.now)
        return RoadTable.of(
            (row["code"], row["name_zh"], row["name_en"], row["made"], row["outline"]) for row in rows
        ).arrays()

    return _held(uow, layers.ROADS, read, RoadTable.stored, RoadIndex).on(plane)


def landmarks(uow: UnitOfWork, plane: Plane) -> LandmarkIndex | None:
    """Finds points of interest; None where there are none."""

    def read() -> Arrays:
        rows = layers.read_points_of_interest(uow.conn, uow.now)
        return LandmarkTable.of(
            [(row["code"], row["name_zh"], row["name_en"], row["lon"], row["lat"]) for row in rows]
        ).arrays()

    return _held(uow, layers.POINTS_OF_INTEREST, read, LandmarkTable.stored, LandmarkIndex).on(plane)


def grids(uow: UnitOfWork) -> EditedGrids | None:
    """Finds responsibility grids; None where there are none."""
    return held(uow, layers.RESPONSIBILITY_GRIDS, _grids).index or None


def _held(
    uow: UnitOfWork,
    revision: str,
    read: Callable[[], Arrays],
    stored: Callable[[Arrays], Table],
    index: Callable[[Table, Plane], Index],
) -> OnPlane[Table, Index]:
    def make(uow: UnitOfWork, before: OnPlane[Table, Index] | None) -> OnPlane[Table, Index]:
        digest = digests.of_layer(uow.conn, revision, uow.now)
        content = table(uow, revision, digest, read, stored) if digest else None
        return before if before is not None and before.table is content else OnPlane(content, index)

    return held(uow, revision, make)


@dataclass
class _Grids:
    """The index of the responsibility grids, and what of each is in it: its hash by its identifier."""

    index: EditedGrids
    digests: dict[int, str]


def _grids(uow: UnitOfWork, before: _Grids | None) -> _Grids:
    """Those that hold now; what is held already is changed in place, so that one edit reads one grid."""
    found = digests.of_grids(uow.conn, uow.now)
    if before is None:
        return _Grids(EditedGrids(_read_grids(uow, list(found))), found)
    gone = before.digests.keys() - found.keys()
    come = [key for key, digest in found.items() if before.digests.get(key) != digest]
    before.index.change(gone, list(_read_grids(uow, come)))
    before.digests = found
    return before


def _read_grids(uow: UnitOfWork, keys: list[int]) -> Iterator[Grid]:
    for row in layers.read_grids(uow.conn, keys) if keys else ():
        one = Responsible(
            row["profession"], row["code"], row["name_zh"], row["name_en"], row["unit_code"], row["made"]
        )
        outline: Outline = cast("Outline", shapely.from_wkb(row["outline"]))
        yield Grid(row["id"], one, row["rank"], outline)


def _component(row: Row) -> ComponentRow:
    return ComponentRow(
        row["code"],
        row["scheme"],
        row["category"],
        row["name_zh"],
        row["name_en"],
        row["manager"],
        row["owner"],
        row["keeper"],
        row["state"],
        row["outline"],
    )
