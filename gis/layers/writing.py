"""Writing a layer file: the columns of the layer as text, its outlines in the reference system that is asked for."""

from __future__ import annotations

import csv
import logging
import os
import tempfile
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataSourceError, FeatureError, FieldError, GeometryError

from gis.areas import SNAP_DECIMALS
from gis.arrangement import Geometries
from gis.errors import LayerError
from gis.layers.formats import DRIVERS
from gis.layers.kinds import LayerKind
from gis.layers.reference import Reference

# It tells of every file that it made.
logging.getLogger("pyogrio").setLevel(logging.WARNING)

# A text in a shapefile has at most so many bytes, a name of a column so many letters.
_DBF_BYTES, _DBF_NAME = 254, 10
# Digits after the point by which a coordinate in another system comes back as it was.
_DECIMALS = 12
_ERRORS = (DataSourceError, FeatureError, FieldError, GeometryError)
_TYPES = {"polygon": "MultiPolygon", "line": "MultiLineString", "point": "Point"}


def write(
    path: Path,
    kind: LayerKind,
    columns: Mapping[str, Sequence[Any]],
    outlines: Geometries,
    reference: Reference,
) -> None:
    """Write a layer; the file is there wholly or not at all.

    Args:
        path: its end says the format: one of `gis.layers.formats.DRIVERS`, or ``.zip`` for a shapefile.
        columns: values by name, each of the length n.
        outlines: shape (n,), in WGS-84; None where there is none.

    Raises:
        LayerError: the format is not known or cannot hold the layer, or the file is there already; names `file`.
    """
    packed = path.suffix.lower() == ".zip"
    driver = DRIVERS.get(".shp" if packed else path.suffix.lower())
    if driver is None:
        raise _refused(path, "is of no format that is written", f"Use {', '.join(DRIVERS)} or .zip.")
    if path.exists():
        raise _refused(path, "is there already", "Delete it, or give another name.")
    if not path.parent.is_dir():
        raise _refused(path, "lies in no folder that is there", "Make the folder.")
    texts = {name: [_text(value) for value in values] for name, values in columns.items()}
    moved = np.asarray(shapely.transform(outlines, reference.from_wgs84), dtype=object)
    with tempfile.TemporaryDirectory(prefix=".gridcase-layer-", dir=path.parent) as folder:
        made = Path(folder) / (f"{path.stem}.shp" if packed else path.name)
        if driver == "CSV":
            _write_csv(made, texts, moved)
        else:
            _write_by_gdal(made, driver, kind, texts, moved, reference)
        if packed:
            made = _packed(Path(folder), path.name)
        if made.suffix == ".shp":
            for part in sorted(Path(folder).iterdir()):
                os.replace(part, path.with_suffix(part.suffix))
        else:
            os.replace(made, path)


def _refused(path: Path, message: str, hint: str) -> LayerError:
    return LayerError(f"{path.name} {message}.", field="file", hint=hint)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _write_csv(path: Path, texts: Mapping[str, Sequence[str]], outlines: Geometries) -> None:
    points = bool(np.all(shapely.get_type_id(outlines) == shapely.GeometryType.POINT))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*texts, *(("lon", "lat") if points else ("wkt",))])
        if points:
            places = shapely.get_coordinates(outlines).tolist()
        else:
            written = shapely.to_wkt(outlines, rounding_precision=-1)
            places = [[one or ""] for one in written.tolist()]
        writer.writerows([*row, *place] for *row, place in zip(*texts.values(), places, strict=True))


def _write_by_gdal(
    path: Path,
    driver: str,
    kind: LayerKind,
    texts: Mapping[str, Sequence[str]],
    outlines: Geometries,
    reference: Reference,
) -> None:
    options: dict[str, Any] = {"encoding": "UTF-8"}
    names = list(texts)
    if driver == "ESRI Shapefile":
        _require_fitting(path, texts, outlines)
        names = [name[:_DBF_NAME] for name in names]
    elif driver == "GeoJSON":
        # Without another system to be told of it is GeoJSON as RFC 7946 says, which is in WGS-84.
        plain = reference.name in ("wgs84", "EPSG:4326")
        options = {"COORDINATE_PRECISION": SNAP_DECIMALS if plain else _DECIMALS}
        options |= {"RFC7946": "YES"} if plain else {}
    elif driver == "FlatGeobuf":
        # The index of the format would put the features into another order, and has no place for one without an outline.
        options = {"SPATIAL_INDEX": "NO"}
    mixed = len(kind.shapes) > 1
    geometry = _TYPES[kind.shapes[0]]
    if mixed:
        types = {_shape(number) for number in np.unique(shapely.get_type_id(outlines)).tolist()}
        geometry = types.pop() if len(types) == 1 else "Unknown"
    with warnings.catch_warnings():
        # GCJ-02 and BD-09 have no number that a file could tell: whoever reads it is asked for it.
        warnings.filterwarnings("ignore", message="'crs' was not provided", category=UserWarning)
        try:
            pyogrio.raw.write(
                str(path),
                shapely.to_wkb(outlines, byte_order=1),
                [np.array(values, dtype=object) for values in texts.values()],
                names,
                driver=driver,
                geometry_type=geometry,
                promote_to_multi=geometry.startswith("Multi"),
                crs=None if reference.system is None else reference.system.to_wkt(),
                **options,
            )
        except _ERRORS as error:
            raise _refused(path, f"cannot be written ({error})", "Choose another format.") from error


def _shape(number: int) -> str:
    return "Point" if number == shapely.GeometryType.POINT else "MultiPolygon"


def _require_fitting(path: Path, texts: Mapping[str, Sequence[str]], outlines: Geometries) -> None:
    """Refuse what a shapefile would cut off or leave out."""
    for name, values in texts.items():
        longest = max((len(value.encode()) for value in values), default=0)
        if longest > _DBF_BYTES:
            raise _refused(
                path, f"would cut a text of {name} off after {_DBF_BYTES} bytes", "Use a GeoPackage, .gpkg."
            )
    kinds = {_shape(one) for one in np.unique(shapely.get_type_id(outlines)).tolist()}
    points = shapely.get_type_id(outlines) == shapely.GeometryType.POINT
    if len(kinds) > 1 and points.any():
        raise _refused(
            path,
            "would hold points and polygons, and a shapefile holds one of the two",
            "Use a GeoPackage, .gpkg.",
        )


def _packed(folder: Path, name: str) -> Path:
    archive = folder / name
    parts = sorted(folder.iterdir())
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in parts:
            packed.write(part, part.name)
    return archive
