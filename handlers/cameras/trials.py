"""Trials: what the rules of a camera would have told of the stills of the last hours, found in a job and kept for its page."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from engine import errands
from engine.errors import NotFound
from engine.messages import Message
from engine.settings import Settings
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from handlers.cameras.reading import read_one
from handlers.cameras.stills import Still, Stills
from handlers.store import camera_registry
from vision.frame import Frame

#: Sightings that are kept of a trial.
MOST = 50


def begin(uow: UnitOfWork, camera_id: int) -> None:
    """Have the rules of a camera tried as they stand now; those of one camera are tried one after another."""
    errands.put(uow, "cameras.trial", lock=f"trial:{camera_id}", camera_id=camera_id)


def last(settings: Settings, camera_id: int) -> dict[str, Any] | None:
    """What the last trial found, or None: ``at``, ``stills`` (how many), ``since`` and ``sightings`` (zone, rule, began_at, at, box, verified)."""
    try:
        found: dict[str, Any] = orjson.loads(_path(settings, camera_id).read_bytes())
    except FileNotFoundError:
        return None
    return found


@errands.errand("cameras.trial")
def run(database: Database, settings: Settings, camera_id: int) -> None:
    """Try the rules of a camera on its stills, in some five seconds, and keep what they tell.

    Without a detector: one a minute is too few for it to be asked often, and what needs one is told as not verified.

    Raises:
        NotFound: there is no such camera.
    """
    # OpenCV is loaded by the workers that come here, not by the pages.
    from vision.sources import Decoder
    from vision.watching import Watcher

    with database.unit_of_work() as uow:
        row = camera_registry.of_id(uow.conn, camera_id)
        if row is None:
            raise NotFound(Message("There is no such camera."))
        watched, now = read_one(uow, row), uow.now
    stills = Stills(settings).recent(camera_id)
    watcher = Watcher(watched.zones, watched.rules, None, timezone=database.time_zone)
    told = []
    with Decoder() as decoder:
        for frame in _frames(stills, decoder):
            told += [one for one in watcher.see(frame) if one.turn == "alarm"]
    found = {
        "at": now,
        "stills": len(stills),
        "since": stills[0].at if stills else None,
        "sightings": [
            {
                "zone": one.zone,
                "rule": one.rule,
                "began_at": one.began_at,
                "at": one.at,
                "box": one.box,
                "verified": one.verified,
            }
            for one in told[:MOST]
        ],
    }
    _keep(_path(settings, camera_id), orjson.dumps(found))


def when(text: str | None) -> datetime | None:
    """An instant of a trial."""
    return datetime.fromisoformat(text) if text else None


def _frames(kept: list[Still], decoder: Any) -> Iterator[Frame]:
    """Those that are there still and can be read."""
    from vision.sources import SourceTrouble
    from vision.sources.stills import frame

    for one in kept:
        try:
            yield frame(one.read(), one.at, decoder)
        except (NotFound, SourceTrouble):
            # Removed by its age meanwhile, or damaged: one picture less.
            continue


def _path(settings: Settings, camera_id: int) -> Path:
    return settings.cameras / "trials" / f"{camera_id}.json"


def _keep(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
    os.replace(file.name, path)
