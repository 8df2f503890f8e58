"""Made communities: outlines for the streets and communities of districts whose real ones are not to be had."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.areas import Area
from gis.arrangement import (
    Borders,
    Geometries,
    IntArray,
    absorb,
    boundary_lines,
    cut_faces,
    find_borders,
    holders,
    redrawn,
    unite,
)
from gis.division import Division, Share, divide
from gis.errors import LayerError
from gis.lattice import Lattice, lattice_over
from gis.names import AreaName

#: The blocks along whose lines communities are divided, in metres: the same whatever the side of a cell.
BLOCK_METRES = 100.0

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
    lattice = lattice_over(districts, BLOCK_METRES)
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
    district_of = holders([district.polygon for district in districts], shapely.point_on_surface(faces))
    made: list[Area] = []
    for index, division in divisions.items():
        made += _communities(faces[district_of == index], division, communities, lattice)
    return redrawn(districts, faces, district_of), tuple(sorted(made, key=lambda area: area.code))


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
