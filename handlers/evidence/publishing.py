"""Publishing: copies of cameras' pictures in which faces and plates are blurred, for those who may not see the originals.

They lie beside the bundle, not in it, for nothing is added to what was signed, and are photographs of the case. Without the networks
that find faces and plates there is no public copy: a picture that nobody looked through is never shown.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import structlog

from engine import apart
from engine.actors import SYSTEM
from engine.errands import errand
from engine.housekeeping import chore
from engine.reports import keep_photos
from engine.settings import Settings
from engine.store.database import Database
from handlers import photos
from handlers.evidence import stills
from handlers.store import evidence, sealed_stills

logger = structlog.get_logger()

#: What blurring one bundle may take: bytes of address space, seconds of processor time.
MAX_MEMORY, MAX_SECONDS = 4 * 1024**3, 300
_BATCH = 200


def public_folder(settings: Settings, row: Mapping[str, Any]) -> Path:
    """Where the public copies of a bundle lie."""
    return settings.evidence.parent / "public" / str(row["folder"])


@errand("evidence.publish")
def publish(database: Database, settings: Settings, bundle_id: int) -> None:
    """Make the public copies of a bundle's frames, where the networks for it are there; done twice they are there once."""
    from vision.evidence.public import ready

    if ready(settings.home):
        _publish(database, settings, bundle_id)


@errand("evidence.publish_still")
def publish_still(database: Database, settings: Settings, still_id: int) -> None:
    """Make the public copy of a still that was put to a case; the same holds."""
    from vision.evidence.public import ready

    if ready(settings.home):
        _publish_still(database, settings, still_id)


@chore("public copies of evidence")
def publish_missing(database: Database, settings: Settings) -> int:
    """Make the public copies that could not be made when there were no networks; gives how many bundles and stills were looked at."""
    from vision.evidence.public import ready

    if not ready(settings.home):
        return 0
    return _each(database, settings, evidence.unpublished, _publish) + _each(
        database, settings, sealed_stills.unpublished, _publish_still
    )


def _each(
    database: Database,
    settings: Settings,
    missing: Callable[[Any, int, int], Sequence[int]],
    act: Callable[[Database, Settings, int], None],
) -> int:
    after = done = 0
    while True:
        with database.unit_of_work() as uow:
            found = missing(uow.conn, after, _BATCH)
        if not found:
            return done
        for after in found:
            act(database, settings, after)
            done += 1


def _publish(database: Database, settings: Settings, bundle_id: int) -> None:
    with database.unit_of_work() as uow:
        row = evidence.read(uow.conn, bundle_id)
    if row is None or row["removed_at"] is not None:
        return
    frames = {one["name"]: one for one in row["files"] if one["kind"] == "frame"}
    target = public_folder(settings, row)
    target.mkdir(parents=True, exist_ok=True)
    made = copies(settings, settings.evidence / row["folder"], target, list(frames))
    if made is None:
        return
    kept = {
        name: {
            **photos.store(settings.photos, (target / name).read_bytes(), frames[name]["role"]),
            "taken_at": frames[name]["at"],
        }
        for name in frames
        if name in made
    }
    with database.unit_of_work() as uow:
        again = evidence.read(uow.conn, bundle_id, lock=True)
        assert again is not None, "rows of evidence stay"
        if again["removed_at"] is not None:
            return
        files = [
            {**one, "public": True, "photo": kept[one["name"]]["sha256"]} if one["name"] in kept else one
            for one in again["files"]
        ]
        evidence.set_files(uow.conn, bundle_id, files)
        if row["case_id"] is not None:
            keep_photos(uow, row["case_id"], list(kept.values()), SYSTEM)


def _publish_still(database: Database, settings: Settings, still_id: int) -> None:
    with database.unit_of_work() as uow:
        row = sealed_stills.read(uow.conn, still_id)
    if row is None or row["removed_at"] is not None or row["copy_sha256"] is not None:
        return
    path = stills.path_of(settings, row)
    with tempfile.TemporaryDirectory() as folder:
        if not copies(settings, path.parent, Path(folder), [path.name]):
            return
        kept = photos.store(settings.photos, (Path(folder) / path.name).read_bytes(), row["purpose"])
    with database.unit_of_work() as uow:
        sealed_stills.set_copy(uow.conn, still_id, kept["sha256"])
        keep_photos(uow, row["case_id"], [{**kept, "taken_at": row["taken_at"].isoformat()}], SYSTEM)


def copies(settings: Settings, source: Path, target: Path, names: list[str]) -> set[str] | None:
    """Write the public copies of some pictures of a folder into another one; gives the names of those that were made.

    None if this took more than it may.
    """
    try:
        with apart.process(memory=MAX_MEMORY, seconds=MAX_SECONDS) as run:
            return set(run(blur, settings.home, source, target, names))
    except BrokenProcessPool:
        logger.warning("no public copy was made: it took more than it may", folder=str(source))
        return None


def blur(home: Path, source: Path, target: Path, names: list[str]) -> list[str]:
    """Write the public copies of some frames; gives those that were made. Runs in a process of its own."""
    from vision.errors import VisionError
    from vision.evidence.public import Blurrer

    blurrer, made = Blurrer.of(home), []
    for name in names:
        try:
            copy = blurrer.blurred((source / name).read_bytes())
        except VisionError as error:
            logger.warning("no public copy of this frame", file=name, reason=str(error))
            continue
        with tempfile.NamedTemporaryFile(dir=target, prefix=".", delete=False) as file:
            file.write(copy)
        os.replace(file.name, target / name)
        made.append(name)
    return made
