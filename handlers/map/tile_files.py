"""The files of the tilesets under an installation's home: made anew when their layer changed, the old one shown until then.

``map/tiles.json`` says which file is whose and what it was made of; a file's name has the hash of its content's source, so a
browser may keep it for ever. ``map/failed.json`` says which layers could not be made into tiles: they are tried again when they
change, or after an hour.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import structlog

from engine import apart
from engine.errors import GridcaseError
from engine.rounds import regular
from engine.settings import Settings
from engine.store import revisions
from engine.store.database import Database
from handlers.map.tilesets import TILESETS, Tileset

logger = structlog.get_logger()

#: A file that is nobody's any more is kept this long: a page that began with it goes on reading it.
KEPT_FOR = timedelta(days=1)
#: What making tiles may take: bytes of address space, seconds of processor time.
MAX_MEMORY, MAX_SECONDS = 8 * 1024**3, 1800
#: After how long a layer that could not be made into tiles is tried again, though it did not change.
AGAIN_AFTER = timedelta(hours=1)
_STATE, _FAILED = "tiles.json", "failed.json"


@dataclass(frozen=True)
class TileFile:
    """What the file of a tileset was made of.

    Attributes:
        file: its name; empty for a layer without a feature.
        hash: of its features.
        revision: of its layer when it was made.
        until: when other rows hold, in ISO 8601; empty if that is never.
        features: how many.
    """

    file: str
    hash: str
    revision: int
    until: str
    features: int

    def holds(self, revision: int, now: datetime) -> bool:
        """Whether it shows what holds now."""
        ended = bool(self.until) and datetime.fromisoformat(self.until) <= now
        return self.revision == revision and not ended


#: By the names of the tilesets.
Files = Mapping[str, TileFile]


def folder(home: Path) -> Path:
    """Where the files of an installation are."""
    return home / "map"


def present(home: Path) -> Files:
    """The files that there are, by tileset; those of an unreadable folder are none, and are made anew."""
    try:
        found = orjson.loads((folder(home) / _STATE).read_bytes())
        return {name: TileFile(**one) for name, one in found.items() if name in TILESETS}
    except (FileNotFoundError, orjson.JSONDecodeError, TypeError, AttributeError):
        return {}


@regular("map tiles", every=timedelta(seconds=30))
def refresh(database: Database, settings: Settings) -> int:
    """Make the files whose layers changed; gives how many were made.

    Several processes may ask for it at once: one does it, the others leave it to that one.
    """
    return make(database, settings, wait=False)


def make(database: Database, settings: Settings, *, wait: bool) -> int:
    """Make the files whose layers changed; gives how many were made.

    Args:
        wait: for another process that is making them, instead of leaving it to that one.
    """
    place = folder(settings.home)
    place.mkdir(parents=True, exist_ok=True)
    with _alone(place, wait=wait) as free:
        if not free:
            return 0
        pending, made = list(TILESETS.values()), 0
        while pending:
            made += _renew_some(database, settings, pending)
        _clear(place, database.clock.now(), present(settings.home))
    return made


def _renew_some(database: Database, settings: Settings, pending: list[Tileset]) -> int:
    """Make files until none is pending, or the process that makes them has ended; gives how many were made."""
    made = 0
    # GDAL keeps the interpreter's lock while it makes tiles, minutes for a large city.
    with apart.process(memory=MAX_MEMORY, seconds=MAX_SECONDS) as run:
        while pending:
            tileset = pending.pop(0)
            try:
                made += _renew(database, settings, tileset, run)
            except GridcaseError:
                raise
            except Exception as error:
                # Neither the layers behind it nor the next round wait for one that cannot be made.
                logger.exception("tiles cannot be made", layer=tileset.name)
                _note_failure(database, settings, tileset)
                if isinstance(error, BrokenProcessPool):
                    break
    return made


def _note_failure(database: Database, settings: Settings, tileset: Tileset) -> None:
    with database.unit_of_work() as uow:
        revision, now = revisions.read(uow.conn).get(tileset.revision, 0), uow.now
    place = folder(settings.home)
    entry = {"revision": revision, "until": (now + AGAIN_AFTER).isoformat()}
    _put(place / _FAILED, {**_failures(place), tileset.name: entry})


def _failures(place: Path) -> dict[str, dict[str, Any]]:
    try:
        return dict(orjson.loads((place / _FAILED).read_bytes()))
    except (FileNotFoundError, orjson.JSONDecodeError, TypeError, ValueError):
        return {}


def _failed(place: Path, tileset: Tileset, revision: int, now: datetime) -> bool:
    """Whether a layer failed as it is, and not long ago."""
    entry = _failures(place).get(tileset.name)
    return (
        entry is not None and entry["revision"] == revision and now < datetime.fromisoformat(entry["until"])
    )


def _renew(database: Database, settings: Settings, tileset: Tileset, run: apart.Run) -> int:
    known = present(settings.home)
    old = known.get(tileset.name)
    with database.unit_of_work() as uow:
        revision = revisions.read(uow.conn).get(tileset.revision, 0)
        if old is not None and old.holds(revision, uow.now):
            return 0
        if _failed(folder(settings.home), tileset, revision, uow.now):
            return 0
        began = time.monotonic()
        outlines, columns, digest = _gathered(tileset, uow.conn, uow.now)
        until = tileset.next_change(uow.conn, uow.now)
    file = f"{tileset.name}-{digest[:16]}.pmtiles" if outlines else ""
    place = folder(settings.home)
    is_new = bool(file) and not (place / file).exists()
    if is_new:
        run(_write, place / file, tileset.name, outlines, columns)
    entry = TileFile(file, digest, revision, until.isoformat() if until else "", len(outlines))
    _save(place, {**known, tileset.name: entry})
    if is_new:
        seconds = round(time.monotonic() - began, 1)
        logger.info("tiles made", layer=tileset.name, features=len(outlines), seconds=seconds)
    return int(is_new)


def _gathered(tileset: Tileset, conn: Any, at: datetime) -> tuple[list[bytes], dict[str, list[str]], str]:
    """The outlines and the columns of a layer, and a hash of both and of how they become tiles."""
    digest = hashlib.sha256(f"{tileset.zooms} {tileset.columns}".encode())
    outlines: list[bytes] = []
    columns: dict[str, list[str]] = {name: [] for name in tileset.columns}
    for row in tileset.read(conn, at):
        feature = tileset.feature(row)
        if feature is None:
            continue
        outline, values = feature
        digest.update(outline)
        digest.update("\x1f".join(values).encode())
        outlines.append(outline)
        for name, value in zip(tileset.columns, values, strict=True):
            columns[name].append(value)
    return outlines, columns, digest.hexdigest()


def _write(path: Path, name: str, outlines: list[bytes], columns: Mapping[str, list[str]]) -> None:
    # The library is large, and only the process that makes tiles needs it.
    from gis import pmtiles

    # GDAL leaves files of its own beside the one that it makes while it does.
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="making-") as making:
        tileset = TILESETS[name]
        made = Path(making) / f"{name}.pmtiles"
        pmtiles.write(made, name, tileset.shape, outlines, columns, tileset.zooms)
        made.chmod(0o644)
        os.replace(made, path)


def _save(place: Path, entries: Files) -> None:
    _put(place / _STATE, {name: asdict(one) for name, one in entries.items()})


def _put(path: Path, content: Mapping[str, Any]) -> None:
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(orjson.dumps(content))
    os.replace(new, path)


def _clear(place: Path, now: datetime, entries: Files) -> None:
    """Remove the files that no tileset has had for a while."""
    named = {one.file for one in entries.values()}
    for path in place.glob("*.pmtiles"):
        if path.name not in named and path.stat().st_mtime < (now - KEPT_FOR).timestamp():
            path.unlink()


@contextmanager
def _alone(place: Path, *, wait: bool) -> Iterator[bool]:
    """Whether this process is the one that makes files now."""
    with (place / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
