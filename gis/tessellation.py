"""Tessellation: the unit grid of any communities.

It comes out of one arrangement of lines (see `gis.arrangement`): outlines of all districts and communities, sides of
squares. Its faces are handed to districts, communities and cells, and every larger area is the union of its smaller
ones, so that the layers nest and no two areas of a layer overlap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.areas import Area, Layers, Outline
from gis.arrangement import (
    Borders,
    Geometries,
    IntArray,
    absorb,
    boundary_lines,
    cut_faces,
    find_borders,
    grouped,
    holders,
    merged,
    redrawn,
    unite,
)
from gis.codes import STANDARD, CodeScheme
from gis.errors import GridOverflow, LayerError
from gis.lattice import Lattice, lattice_over
from gis.names import AreaName

# A piece of a square smaller than this part of it goes to a neighbour.
_SLIVER = 0.25
# Sizes that are proposed to whoever asked for too small ones are multiples of this, in metres.
_HINT_STEP = 5.0
# A degree of latitude; one of longitude is shorter, so a length taken with it is no shorter than it is.
_METRES_A_DEGREE = 111_700.0


@dataclass
class _Faces:
    """The arrangement of one city, and to whom each face belongs: an index, or -1 for none."""

    polygons: Geometries
    district: IntArray
    community: IntArray
    # Which part of the plane between roads.
    block: IntArray


def tessellate(
    districts: Sequence[Area],
    streets: Sequence[AreaName],
    communities: Sequence[Area],
    cell_metres: float = 100.0,
    scheme: CodeScheme = STANDARD,
) -> Layers:
    """Lay the unit grid over communities.

    A cell is a square of the lattice, cut off at the border of its community; a piece smaller than a quarter of a
    square goes to the neighbour in the same community with which it shares the longest border. The sequence runs from
    west to east in each row, the rows from north to south.

    Args:
        districts: all districts of the city, whether they have communities or not.
        streets: names; those without communities here are passed over.
        communities: outlines that do not overlap; where they meet districts or each other, they share the vertices.
        cell_metres: the side of a square.

    Returns:
        All four layers. The outlines given gain a vertex wherever a line meets them, and move there by less than the
        snap (a centimetre), so that neighbours meet exactly.

    Raises:
        GridOverflow: a community would have more cells than the scheme can number.
        LayerError: `cell_metres` is out of bounds, a community lies in no district, or a street has no name.
    """
    _require_metres(cell_metres)
    if not communities:
        return Layers(tuple(districts))
    lattice = lattice_over(communities, cell_metres)
    _refuse_overflow(communities, lattice, scheme)
    faces = _arrange(districts, communities, lattice)
    kept = faces.district >= 0
    faces = _Faces(*(part[kept] for part in (faces.polygons, faces.district, faces.community, faces.block)))
    cells, united = _cells(faces, communities, lattice, scheme)
    _refuse_lost(communities, united)
    whole = tuple(replace(community, polygon=united[community.code]) for community in communities)
    named = {street.code: street for street in streets}
    return Layers(
        districts=redrawn(districts, faces.polygons, faces.district),
        streets=_streets(whole, named, scheme),
        communities=whole,
        cells=cells,
        cell_metres=cell_metres,
    )


def lay_cells(
    communities: Sequence[Area],
    cell_metres: float = 100.0,
    roads: Sequence[BaseGeometry] = (),
    scheme: CodeScheme = STANDARD,
) -> tuple[Area, ...]:
    """Lay the unit grid over communities alone, as `tessellate` does, its squares cut by roads besides.

    A piece smaller than a quarter of a square goes to a neighbour on its side of the road, and only where it has none
    there to one across.

    Args:
        communities: outlines that do not overlap.
        roads: lines in WGS-84; what lies outside the communities is of no account.

    Returns:
        The cells in the order of their codes; those of a community fill it to the snap (a centimetre).

    Raises:
        GridOverflow: a community would have more cells than the scheme can number.
        LayerError: `cell_metres` is out of bounds, or a community lies wholly in others.
    """
    _require_metres(cell_metres)
    if not communities:
        return ()
    lattice = lattice_over(communities, cell_metres)
    _refuse_overflow(communities, lattice, scheme)
    cells, united = _cells(_arrange((), communities, lattice, roads), communities, lattice, scheme)
    _refuse_lost(communities, united)
    return cells


def _require_metres(cell_metres: float) -> None:
    if not 1.0 <= cell_metres <= 10_000.0:
        raise LayerError(
            f"{cell_metres!r} is not between 1 and 10000.", field="cell_metres", hint="Give metres."
        )


def _refuse_lost(communities: Sequence[Area], united: Mapping[str, Outline]) -> None:
    lost = [community.code for community in communities if community.code not in united]
    if lost:
        raise LayerError(
            f"community {lost[0]} lies in no district or wholly in another community.",
            field="communities",
            hint="Check its outline and its reference system.",
        )


def _refuse_overflow(communities: Sequence[Area], lattice: Lattice, scheme: CodeScheme) -> None:
    """Refuse before the work what area alone says to be too much: the cells of a community fill it."""
    counts = np.ceil(_square_metres(communities, lattice) / lattice.metres**2).astype(np.int64)
    worst = int(np.argmax(counts))
    if counts[worst] > scheme.capacity:
        raise _overflow(communities, worst, int(counts[worst]), lattice, scheme)


def _square_metres(areas: Sequence[Area], lattice: Lattice) -> NDArray[np.float64]:
    return lattice.square_metres(np.asarray([area.polygon for area in areas], dtype=object))


def _overflow(
    communities: Sequence[Area], worst: int, count: int, lattice: Lattice, scheme: CodeScheme
) -> GridOverflow:
    """The refusal, with a side of cells at which every community can be numbered."""
    area = _square_metres(communities, lattice)
    around = np.array([community.polygon.length for community in communities]) * _METRES_A_DEGREE
    # A community has at most as many pieces as its area holds squares and its border can touch besides:
    # area / side² + 2 around / side + 4, which is to be no more than the capacity.
    room = scheme.capacity - 4.0
    side = float(np.max((around + np.sqrt(around**2 + room * area)) / room))
    side = max(np.ceil(side / _HINT_STEP), np.floor(lattice.metres / _HINT_STEP) + 1.0) * _HINT_STEP
    return GridOverflow(communities[worst].code, count, scheme.capacity, lattice.metres, float(side))


def _arrange(
    districts: Sequence[Area],
    communities: Sequence[Area],
    lattice: Lattice,
    roads: Sequence[BaseGeometry] = (),
) -> _Faces:
    region = shapely.union_all([c.polygon for c in communities])
    borders = boundary_lines([area.polygon for area in (*districts, *communities)])
    within = [one for one in roads if region.intersects(one)]
    polygons = cut_faces([*borders, *within, *lattice.edges_within(region)])
    inside = shapely.point_on_surface(polygons)
    block = np.zeros(len(polygons), dtype=np.int64)
    if within:
        blocks = cut_faces([*borders, *within])
        block = holders(list(blocks), inside)
    return _Faces(
        polygons,
        holders([d.polygon for d in districts], inside),
        holders([c.polygon for c in communities], inside),
        block,
    )


def _owners(
    size: NDArray[np.float64], wanted: NDArray[np.float64], borders: Borders, block: IntArray
) -> IntArray:
    """To which face each belongs once small ones went to neighbours: in their block first, then across a road."""
    inner = block[borders.first] == block[borders.second]
    owner = absorb(size, wanted, Borders(*(column[inner] for column in borders)))
    if inner.all():
        return owner
    whole = np.bincount(owner, weights=size, minlength=len(size)).astype(np.float64)
    # What belongs to another face already goes nowhere by itself.
    whole[owner != np.arange(len(owner))] = np.inf
    return absorb(whole, wanted, merged(borders, owner))[owner]


def _cells(
    faces: _Faces, communities: Sequence[Area], lattice: Lattice, scheme: CodeScheme
) -> tuple[tuple[Area, ...], dict[str, Outline]]:
    """The cells, and for each community the union of its faces."""
    covered = np.flatnonzero(faces.community >= 0)
    polygons, community = faces.polygons[covered], faces.community[covered]
    size = lattice.square_metres(polygons)
    borders = find_borders(polygons)
    same = community[borders.first] == community[borders.second]
    wanted = np.full(len(polygons), _SLIVER * lattice.metres**2)
    block = faces.block[covered]
    owner = _owners(size, wanted, Borders(*(column[same] for column in borders)), block)
    points = shapely.get_coordinates(shapely.point_on_surface(polygons))
    column, row = lattice.squares_of(points[:, 0], points[:, 1])

    standing = np.unique(owner)
    keys = (points[standing, 0], column[standing], -row[standing], community[standing])
    standing = standing[np.lexsort(keys)]
    members = grouped(owner)
    cells: list[Area] = []
    united: dict[str, Outline] = {}
    for index in np.unique(community).tolist():
        area = communities[index]
        own = standing[community[standing] == index]
        if len(own) > scheme.capacity:
            raise _overflow(communities, index, len(own), lattice, scheme)
        for sequence, face in enumerate(own.tolist(), start=1):
            digits = f"{sequence:0{scheme.sequence}d}"
            code = scheme.cell(area.code, sequence)
            outline = unite(polygons[members[face]])
            cells.append(Area("cell", code, f"单元网格 {digits}", outline, area.made, f"Cell {digits}"))
        united[area.code] = unite(polygons[community == index])
    return tuple(cells), united


def _streets(
    communities: Sequence[Area], named: Mapping[str, AreaName], scheme: CodeScheme
) -> tuple[Area, ...]:
    parts: dict[str, list[Area]] = {}
    for community in communities:
        parts.setdefault(community.code[: scheme.length("street")], []).append(community)
    streets = []
    for code in sorted(parts):
        if code not in named:
            raise LayerError(f"there is no name for street {code}.", field="streets", hint="Add its row.")
        outline = unite([p for c in parts[code] for p in shapely.get_parts(c.polygon)])
        made = any(c.made for c in parts[code])
        streets.append(Area("street", code, named[code].name, outline, made, named[code].name_en))
    return tuple(streets)
