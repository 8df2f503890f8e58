"""Tessellation: made streets and communities for a district, and the unit grid of any communities.

Both come out of one arrangement of lines (see `gis.arrangement`): outlines of all districts, dividing lines, sides of
squares. Its faces are handed to communities and cells, and every larger area is the union of its smaller ones, so that
the layers nest and no two areas of a layer overlap.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from gis.areas import Area, Layers, Outline
from gis.arrangement import (
    Borders,
    Geometries,
    IntArray,
    absorb,
    boundary_lines,
    cut_faces,
    find_borders,
    unite,
)
from gis.codes import STANDARD, CodeScheme
from gis.division import Division, Share, divide
from gis.errors import GridOverflow, LayerError
from gis.lattice import Lattice
from gis.names import AreaName
from gis.plane import plane_around

#: The blocks along whose lines communities are divided, in metres: the same whatever the side of a cell.
BLOCK_METRES = 100.0

# A piece of a square smaller than this part of it goes to a neighbour.
_SLIVER = 0.25
# Sizes that are proposed to whoever asked for too small ones are multiples of this, in metres.
_HINT_STEP = 5.0
# A degree of latitude; one of longitude is shorter, so a length taken with it is no shorter than it is.
_METRES_A_DEGREE = 111_700.0
# Borders are at most some degrees long; these put one kind of neighbour before another, whatever the length.
_SAME_PIECE, _SAME_STREET = 1e6, 1e3


def divide_districts(
    districts: Sequence[Area],
    covered: Collection[str],
    streets: Sequence[AreaName],
    communities: Sequence[AreaName],
    near: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[tuple[Area, ...], tuple[Area, ...]]:
    """Make outlines for the communities of districts, each of about the same size in its district.

    Args:
        districts: all districts of the city, which do not overlap.
        covered: the codes of those to be divided.
        streets, communities: the names; those of other districts are passed over.
        near: rough positions of streets (lon, lat), where known: the made streets lie to each other as these do.

    Returns:
        The districts, which gain a vertex wherever a dividing line meets them, and the communities made, in the order
        of their codes; together they fill the districts covered.

    Raises:
        LayerError: a district covered is not there, has no streets, or a street has no communities.
    """
    missing = sorted(set(covered) - {district.code for district in districts})
    if missing:
        raise LayerError(
            f"there is no district {missing[0]}.", field="covered", hint="Give codes of districts."
        )
    lattice = _lattice(districts, BLOCK_METRES)
    divisions = {
        index: divide(
            shapely.transform(district.polygon, lattice.flat),
            _shares(district.code, streets, communities, near or {}, lattice),
            lattice,
        )
        for index, district in enumerate(districts)
        if district.code in covered
    }
    lines = [line for division in divisions.values() for line in division.lines]
    faces = cut_faces([*boundary_lines([district.polygon for district in districts]), *lines])
    district_of = _holders([district.polygon for district in districts], shapely.point_on_surface(faces))
    made: list[Area] = []
    for index, division in divisions.items():
        made += _communities(faces[district_of == index], division, communities, lattice)
    return _districts(faces, district_of, districts), tuple(sorted(made, key=lambda area: area.code))


def _lattice(areas: Sequence[Area], metres: float) -> Lattice:
    west, _, east, _ = shapely.total_bounds(np.asarray([a.polygon for a in areas], dtype=object))
    return Lattice(plane_around((west + east) / 2.0), metres)


def _shares(
    district: str,
    streets: Sequence[AreaName],
    communities: Sequence[AreaName],
    near: Mapping[str, tuple[float, float]],
    lattice: Lattice,
) -> list[Share]:
    shares = []
    for street in (s for s in streets if s.parent == district):
        parts = tuple(Share(c.code, 1.0) for c in communities if c.parent == street.code)
        if not parts:
            raise LayerError(
                f"street {street.code} has no communities.", field="communities", hint="Add one."
            )
        position = None
        if street.code in near:
            lon, lat = near[street.code]
            east, north = lattice.plane.to_plane(np.array([lon]), np.array([lat]))
            position = (float(east[0]), float(north[0]))
        shares.append(Share(street.code, float(len(parts)), position, parts))
    if not shares:
        raise LayerError(f"district {district} has no streets.", field="streets", hint="Add them.")
    return shares


def _communities(
    faces: Geometries, division: Division, communities: Sequence[AreaName], lattice: Lattice
) -> list[Area]:
    points = shapely.get_coordinates(shapely.point_on_surface(faces))
    owners = division.owners(points[:, 0], points[:, 1])
    names = {name.code: name for name in communities}
    streets = np.array([names[code].parent for code in owners.tolist()])
    owners = owners[_joined_to_largest(faces, owners, streets, lattice)]
    return [
        Area("community", code, names[code].name, unite(faces[owners == code]), True, names[code].name_en)
        for code in np.unique(owners).tolist()
    ]


def _joined_to_largest(
    faces: Geometries, owners: NDArray[np.str_], streets: NDArray[np.str_], lattice: Lattice
) -> IntArray:
    """Leave each owner its largest face and give the others to who borders them, so that every owner's piece is one."""
    size = lattice.square_metres(faces)
    wanted = np.full(len(faces), np.inf)
    largest: dict[str, int] = {}
    for index in np.lexsort((np.arange(len(faces)), -size)).tolist():
        largest.setdefault(str(owners[index]), index)
    wanted[list(largest.values())] = 0.0
    first, second, length = find_borders(faces)
    length = (
        length
        + _SAME_PIECE * (owners[first] == owners[second])
        + _SAME_STREET * (streets[first] == streets[second])
    )
    return absorb(size, wanted, Borders(first, second, length))


