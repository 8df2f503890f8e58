"""Formats of layer files: told by name and first bytes, never by trying every driver; archives are opened within bounds.

A file is only ever opened as what it looks like, so that no driver that runs commands, follows references to other files or
asks the network (VRT, pipelines, WFS …) gets to see it.
"""

from __future__ import annotations

import lzma
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gis.errors import LayerError

#: A file, and what an archive holds, may have so many bytes.
MAX_BYTES = 2 * 1024**3
#: An archive that grows to more than this many times its size is a bomb, once it is larger than a megabyte.
MAX_RATIO = 200
MAX_MEMBERS = 1000

#: The drivers of GDAL by the ends of names.
DRIVERS = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".fgb": "FlatGeobuf",
    ".shp": "ESRI Shapefile",
    ".csv": "CSV",
}
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_FIRST_BYTES = {
    "GPKG": b"SQLite format 3\x00",
    "FlatGeobuf": b"fgb",
    "ESRI Shapefile": b"\x00\x00\x27\x0a",
}
# RuntimeError: it is encrypted, or packed in a way that is not known.
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError)
# Where SQLite says what a file is, and what a GeoPackage says there.
_APPLICATION = slice(68, 72)
_GEOPACKAGES = (b"GPKG", b"GP10", b"GP11")


@dataclass(frozen=True)
class Source:
    """A file that is what it looks like.

    Attributes:
        path: whole, of a file on this machine.
        driver: one of `DRIVERS`.
        layers: what it holds, where the format can hold several.
    """

    path: Path
    driver: str
    layers: tuple[str, ...] = ()

    @property
    def opened_as(self) -> str:
        """What GDAL is to open."""
        # The word keeps all other drivers that read JSON away.
        return f"GeoJSON:{self.path}" if self.driver == "GeoJSON" else str(self.path)


@contextmanager
def source(path: Path) -> Iterator[Source]:
    """A layer file as its source; the parts of an archive are removed again at the end.

    Args:
        path: a file, a folder with one shapefile, or a zip archive of one.

    Raises:
        LayerError: it is not there, too large, or not what its name says; names `file`.
    """
    whole = path.resolve()
    if "!" in str(whole) or str(whole).startswith("/vsi"):
        raise _refused(path, "has a name that GDAL takes for something else", "Rename it.")
    if whole.is_dir():
        yield _checked(_only_shapefile(whole, path))
    elif not whole.is_file():
        raise _refused(path, "is not there", "Give the path of a file.")
    elif whole.stat().st_size > MAX_BYTES:
        raise _refused(path, f"is larger than {MAX_BYTES >> 30} GB", "Divide it into parts.")
    elif whole.suffix.lower() == ".zip":
        with tempfile.TemporaryDirectory(prefix="gridcase-layer-") as folder:
            _unpack(whole, Path(folder), path)
            yield _checked(_only_shapefile(Path(folder), path))
    else:
        yield _checked(whole)


def _refused(path: Path, message: str, hint: str) -> LayerError:
    return LayerError(f"{path.name} {message}.", field="file", hint=hint)


def _only_shapefile(folder: Path, given: Path) -> Path:
    found = sorted(one for one in folder.iterdir() if one.suffix.lower() == ".shp")
    if len(found) != 1:
        raise _refused(
            given, f"holds {len(found)} shapefiles, and exactly one is read", "Give the path of its .shp."
        )
    return found[0]


def _unpack(archive: Path, folder: Path, given: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [
                one for one in opened.infolist() if Path(one.filename).suffix.lower() in _SHAPEFILE_PARTS
            ]
            if len(opened.infolist()) > MAX_MEMBERS:
                raise _refused(
                    given, f"holds more than {MAX_MEMBERS} files", "Put the parts of one shapefile into it."
                )
            room = min(MAX_BYTES, max(1 << 20, MAX_RATIO * archive.stat().st_size))
            for member in members:
                # Only the name counts: a path in an archive may lead anywhere.
                with (
                    opened.open(member) as packed,
                    (folder / Path(member.filename).name).open("wb") as written,
                ):
                    room -= _copy(packed, written, room, given)
    except _DAMAGED as error:
        raise _refused(
            given, f"cannot be unpacked ({error})", "Pack the parts of the shapefile anew."
        ) from error


def _copy(packed: IO[bytes], written: IO[bytes], room: int, given: Path) -> int:
    """Copy at most so many bytes, whatever the archive says of itself; gives how many there were."""
    count = 0
    while chunk := packed.read(1 << 20):
        count += len(chunk)
        if count > room:
            raise _refused(
                given, "unpacks to far more than a layer has", "Pack the parts of one shapefile anew."
            )
        written.write(chunk)
    return count


def _checked(path: Path) -> Source:
    driver = DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise _refused(
            path, "is of no format that is read", f"Use {', '.join(DRIVERS)} or a .zip of a shapefile."
        )
    with path.open("rb") as file:
        head = file.read(4096)
    begins = _FIRST_BYTES.get(driver, b"")
    is_text = driver in ("GeoJSON", "CSV")
    if not head.startswith(begins) or (
        driver == "GeoJSON" and not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    ):
        raise _refused(
            path, f"is no {driver} file", "Its name and what is in it do not agree: export it anew."
        )
    if is_text and b"\x00" in head:
        raise _refused(path, "is no text", "Save it in UTF-8.")
    if driver == "ESRI Shapefile":
        _require_parts(path)
    if driver == "GPKG":
        return Source(path, driver, _tables(path, head))
    return Source(path, driver)


def _require_parts(path: Path) -> None:
    there = {one.suffix.lower() for one in path.parent.iterdir() if one.stem == path.stem}
    size = sum(one.stat().st_size for one in path.parent.iterdir() if one.stem == path.stem and one.is_file())
    for part in (".shx", ".dbf"):
        if part not in there:
            raise _refused(
                path, f"has no {part} beside it", "A shapefile is three files or more: give them all."
            )
    if size > MAX_BYTES:
        raise _refused(path, f"is larger than {MAX_BYTES >> 30} GB", "Divide it into parts.")


def _tables(path: Path, head: bytes) -> tuple[str, ...]:
    """The tables of a GeoPackage that hold features; views and foreign modules in it are never run."""
    if head[_APPLICATION] not in _GEOPACKAGES:
        raise _refused(path, "is an SQLite database, but no GeoPackage", "Export it anew as a GeoPackage.")
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
            objects = opened.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master").fetchall()
            named = opened.execute(
                "SELECT table_name FROM gpkg_contents WHERE data_type = 'features' ORDER BY table_name"
            ).fetchall()
    except sqlite3.Error as error:
        raise _refused(path, f"is damaged ({error})", "Export it anew.") from error
    plain = set()
    for kind, name, sql in objects:
        virtual = sql.lstrip().upper().startswith("CREATE VIRTUAL")
        if virtual and "USING RTREE" not in " ".join(sql.upper().split()):
            raise _refused(
                path, f"has a table {name!r} that runs a program", "Export it anew as a GeoPackage."
            )
        if kind == "table" and not virtual:
            plain.add(name)
    return tuple(name for (name,) in named if name in plain)
