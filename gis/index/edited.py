"""Responsibility grids, which are edited while they are asked: squares of what there was, and beside them a tree of what came
since, so that an edit costs microseconds and no question waits for squares to be made."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

import shapely
from rtree.index import Index

from gis.areas import Outline
from gis.index.covering import Covering
from gis.index.holding import holds
from gis.places import Responsible


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A responsibility grid with its outline.

    Attributes:
        key: identifies this version of it.
        rank: of those of one profession that overlap, a lower one goes first.
        outline: in WGS-84 degrees.
    """

    key: int
    responsible: Responsible
    rank: int
    outline: Outline


class EditedGrids:
    """Finds the responsibility grids that hold a point; may be asked and edited by several threads at once.

    Those that overlap are given by profession, rank (a lower one first), area (a smaller one first) and code. Each holds its
    borders: on the border of two a point lies in both, and of one profession the first answers.
    """

    def __init__(self, grids: Iterable[Grid] = ()) -> None:
        self._lock = threading.Lock()
        self._pack({grid.key: grid for grid in grids})

    def __len__(self) -> int:
        return len(self._grids)

    @property
    def keys(self) -> frozenset[int]:
        """Of the grids that are held."""
        with self._lock:
            return frozenset(self._grids)

    def change(self, gone: Iterable[int], come: Iterable[Grid]) -> None:
        """Take some grids out, by key, and put others in; one with a key that is held takes its place."""
        with self._lock:
            for key in gone:
                self._take_out(key)
            for grid in come:
                self._take_out(grid.key)
                shapely.prepare(grid.outline)
                self._grids[grid.key] = grid
                self._loose.add(grid.key)
                self._tree.insert(grid.key, grid.outline.bounds)
            # Beside a large packed tree a small loose one costs next to nothing; a large one is packed.
            if len(self._loose) > 64 + len(self._packed) // 8:
                self._pack(self._grids)

    def at(self, lon: float, lat: float) -> tuple[Responsible, ...]:
        """Those that hold a point in WGS-84."""
        with self._lock:
            found = [self._packed[at] for at in self._covering.at(lon, lat)]
            if self._loose or self._stale:
                found = [grid for grid in found if grid.key not in self._stale]
                near = map(self._grids.__getitem__, self._tree.intersection((lon, lat, lon, lat)))
                found += [grid for grid in near if holds(grid.outline, lon, lat)]
                found.sort(key=_order)
        return tuple([grid.responsible for grid in found])

    def _take_out(self, key: int) -> None:
        grid = self._grids.pop(key, None)
        if grid is None:
            return
        if key in self._loose:
            self._tree.delete(key, grid.outline.bounds)
            self._loose.discard(key)
        else:
            self._stale.add(key)

    def _pack(self, grids: dict[int, Grid]) -> None:
        self._grids = grids
        # In the order in which they answer.
        self._packed = sorted(grids.values(), key=_order)
        self._covering = Covering([grid.outline for grid in self._packed])
        self._stale: set[int] = set()
        self._tree = Index()
        self._loose: set[int] = set()


def _order(grid: Grid) -> tuple[str, int, float, str, int]:
    one = grid.responsible
    return one.profession, grid.rank, float(grid.outline.area), one.code, grid.key