@dataclass
class _Faces:
    """The arrangement of one city, and to whom each face belongs: an index, or -1 for none."""

    polygons: Geometries
    district: IntArray
    community: IntArray


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
        LayerError: `cell_metres` is out of bounds, or a community is in no district.
    """
    if not 1.0 <= cell_metres <= 10_000.0:
        raise LayerError(
            f"{cell_metres!r} is not between 1 and 10000.", field="cell_metres", hint="Give metres."
        )
    lattice = _lattice(communities, cell_metres)
    _refuse_overflow(communities, lattice, scheme)
    faces = _arrange(districts, communities, lattice)
    cells, united = _cells(faces, communities, lattice, scheme)
    whole = tuple(
        Area("community", c.code, c.name, united[c.code], c.made, c.name_en)
        for c in communities
        if c.code in united
    )
    named = {street.code: street for street in streets}
    return Layers(
        districts=_districts(faces.polygons, faces.district, districts),
        streets=_streets(whole, named, scheme),
        communities=whole,
        cells=cells,
        cell_metres=cell_metres,
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


def _arrange(districts: Sequence[Area], communities: Sequence[Area], lattice: Lattice) -> _Faces:
    region = shapely.union_all([c.polygon for c in communities])
    outlines = [area.polygon for area in (*districts, *communities)]
    polygons = cut_faces([*boundary_lines(outlines), *lattice.edges_within(region)])
    inside = shapely.point_on_surface(polygons)
    district = _holders([d.polygon for d in districts], inside)
    kept = district >= 0
    return _Faces(polygons[kept], district[kept], _holders([c.polygon for c in communities], inside)[kept])


def _holders(outlines: Sequence[Outline], points: Geometries) -> IntArray:
    """The index of the outline that holds each point, the first where several do, -1 where none does."""
    which, outline = STRtree(list(outlines)).query(points, predicate="intersects")
    holders = np.full(len(points), len(outlines), dtype=np.int64)
    np.minimum.at(holders, which, outline)
    holders[holders == len(outlines)] = -1
    return holders


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
    owner = absorb(size, wanted, Borders(*(column[same] for column in borders)))
    points = shapely.get_coordinates(shapely.point_on_surface(polygons))
    column, row = lattice.squares_of(points[:, 0], points[:, 1])

    standing = np.unique(owner)
    keys = (points[standing, 0], column[standing], -row[standing], community[standing])
    standing = standing[np.lexsort(keys)]
    members = _grouped(owner)
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


def _grouped(owner: IntArray) -> dict[int, IntArray]:
    order = np.argsort(owner, kind="stable")
    values, starts = np.unique(owner[order], return_index=True)
    return dict(zip(values.tolist(), np.split(order, starts[1:]), strict=True))


def _districts(faces: Geometries, district_of: IntArray, districts: Sequence[Area]) -> tuple[Area, ...]:
    members = _grouped(district_of)
    return tuple(
        Area("district", d.code, d.name, unite(faces[members[i]]), d.made, d.name_en)
        for i, d in enumerate(districts)
    )


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
