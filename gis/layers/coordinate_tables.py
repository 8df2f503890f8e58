"""CSV files with coordinates: a column each for longitude and latitude, or one of well-known text."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import shapely

from gis.arrangement import Geometries
from gis.errors import LayerError

#: What the columns may be called besides the standard names, which come first; upper and lower case are the same.
LON = ("lon", "lng", "longitude", "x", "经度")
LAT = ("lat", "latitude", "y", "纬度")
WKT = ("wkt", "geometry", "geom", "outline")
#: A cell may have so many characters: an outline of some 200,000 vertices.
LONGEST_CELL = 16 << 20


def columns(
    path: Path, overrides: Mapping[str, str], encoding: str | None
) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """The headings of a CSV file, and which of them are ``lon`` and ``lat``, or ``wkt``; without either, neither.

    Raises:
        LayerError: it is no CSV file, or does not have a column that was named.
    """
    with _rows(path, encoding) as reader:
        fields = tuple(reader.fieldnames or ())
    if not fields or len(set(fields)) != len(fields):
        raise LayerError(
            f"{path.name} has no line of headings, or one heading twice.",
            field="file",
            hint="Mend the first line.",
        )
    for name, field in overrides.items():
        if field not in fields:
            raise LayerError(
                f"{path.name} has no column {field!r}.", field=name, hint=f"It has {', '.join(fields)}."
            )
    lowered = {field.lower(): field for field in reversed(fields)}
    found = dict(overrides)
    for name, words in (("lon", LON), ("lat", LAT), ("wkt", WKT)):
        fitting = next((lowered[word] for word in words if word in lowered), None)
        if name not in found and fitting is not None:
            found[name] = fitting
    if "wkt" in found and "wkt" not in overrides and {"lon", "lat"} <= found.keys():
        del found["wkt"]
    if ("lon" in found) != ("lat" in found) and "wkt" not in found:
        missing = "lat" if "lon" in found else "lon"
        raise LayerError(
            f"{path.name} has no such column.", field=missing, hint=f"Name it: --column {missing}=NAME."
        )
    return fields, found


def portions(
    path: Path, chosen: Mapping[str, str], encoding: str | None, size: int
) -> Iterator[tuple[Mapping[str, Sequence[Any]], Geometries]]:
    """The rows of a CSV file in portions, with their geometries in the coordinates of the file; None for one without.

    Raises:
        LayerError: a line cannot be read; names it.
    """
    with _rows(path, encoding) as reader:
        fields = list(reader.fieldnames or ())
        try:
            while rows := list(islice(reader, size)):
                for row in rows:
                    if None in row or None in row.values():
                        raise LayerError(
                            f"a row up to line {reader.line_num} has more or fewer cells than there are headings.",
                            field="file",
                            hint="Mend it, or put texts with commas between quotation marks.",
                        )
                yield {field: [row[field] for row in rows] for field in fields}, _outlines(rows, chosen)
        except (UnicodeDecodeError, csv.Error) as error:
            raise _unreadable(path, error) from error


@contextmanager
def _rows(path: Path, encoding: str | None) -> Iterator[csv.DictReader[str]]:
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        with _text(path, encoding) as file:
            reader = csv.DictReader(file, strict=True)
            try:
                _ = reader.fieldnames
            except (UnicodeDecodeError, csv.Error) as error:
                raise _unreadable(path, error) from error
            yield reader
    finally:
        csv.field_size_limit(before)


def _text(path: Path, encoding: str | None) -> TextIO:
    try:
        return path.open(encoding=encoding or "utf-8-sig", newline="")
    except LookupError as error:
        raise LayerError(
            f"{str(encoding)[:40]!r} is no encoding.", field="encoding", hint="Use UTF-8 or GBK."
        ) from error


def _unreadable(path: Path, error: object) -> LayerError:
    return LayerError(
        f"{path.name} cannot be read as CSV: {error}.",
        field="file",
        hint="Save it in UTF-8, or name another: --encoding GBK.",
    )


def _outlines(rows: Sequence[Mapping[str, str]], chosen: Mapping[str, str]) -> Geometries:
    found: Geometries = np.full(len(rows), None, dtype=object)
    if "wkt" in chosen:
        texts = [row[chosen["wkt"]].strip() or None for row in rows]
        # What is no geometry is missing: the check of outlines says so for its row.
        return np.asarray(shapely.from_wkt(texts, on_invalid="ignore"), dtype=object)
    if "lon" in chosen:
        points = np.array(
            [(_number(row[chosen["lon"]]), _number(row[chosen["lat"]])) for row in rows], dtype=np.float64
        )
        there = ~np.isnan(points).any(axis=1)
        found[there] = shapely.points(points[there])
    return found


def _number(text: str) -> float:
    """A coordinate; what is none is missing, like an empty cell."""
    try:
        return float(text)
    except ValueError:
        return float("nan")
