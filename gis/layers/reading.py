"""Reading a layer file: its features in portions, so that a million take no more memory than a hundred thousand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from gis.arrangement import Geometries
from gis.errors import LayerError
from gis.layers import coordinate_tables
from gis.layers.formats import Source, source
from gis.layers.reference import Reference, settled

#: A file may have so many features.
MAX_FEATURES = 3_000_000
# Features that are read at once, and the bytes of the file that they may have on average.
_PORTION, _PORTION_BYTES = 100_000, 256 << 20
# GDAL begins a GeoJSON file from its start for each portion: larger ones cost less.
_PORTION_OF_JSON = 400_000
# A single object of GeoJSON may have so many megabytes: some 200,000 vertices.
_LARGEST_OBJECT = "16"
# IndexError: what pyogrio makes of a table of columns that ends in the middle.
_READ_ERRORS = (
    DataSourceError,
    DataLayerError,
    FeatureError,
    FieldError,
    GeometryError,
    UnicodeDecodeError,
    IndexError,
)


@dataclass(frozen=True, eq=False)
class Portion:
    """Some features of a file.

    Attributes:
        first: the number of the first in the file, from 1.
        fields: their values by the names that the file has for them, each of the length n.
        outlines: shape (n,), in WGS-84; None where there is none.
    """

    first: int
    fields: Mapping[str, Sequence[Any]]
    outlines: Geometries

    def __len__(self) -> int:
        return len(self.outlines)


@dataclass(frozen=True, eq=False)
class LayerFile:
    """A layer file that was looked into.

    Attributes:
        fields: the names of its columns.
        reference: the reference system of its coordinates.
        count: how many features it has; None for a table that was not counted.
    """

    source: Source
    layer: str | None
    encoding: str | None
    fields: tuple[str, ...]
    reference: Reference
    count: int | None
    coordinates: Mapping[str, str]

    def portions(self) -> Iterator[Portion]:
        """All features in the order of the file.

        Raises:
            LayerError: the file is damaged or has too many features; names `file`.
        """
        first = 1
        rows = (
            coordinate_tables.portions(self.source.path, self.coordinates, self.encoding, _PORTION)
            if self.source.driver == "CSV"
            else self._read()
        )
        for fields, raw in rows:
            if first + len(raw) - 1 > MAX_FEATURES:
                raise _too_many(self.source)
            yield Portion(first, fields, _converted(raw, self.reference))
            first += len(raw)

    def _read(self) -> Iterator[tuple[Mapping[str, Sequence[Any]], Geometries]]:
        count = self.count or 0
        size = _portion(self.source, count)
        for start in range(0, count, size):
            with _bounded():
                try:
                    meta, _, outlines, columns = pyogrio.raw.read(
                        self.source.opened_as,
                        layer=self.layer,
                        encoding=self.encoding,
                        skip_features=start,
                        max_features=size,
                        force_2d=True,
                        datetime_as_string=True,
                    )
                except _READ_ERRORS as error:
                    raise _damaged(self.source, error) from error
            if len(columns) and len(columns[0]) != min(size, count - start):
                raise _damaged(self.source, f"{count} features are told of, and not all are there")
            values = {name: column.tolist() for name, column in zip(meta["fields"], columns, strict=True)}
            if outlines is None:
                outlines = np.full(min(size, count - start), None, dtype=object)
            yield values, _geometries(self.source, outlines)


@contextmanager
def opened(
    path: Path,
    *,
    crs: str | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    coordinates: Mapping[str, str] | None = None,
) -> Iterator[LayerFile]:
    """Look into a layer file.

    Args:
        path: a file of one of `gis.layers.formats.DRIVERS`, a folder with a shapefile, or a zip archive of one.
        crs: the reference system, where the file does not tell it.
        layer: which one, where the file has several.
        encoding: of texts in a shapefile or CSV file.
        coordinates: the columns of a CSV file that hold ``lon`` and ``lat``, or ``wkt``, where they are called otherwise.

    Raises:
        LayerError: it cannot be read, or does not say which layer or encoding is meant.
        CoordinateError: its reference system is not known, or is another than was asked for.
    """
    with source(path) as found:
        if found.driver == "CSV":
            fields, chosen = coordinate_tables.columns(found.path, coordinates or {}, encoding)
            yield LayerFile(found, None, encoding, fields, settled(None, crs), None, chosen)
        else:
            yield _looked_into(found, crs, _layer(found, layer), encoding)


def _looked_into(found: Source, crs: str | None, layer: str | None, encoding: str | None) -> LayerFile:
    with _bounded():
        try:
            about = pyogrio.read_info(
                found.opened_as, layer=layer, encoding=encoding, force_feature_count=True
            )
        except _READ_ERRORS as error:
            raise _damaged(found, error) from error
    if about["driver"] != found.driver:
        raise _damaged(found, f"it is a file of {about['driver']}")
    if about["features"] > MAX_FEATURES:
        raise _too_many(found)
    told, default = about["crs"], None
    if found.driver == "GeoJSON" and not _tells_crs(found.path):
        # RFC 7946: a GeoJSON file that says nothing is in WGS-84.
        told, default = None, "wgs84"
    if found.driver == "ESRI Shapefile" and encoding is None:
        _require_encoding(found)
    fields = tuple(about["fields"].tolist())
    return LayerFile(
        found, layer, encoding, fields, settled(told, crs, default=default), about["features"], {}
    )


def _layer(found: Source, wanted: str | None) -> str | None:
    if found.driver != "GPKG":
        return None
    if wanted is not None and wanted in found.layers:
        return wanted
    if wanted is None and len(found.layers) == 1:
        return found.layers[0]
    told = ", ".join(found.layers[:20]) or "none"
    raise LayerError(
        f"{found.path.name} has the layers {told}.", field="layer", hint="Name one: --layer NAME."
    )


def _tells_crs(path: Path) -> bool:
    """Whether a GeoJSON file has a member for the reference system, which stands before its features."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    return b'"crs"' in head.partition(b'"features"')[0]


