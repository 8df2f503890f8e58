"""Receivers: what becomes of a sighting that a watch kept. A watch hands it to a job, and the job to whoever registered here."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from engine import errands, housekeeping
from engine.errors import NotFound, Unavailable
from engine.messages import Message
from engine.settings import Settings
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from handlers.cameras.letters import from_plain, to_plain
from vision.sighting import Sighting

#: Takes a sighting of a camera, with the clip of its alarm where there is one. It comes at least once, that of one slot in order.
Receiver = Callable[[Database, Settings, int, Sighting, bytes | None], None]

#: What nobody took by then is removed; its job failed two weeks ago, and was seen among the failed.
KEPT_SECONDS = 14 * 86400

_receivers: list[Receiver] = []


def receiver(function: Receiver) -> Receiver:
    """Register what takes sightings, in a module of the entry point group ``gridcase.service_tasks``."""
    _receivers.append(function)
    return function


def lay_down(settings: Settings, sighting: Sighting, clip: bytes | None) -> str:
    """Put the pictures of a sighting where its job finds them, on the disk for good; gives the name of the folder, or nothing.

    This is done before the transaction that hands the sighting over: a folder that no job came for is removed some day.

    Raises:
        OSError: the disk does not take them; nothing is left of them.
    """
    if not sighting.stills and clip is None:
        return ""
    name = uuid4().hex
    folder = _spool(settings) / name
    folder.mkdir(parents=True)
    try:
        for number, still in enumerate(sighting.stills):
            _write(folder / f"{number}.jpg", still.jpeg)
        if clip is not None:
            _write(folder / "clip.mp4", clip)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        # A disk that is full is tried again and again.
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return name


def hand_over(uow: UnitOfWork, camera_id: int, sighting: Sighting, folder: str) -> None:
    """Enqueue the job of a sighting in the transaction in which its watch keeps what it knows."""
    errands.put(
        uow,
        "cameras.sighting",
        lock=f"sighting:{camera_id}:{sighting.rule}:{sighting.slot}",
        camera_id=camera_id,
        sighting=to_plain(sighting),
        folder=folder,
    )


@errands.errand("cameras.sighting")
def take(
    database: Database, settings: Settings, camera_id: int, sighting: dict[str, Any], folder: str
) -> None:
    """Give a sighting to all who take it, then throw its pictures away: whoever needs them keeps a copy.

    Raises:
        Unavailable: nobody takes sightings here.
        NotFound: its pictures are not on this machine.
    """
    if not _receivers:
        raise Unavailable(Message("Nobody takes sightings here: install what does."))
    place = _spool(settings) / folder if folder else None
    if place is not None and _taken(place).exists():
        # The worker ended between this job and its end.
        shutil.rmtree(place, ignore_errors=True)
        return
    if place is not None and not place.is_dir():
        raise NotFound(
            Message("The pictures of a sighting are not here: do all machines share GRIDCASE_HOME?")
        )
    whole, clip = from_plain(sighting, lambda number: _read(place, f"{number}.jpg")), None
    if place is not None and (place / "clip.mp4").exists():
        clip = (place / "clip.mp4").read_bytes()
    for one in _receivers:
        one(database, settings, camera_id, whole, clip)
    if place is not None:
        _taken(place).touch()
        shutil.rmtree(place)


@housekeeping.chore("pictures of sightings that nobody took")
def forget(database: Database, settings: Settings) -> int:
    """Remove what is older than `KEPT_SECONDS`; gives of how many sightings."""
    spool, before = _spool(settings), time.time() - KEPT_SECONDS
    old = [one for one in spool.iterdir() if one.stat().st_mtime < before] if spool.is_dir() else []
    for one in old:
        if one.is_dir():
            shutil.rmtree(one, ignore_errors=True)
        else:
            one.unlink(missing_ok=True)
    return len(old)


def _spool(settings: Settings) -> Path:
    return settings.cameras / "sightings"


def _taken(place: Path) -> Path:
    """A file that says that the sighting in a folder was taken."""
    return place.with_suffix(".taken")


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read(folder: Path | None, name: str) -> bytes:
    assert folder is not None, "a sighting with stills has a folder"
    return (folder / name).read_bytes()
