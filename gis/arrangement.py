"""Arrangements: the faces that a set of lines cuts the plane into, and which of them touch.

Everything that is made here comes out of one arrangement, so two areas that meet share the very same vertices: there
is no gap and no overlap between them, not of a millimetre. Coordinates are degrees, snapped to `SNAP_DEGREES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from gis.areas import SNAP_DEGREES, Area, Outline, single
from gis.errors import LayerError

#: Geometries as numpy holds them.
Geometries: TypeAlias = NDArray[Any]
IntArray: TypeAlias = NDArray[np.int64]


class Borders(NamedTuple):
    """Which faces touch along a line: for each pair its two indices (first below second) and the length in degrees."""

    first: IntArray
    second: IntArray
    length: NDArray[np.float64]


def cut_faces(lines: Sequence[BaseGeometry]) -> Geometries:
    """The faces that the lines bound together: an array of polygons, each edge between two of them shared exactly.

    Lines may cross, overlap and end anywhere; loose ends are left out.
    """
    noded = shapely.union_all(np.asarray(lines, dtype=object), grid_size=SNAP_DEGREES)
    return np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))), dtype=object)


def unite(faces: Sequence[Polygon] | Geometries) -> Outline:
    """Faces of one arrangement as one outline, every vertex on its border kept."""
    if len(faces) == 1:
        polygon: Polygon = faces[0]
        return polygon
    return single(shapely.get_parts(shapely.coverage_union_all(np.asarray(faces, dtype=object))))


def find_borders(faces: Geometries) -> Borders:
    """Which faces of one arrangement share edges."""
    coordinates, owner = shapely.get_coordinates(_rings(faces), return_index=True)
    ring_face = _ring_faces(faces)
    joined = owner[1:] == owner[:-1]
    keys = np.round(coordinates / SNAP_DEGREES).astype(np.int64)
    _, vertex = np.unique(keys, axis=0, return_inverse=True)
    vertex = vertex.ravel()
    start, end = vertex[:-1][joined], vertex[1:][joined]
    face = ring_face[owner[:-1][joined]]
    length = np.hypot(*(coordinates[1:] - coordinates[:-1])[joined].T)

    edge = np.minimum(start, end) * np.int64(len(vertex)) + np.maximum(start, end)
    order = np.argsort(edge, kind="stable")
    edge, face, length = edge[order], face[order], length[order]
    shared = (edge[1:] == edge[:-1]) & (face[1:] != face[:-1])
    first = np.minimum(face[:-1][shared], face[1:][shared])
    second = np.maximum(face[:-1][shared], face[1:][shared])
    pair, index = np.unique(first * np.int64(len(faces)) + second, return_inverse=True)
    total = np.bincount(index.ravel(), weights=length[:-1][shared], minlength=len(pair))
    return Borders(pair // len(faces), pair % len(faces), total.astype(np.float64))


def merged(borders: Borders, owner: IntArray) -> Borders:
    """The borders between what faces were joined to; those inside of it are gone.

    Args:
        owner: for each face the one that it belongs to.
    """
    ends = np.sort(np.column_stack((owner[borders.first], owner[borders.second])), axis=1)
    outer = ends[:, 0] != ends[:, 1]
    keys = ends[outer, 0] * np.int64(len(owner)) + ends[outer, 1]
    pair, index = np.unique(keys, return_inverse=True)
    total = np.bincount(index.ravel(), weights=borders.length[outer], minlength=len(pair))
    return Borders(pair // len(owner), pair % len(owner), total.astype(np.float64))


def _rings(faces: Geometries) -> Geometries:
    return np.asarray(shapely.get_rings(faces), dtype=object)


def _ring_faces(faces: Geometries) -> IntArray:
    _, face = shapely.get_rings(faces, return_index=True)
    return np.asarray(face, dtype=np.int64)


def absorb(size: NDArray[np.float64], wanted: NDArray[np.float64], borders: Borders) -> IntArray:
    """Give faces that are smaller than wanted to a neighbour, the smallest first, each to where it borders longest.

    Args:
        size: of each face, shape (n,), in any unit.
        wanted: the size from which a face stands alone, shape (n,), in the same unit.
        borders: the pairs that may be joined; where a face has none it stands alone whatever its size.

    Returns:
        For each face the index of the face that it belongs to now; those that stand point to themselves.
    """
    owner = np.arange(len(size), dtype=np.int64)
    weight = size.astype(np.float64).copy()
    neighbours: dict[int, dict[int, float]] = {}
    for a, b, length in zip(
        borders.first.tolist(), borders.second.tolist(), borders.length.tolist(), strict=True
    ):
        neighbours.setdefault(a, {})[b] = length
        neighbours.setdefault(b, {})[a] = length

    small = np.flatnonzero(size < wanted)
    for face in small[np.lexsort((small, size[small]))].tolist():
        around = neighbours.get(face)
        if not around or weight[face] >= wanted[face]:
            continue
        # The longest border, and of equal ones the first face, so that every machine makes the same.
        taker = min(around, key=lambda other: (-around[other], other))
        owner[face] = taker
        weight[taker] += weight[face]
        for other, length in around.items():
            del neighbours[other][face]
            if other != taker:
                total = neighbours[taker].get(other, 0.0) + length
                neighbours[taker][other] = neighbours[other][taker] = total
        del neighbours[face]
    return _followed(owner)


def _followed(owner: IntArray) -> IntArray:
    while True:
        further = owner[owner]
        if np.array_equal(further, owner):
            return owner
        owner = further


def boundary_lines(polygons: Sequence[Outline]) -> list[LineString]:
    """The rings of polygons as lines."""
    parts = shapely.get_parts(np.asarray(polygons, dtype=object))
    return [LineString(ring.coords) for ring in shapely.get_rings(parts)]


def holders(outlines: Sequence[Outline], points: Geometries) -> IntArray:
    """The index of the outline that holds each point, the first where several do, -1 where none does."""
    which, outline = STRtree(list(outlines)).query(points, predicate="intersects")
    holders = np.full(len(points), len(outlines), dtype=np.int64)
    np.minimum.at(holders, which, outline)
    holders[holders == len(outlines)] = -1
    return holders


def grouped(owner: IntArray) -> dict[int, IntArray]:
    """For each owner the indices of what it owns."""
    order = np.argsort(owner, kind="stable")
    values, counts = np.unique(owner, return_counts=True)
    ends = np.cumsum(counts)
    parts = [order[end - count : end] for end, count in zip(ends.tolist(), counts.tolist(), strict=True)]
    return dict(zip(values.tolist(), parts, strict=True))


def redrawn(areas: Sequence[Area], faces: Geometries, owner: IntArray) -> tuple[Area, ...]:
    """The same areas with the outlines of the faces that they own now, by index.

    Raises:
        LayerError: one owns none; names its kind.
    """
    members = grouped(owner)
    lost = [area for index, area in enumerate(areas) if index not in members]
    if lost:
        raise LayerError(
            f"{lost[0].code} lies wholly in others of its kind.",
            field=lost[0].kind,
            hint="Check its outline.",
        )
    return tuple(replace(area, polygon=unite(faces[members[index]])) for index, area in enumerate(areas))
