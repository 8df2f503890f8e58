"""Snapshots: layers in a file that a process loads in a fraction of a second."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from gis.area_table import AreaTable
from gis.areas import Layers
from gis.codes import KINDS
from gis.errors import SnapshotError
from gis.texts import Arrays

#: Raised whenever what is stored, or how it is made, changes.
FORMAT = 2


def save_arrays(arrays: Arrays, file: Path) -> str:
    """Write arrays to a file, whole or not at all: who writes the same file at the same time does no harm.

    Returns:
        The hash of the content (SHA-256, hexadecimal); the same arrays give the same hash on every machine.
    """
    arrays = {**arrays, "format": np.array(FORMAT)}
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


def load_arrays(file: Path) -> Arrays:
    """Read arrays from a file written by `save_arrays`.

    Raises:
        SnapshotError: the file is missing, damaged or of another format; names the file.
    """
    hint = "Delete it and let it be made again."
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays: Arrays = {name: stored[name] for name in stored.files}
    except FileNotFoundError as error:
        raise SnapshotError("is not there.", field=str(file), hint="Make the layers first.") from error
    # RuntimeError: of a damaged head that says that it is encrypted, or packed in a way that is not known.
    except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
        raise SnapshotError(f"cannot be read: {error}.", field=file.name, hint=hint) from error
    if "format" not in arrays or "content" not in arrays or int(arrays["format"]) != FORMAT:
        raise SnapshotError("is of another format.", field=file.name, hint=hint)
    if _content_hash(arrays) != str(arrays["content"]):
        raise SnapshotError("does not have the content that it says.", field=file.name, hint=hint)
    return arrays


def save_snapshot(layers: Layers, file: Path) -> str:
    """Write layers to a file as `save_arrays` does, with the same answer."""
    arrays: Arrays = {"cell_metres": np.array(layers.cell_metres)}
    for kind in KINDS:
        areas = layers.of(kind)
        arrays |= (areas if isinstance(areas, AreaTable) else AreaTable.of(kind, areas)).arrays()
    return save_arrays(arrays, file)


def load_snapshot(file: Path) -> Layers:
    """Read layers from a file written by `save_snapshot`, with the same errors as `load_arrays`."""
    arrays = load_arrays(file)
    tables = {kind: AreaTable.stored(kind, arrays) for kind in KINDS}
    return Layers(
        districts=tables["district"],
        streets=tables["street"],
        communities=tables["community"],
        cells=tables["cell"],
        cell_metres=float(arrays["cell_metres"]),
    )


def _content_hash(arrays: Arrays) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays.keys() - {"content"}):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
