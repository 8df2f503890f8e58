"""Publishing: copies of the frames of a bundle in which faces and plates are blurred, for those who may not see the originals.

They lie beside the bundle, not in it, for nothing is added to what was signed. Without the networks that find faces and plates there
is no public copy: a picture that nobody looked through is never shown.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import structlog

from engine import apart
from engine.errands import errand
from engine.housekeeping import chore
from engine.settings import Settings
from engine.store.database import Database
from handlers.store import evidence

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


@chore("public copies of evidence")
def publish_missing(database: Database, settings: Settings) -> int:
    """Make the public copies that could not be made when there were no networks; gives how many bundles were looked at."""
    from vision.evidence.public import ready

    if not ready(settings.home):
        return 0
    after = done = 0
    while True:
        with database.unit_of_work() as uow:
            found = evidence.unpublished(uow.conn, after, _BATCH)
        if not found:
            return done
        for after in found:
            _publish(database, settings, after)
            done += 1


def _publish(database: Database, settings: Settings, bundle_id: int) -> None:
    with database.unit_of_work() as uow:
        row = evidence.read(uow.conn, bundle_id)
    if row is None or row["removed_at"] is not None:
        return
    source, target = settings.evidence / row["folder"], public_folder(settings, row)
    names = [one["name"] for one in row["files"] if one["kind"] == "frame"]
    target.mkdir(parents=True, exist_ok=True)
    try:
        with apart.process(memory=MAX_MEMORY, seconds=MAX_SECONDS) as run:
            made = set(run(blur, settings.home, source, target, names))
    except BrokenProcessPool:
        logger.warning("no public copy was made: it took more than it may", bundle=bundle_id)
        return
    with database.unit_of_work() as uow:
        again = evidence.read(uow.conn, bundle_id, lock=True)
        assert again is not None, "rows of evidence stay"
        files = [{**one, "public": one["public"] or one["name"] in made} for one in again["files"]]
        evidence.set_files(uow.conn, bundle_id, files)


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
