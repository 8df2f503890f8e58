"""Snapshots: all layers in one file that a process loads in a fraction of a second."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon

from gis.areas import Area, Layers, single
from gis.codes import KINDS
from gis.errors import SnapshotError

#: Raised whenever what is stored, or how it is made, changes.
FORMAT = 1

_Arrays: TypeAlias = dict[str, NDArray[Any]]


def save_snapshot(layers: Layers, file: Path) -> str:
    """Write layers to a file, whole or not at all.

    Returns:
        The hash of the content (SHA-256, hexadecimal); the same layers give the same hash on every machine.
    """
    arrays = _to_arrays(layers)
    content = _content_hash(arrays)
    arrays["content"] = np.array(content)
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return content


def load_snapshot(file: Path) -> Layers:
    """Read layers from a file written by `save_snapshot`.

    Raises:
        SnapshotError: the file is missing, damaged or of another format; names the file.
    """
    hint = "Delete it and let it be made again."
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays: _Arrays = {name: stored[name] for name in stored.files}
    except FileNotFoundError as error:
        raise SnapshotError("is not there.", field=str(file), hint="Make the layers first.") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise SnapshotError(f"cannot be read: {error}.", field=file.name, hint=hint) from error
    if "format" not in arrays or "content" not in arrays or int(arrays["format"]) != FORMAT:
        raise SnapshotError("is of another format.", field=file.name, hint=hint)
    if _content_hash(arrays) != str(arrays["content"]):
        raise SnapshotError("does not have the content that it says.", field=file.name, hint=hint)
    return _from_arrays(arrays)


def _content_hash(arrays: _Arrays) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays.keys() - {"content"}):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _to_arrays(layers: Layers) -> _Arrays:
    arrays: _Arrays = {"format": np.array(FORMAT), "cell_metres": np.array(layers.cell_metres)}
    for kind in KINDS:
        areas = layers.of(kind)
        arrays[f"{kind}.code"] = np.array([area.code for area in areas], dtype=np.str_)
        arrays[f"{kind}.name"] = np.array([area.name for area in areas], dtype=np.str_)
        arrays[f"{kind}.name_en"] = np.array([area.name_en for area in areas], dtype=np.str_)
        arrays[f"{kind}.made"] = np.array([area.made for area in areas], dtype=np.bool_)
        if areas:
            # Every outline as a multipolygon, for a ragged array holds one type.
            outlines = [MultiPolygon(shapely.get_parts(area.polygon).tolist()) for area in areas]
            _, points, (rings, polygons, outlines_at) = shapely.to_ragged_array(outlines)
            arrays[f"{kind}.points"] = points
            arrays[f"{kind}.rings"] = rings
            arrays[f"{kind}.polygons"] = polygons
            arrays[f"{kind}.outlines"] = outlines_at
    return arrays


def _from_arrays(arrays: _Arrays) -> Layers:
    layers: dict[str, tuple[Area, ...]] = {}
    for kind in KINDS:
        codes = arrays[f"{kind}.code"].tolist()
        if not codes:
            layers[kind] = ()
            continue
        offsets = (arrays[f"{kind}.rings"], arrays[f"{kind}.polygons"], arrays[f"{kind}.outlines"])
        outlines = shapely.from_ragged_array(
            shapely.GeometryType.MULTIPOLYGON, arrays[f"{kind}.points"], offsets
        )
        parts, owner = shapely.get_parts(outlines, return_index=True)
        grouped = np.split(parts, np.flatnonzero(np.diff(owner)) + 1)
        names, names_en = arrays[f"{kind}.name"].tolist(), arrays[f"{kind}.name_en"].tolist()
        layers[kind] = tuple(
            Area(kind, code, name, single(polygons), made, name_en)
            for code, name, name_en, made, polygons in zip(
                codes, names, names_en, arrays[f"{kind}.made"].tolist(), grouped, strict=True
            )
        )
    return Layers(
        districts=layers["district"],
        streets=layers["street"],
        communities=layers["community"],
        cells=layers["cell"],
        cell_metres=float(arrays["cell_metres"]),
    )