def _require_encoding(found: Source) -> None:
    """Refuse texts of which nobody says how they are written."""
    path = found.path
    if any(one.stem == path.stem and one.suffix.lower() == ".cpg" for one in path.parent.iterdir()):
        return
    table = next(
        one for one in path.parent.iterdir() if one.stem == path.stem and one.suffix.lower() == ".dbf"
    )
    with table.open("rb") as file:
        head = file.read(32)
        # Byte 29 names the code page of the whole table; 0 names none.
        told = len(head) == 32 and head[29] != 0
        while not told and (chunk := file.read(1 << 20)):
            if not chunk.isascii():
                raise LayerError(
                    f"{table.name} does not say how its texts are written.",
                    field="encoding",
                    hint="Name it: --encoding UTF-8 or GBK.",
                )


def _portion(found: Source, count: int) -> int:
    average = max(1, found.path.stat().st_size // max(count, 1))
    most = _PORTION_OF_JSON if found.driver == "GeoJSON" else _PORTION
    return max(1, min(most, _PORTION_BYTES // average))


@contextmanager
def _bounded() -> Iterator[None]:
    """GDAL as it may be for files of strangers: no large objects."""
    name = "OGR_GEOJSON_MAX_OBJ_SIZE"
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: _LARGEST_OBJECT})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})


def _geometries(found: Source, raw: Geometries) -> Geometries:
    try:
        return np.asarray(shapely.from_wkb(raw), dtype=object)
    except shapely.GEOSException as error:
        raise _damaged(found, error) from error


def _converted(outlines: Geometries, reference: Reference) -> Geometries:
    return np.asarray(shapely.transform(shapely.force_2d(outlines), reference.to_wgs84), dtype=object)


def _damaged(found: Source, error: object) -> LayerError:
    told = str(error).splitlines()[0][:200] if str(error) else "it cannot be read"
    if "OGR_GEOJSON_MAX_OBJ_SIZE" in told:
        return LayerError(
            f"{found.path.name} has a feature of more than {_LARGEST_OBJECT} MB.",
            field="file",
            hint="Simplify its outline, or divide it into parts.",
        )
    return LayerError(f"{found.path.name} cannot be read: {told}.", field="file", hint="Export it anew.")


def _too_many(found: Source) -> LayerError:
    return LayerError(
        f"{found.path.name} has more than {MAX_FEATURES:,} features.",
        field="file",
        hint="Divide it into parts.",
    )
