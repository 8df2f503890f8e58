"""The areas that hold a point: one cell, with the community, street and district around it, and the development zones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from gis.area_table import AreaTable
from gis.areas import Area, Layers
from gis.arrangement import Geometries, IntArray
from gis.codes import KINDS, STANDARD, CodeScheme, Kind
from gis.coordinates import FloatArray
from gis.errors import LayerError
from gis.index.holding import holds
from gis.index.squares import neighbours
from gis.places import Named, Place
from gis.plane import Plane, plane_around

# A polygon of fewer points is tested as quickly as it is prepared.
_WORTH_PREPARING = 100
# Of many points so many are asked for at once, those of one square of degrees together.
_AT_ONCE = 2000
_SQUARE_DEGREES = 0.004
# An area whose parts fill all but this share of it needs no answer of its own.
_FILLED = 1e-9


class AreaIndex:
    """Finds the areas that hold a point.

    The rule at borders: an area holds its borders, except where one that goes before it holds them too. The smallest kind goes
    first (a cell before a community, a community before a street), and among the same kind the smallest code. So each point
    that is covered lies in exactly one cell, on the border of two, on a corner of four or where two overlap by mistake as well,
    and always in the same one.

    The other kinds follow from the code: a cell lies in the community, street and district that its digits name. Development
    zones overlap everything, and a point lies in each that holds or touches it.

    Args:
        layers: the areas; every code must have those above it among them.
        zones: the development zones.
        scheme: how the codes are made.

    Raises:
        LayerError: an area lies in one that is missing; names `layers`.
    """

    def __init__(self, layers: Layers, zones: Sequence[Area] = (), scheme: CodeScheme = STANDARD) -> None:
        tables = {kind: _table(kind, layers.of(kind)) for kind in KINDS}
        self.cells = tables["cell"]
        #: The metric plane of the city, in which distances are measured.
        self.plane = _plane(layers.districts)
        self._above = scheme.length("community")
        self._around = _places(tables, scheme)
        _check_cells(self.cells, self._around, self._above)
        larger = _answering(tables, scheme)
        self._larger = [self._around[code] for code, _ in larger]
        smallest_first = sorted(zones, key=lambda zone: (float(zone.polygon.area), zone.code))
        self._zones = [Named(zone.code, zone.name, zone.name_en, zone.made) for zone in smallest_first]
        # Held in the order of precedence, the zones behind: the first area that covers a point is its place.
        self._outlines = _objects(
            [polygon for _, polygon in larger] + [zone.polygon for zone in smallest_first]
        )
        # A tree asks for boxes only: a test against a large outline is quick because the outline is prepared.
        shapely.prepare(self._outlines[shapely.get_num_coordinates(self._outlines) >= _WORTH_PREPARING])
        self._tree = STRtree(self._outlines)
        self._cell_tree = STRtree(self.cells.polygons)

    def at(self, point: Geometries, lon: float, lat: float) -> tuple[int, tuple[Named, ...]]:
        """The index of the place of a point in WGS-84, as `first` gives it, and the zones that hold the point.

        Args:
            point: the same point as an array of one geometry.
        """
        found = -1
        boxes: list[int] = self._cell_tree.query(point)[1].tolist()
        boxes.sort()
        for cell in boxes:
            if holds(self.cells.polygons[cell], lon, lat):
                found = cell
                break
        if found >= 0 and not self._zones:
            return found, ()
        boxes = self._tree.query(point)[1].tolist()
        boxes.sort()
        larger = [at for at in boxes if holds(self._outlines[at], lon, lat)]
        if found < 0 and larger and larger[0] < len(self._larger):
            found = len(self.cells) + larger[0]
        return found, tuple([self._zones[at - len(self._larger)] for at in larger if at >= len(self._larger)])

    def place(self, index: int) -> tuple[Place, Named | None]:
        """What an index of `first` stands for, which is not -1: the areas without the cell, and the cell."""
        if index >= len(self.cells):
            return self._larger[index - len(self.cells)], None
        cells = self.cells
        code = cells.codes[index].decode()
        cell = Named(code, cells.names[index], cells.names_en[index], bool(cells.made[index]))
        return self._around[code[: self._above]], cell

    def first(self, lons: FloatArray, lats: FloatArray) -> IntArray:
        """For each of many points the index of its place: that of its cell in `cells`, more for a larger area, -1 for none.

        Args:
            lons, lats: degrees in WGS-84, of shape (n,).
        """
        found = np.full(len(lons), -1, dtype=np.int64)
        # Neighbours one after another, and few at a time: what the tree has just looked at is still at hand.
        order = neighbours(lons, lats, _SQUARE_DEGREES)
        for begin in range(0, len(order), _AT_ONCE):
            these = order[begin : begin + _AT_ONCE]
            points = shapely.points(lons[these], lats[these])
            which, cell = self._cell_tree.query(points, predicate="intersects")
            _put_first(found, these[which], cell)
        outside = np.flatnonzero(found < 0)
        if len(outside) and self._larger:
            which, larger = self._hits(lons[outside], lats[outside])
            area = larger < len(self._larger)
            _put_first(found, outside[which[area]], larger[area] + len(self.cells))
        return found

    def zones(self, lons: FloatArray, lats: FloatArray) -> list[tuple[Named, ...]]:
        """For each of many points the zones that hold it, the smallest first."""
        found: list[tuple[Named, ...]] = [()] * len(lons)
        if self._zones:
            which, larger = self._hits(lons, lats)
            order = np.lexsort((larger, which))
            for point, at in zip(which[order].tolist(), larger[order].tolist(), strict=True):
                if at >= len(self._larger):
                    found[point] += (self._zones[at - len(self._larger)],)
        return found

    def touching_cells(self, west: float, south: float, east: float, north: float) -> IntArray:
        """The indices in `cells` of those that touch a box in degrees, ascending."""
        found = self._cell_tree.query(shapely.box(west, south, east, north), predicate="intersects")
        return np.asarray(np.sort(found))

    def _hits(self, lons: FloatArray, lats: FloatArray) -> tuple[IntArray, IntArray]:
        """Every pair of a point and a larger area or a zone that holds or touches it, by point."""
        which, larger = self._tree.query(shapely.points(lons, lats))
        hit = shapely.intersects_xy(self._outlines[larger], lons[which], lats[which])
        return which[hit], larger[hit]


def _put_first(found: IntArray, which: IntArray, area: IntArray) -> None:
    """Put the smallest of the areas of each point in its place; what belongs to one point comes together."""
    if len(which):
        starts = np.flatnonzero(np.diff(which, prepend=-1))
        found[which[starts]] = np.minimum.reduceat(area, starts)


def _table(kind: Kind, areas: Sequence[Area]) -> AreaTable:
    return areas if isinstance(areas, AreaTable) else AreaTable.of(kind, areas)


def _plane(districts: Sequence[Area]) -> Plane:
    if not districts:
        return plane_around(0.0)
    west, _, east, _ = shapely.total_bounds(_objects([district.polygon for district in districts]))
    return plane_around(float(west + east) / 2.0)


def _objects(polygons: Sequence[object]) -> Geometries:
    found: Geometries = np.empty(len(polygons), dtype=object)
    found[:] = polygons
    return found


def _places(tables: Mapping[Kind, AreaTable], scheme: CodeScheme) -> dict[str, Place]:
    """The place of every area except cells, by code."""
    kinds = KINDS[:-1]
    named = {a.code: Named(a.code, a.name, a.name_en, a.made) for kind in kinds for a in tables[kind]}
    places: dict[str, Place] = {}
    for kind in kinds:
        for code in map(bytes.decode, tables[kind].codes.tolist()):
            chain: list[Named | None] = []
            for above in KINDS[: KINDS.index(kind) + 1]:
                one = named.get(code[: scheme.length(above)])
                if one is None:
                    raise _missing(code, above, code[: scheme.length(above)])
                chain.append(one)
            district, street, community, *_ = (*chain, None, None)
            assert district is not None
            places[code] = Place(district, street, community)
    return places


def _check_cells(cells: AreaTable, around: Mapping[str, Place], length: int) -> None:
    for code in np.unique(_prefixes(cells.codes, length)).tolist():
        if code.decode() not in around:
            example = cells.codes[np.searchsorted(cells.codes, code)].decode()
            raise _missing(example, "community", code.decode())


def _missing(code: str, kind: Kind, above: str) -> LayerError:
    return LayerError(f"{code} lies in the {kind} {above}, which is missing.", field="layers", hint="Add it.")


def _prefixes(codes: NDArray[np.bytes_], length: int) -> NDArray[np.bytes_]:
    return codes.astype(f"S{length}")


def _answering(tables: Mapping[Kind, AreaTable], scheme: CodeScheme) -> list[tuple[str, object]]:
    """Code and outline of those areas, cells aside, that are not wholly filled by their own parts, by precedence."""
    found: list[tuple[str, object]] = []
    for kind, below in zip(KINDS[-2::-1], KINDS[:0:-1], strict=True):
        table, parts = tables[kind], tables[below]
        holders, which = np.unique(_prefixes(parts.codes, scheme.length(kind)), return_inverse=True)
        sums = np.bincount(which, weights=shapely.area(parts.polygons), minlength=len(holders))
        filled = dict(zip(holders.tolist(), sums.tolist(), strict=True))
        own: list[float] = shapely.area(table.polygons).tolist()
        for index, code in enumerate(table.codes.tolist()):
            if filled.get(code, 0.0) < own[index] * (1.0 - _FILLED):
                found.append((code.decode(), table.polygons[index]))
    return found
