"""Trials: what the rules of a camera would have told of the stills of the last hours, found in a job, kept for its page, and marked there."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from engine import errands
from engine.errors import Conflict, Invalid, NotFound
from engine.messages import Message
from engine.settings import Settings
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from handlers.cameras.reading import read_one
from handlers.cameras.stills import Still, Stills
from handlers.store import camera_registry, camera_trials
from vision.frame import Frame
from vision.sighting import Sighting

#: Sightings that are kept of a trial.
MOST = 50
#: Stills of which the background alone is learned.
LEARNED = 11
#: Seconds after which a page is told how far a trial is.
TOLD = 0.5
#: A trial takes some ten seconds: one that has not ended by then will not.
GIVEN_UP = timedelta(minutes=10)
_PICTURE = re.compile(r"[0-9a-f]{64}", re.ASCII)


def begin(uow: UnitOfWork, settings: Settings, camera_id: int) -> None:
    """Have the rules of a camera tried as they stand now, unless they are being tried."""
    if goes_on(last(settings, camera_id), uow.now):
        return
    errands.put(uow, "cameras.trial", lock=f"trial:{camera_id}", camera_id=camera_id)
    # What the last one found goes: the rules may be others by now.
    _keep(settings, camera_id, {"state": "waiting", "at": uow.now})


def last(settings: Settings, camera_id: int) -> dict[str, Any] | None:
    """How the last trial stands, or None if there was none.

    ``state`` is ``waiting``, ``running`` (with ``looked``, of how many ``stills``) or ``done``: with ``at``, ``stills``, ``since``, the key of
    the ``detector`` that looked (empty without one) and the ``sightings``, each with its ``picture``.
    """
    try:
        found: dict[str, Any] = orjson.loads(_path(settings, camera_id).read_bytes())
    except FileNotFoundError:
        return None
    return found


def goes_on(trial: Mapping[str, Any] | None, now: datetime) -> bool:
    """Whether a trial will still come to its end."""
    if trial is None or trial["state"] == "done":
        return False
    begun = when(trial["at"])
    return begun is not None and now - begun < GIVEN_UP


def picture(settings: Settings, camera_id: int, name: str) -> bytes:
    """A picture of the last trial.

    Raises:
        NotFound: it has none of this name.
    """
    gone = NotFound(Message("This picture is not kept any more."))
    if not _PICTURE.fullmatch(name):
        raise gone
    try:
        return (_folder(settings, camera_id) / f"{name}.jpg").read_bytes()
    except FileNotFoundError as error:
        raise gone from error


def mark(
    uow: UnitOfWork,
    settings: Settings,
    camera_id: int,
    number: int,
    at: str,
    answer: str,
    person_id: int | None,
) -> None:
    """Say whether what a trial would have told is right; marked again, the later answer counts.

    Args:
        number: of the sighting among those of the trial.
        at: of the trial, as its page had it.
        answer: ``yes`` or ``no``.

    Raises:
        Conflict: there was another trial since.
        Invalid: the answer is none.
    """
    if answer not in camera_trials.ANSWERS:
        message = Message("Choose one of the list.")
        raise Invalid(message, {"answer": message})
    found = last(settings, camera_id)
    sightings = found["sightings"] if found and found["state"] == "done" and found["at"] == at else ()
    if not 0 <= number < len(sightings):
        raise Conflict(Message("The rules were tried again since: look at what they tell now."))
    one = sightings[number]
    row = {name: one[name] for name in camera_trials.KEY if name in one}
    row |= {"camera_id": camera_id, "began_at": when(one["began_at"]), "alarm_at": when(one["at"])}
    told = {name: one[name] for name in ("zone_version", "verified", "model")}
    marked = {"answer": answer, "marked_at": uow.now, "marked_by": person_id}
    camera_trials.mark(uow.conn, {**row, **told, **marked})


def marked(uow: UnitOfWork, camera_id: int, trial: Mapping[str, Any]) -> list[str]:
    """What was answered to each sighting of a trial, empty where nothing was."""
    answers = camera_trials.answers(uow.conn, camera_id)
    return [answers.get(_key(camera_id, one), "") for one in trial.get("sightings", ())]


def forget_others(settings: Settings, camera_ids: frozenset[int], before: datetime) -> int:
    """Remove the trials of all cameras but these, and those from before an instant; gives how many."""
    gone = 0
    for folder in settings.cameras.glob("trials/*/"):
        known = last(settings, int(folder.name))
        if int(folder.name) in camera_ids and known is not None and (when(known["at"]) or before) >= before:
            continue
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        folder.rmdir()
        gone += 1
    return gone


@errands.errand("cameras.trial")
def run(database: Database, settings: Settings, camera_id: int) -> None:
    """Try the rules of a camera on its stills, in some ten seconds, and keep what they tell.

    The detector is the one of the watches. It is asked of one thing a still at most; without one, what needs it is told as not verified.

    Raises:
        NotFound: there is no such camera.
    """
    # OpenCV is loaded by the workers that come here, not by the pages.
    from vision.detect import models
    from vision.sources import Decoder
    from vision.watching import Watcher

    with database.unit_of_work() as uow:
        row = camera_registry.of_id(uow.conn, camera_id)
        if row is None:
            raise NotFound(Message("There is no such camera."))
        watched, now = read_one(uow, row), uow.now
    stills = Stills(settings).recent(camera_id)
    detector = models.active(settings.home)
    watcher = Watcher(watched.zones, watched.rules, detector, None, timezone=database.time_zone)
    told: list[Sighting] = []
    shown = 0.0
    with Decoder() as decoder:
        for looked, frame in _frames(stills, decoder):
            told += [one for one in watcher.see(frame) if one.turn == "alarm"]
            if time.monotonic() - shown > TOLD:
                shown = time.monotonic()
                progress = {"state": "running", "at": now, "looked": looked, "stills": len(stills)}
                _keep(settings, camera_id, progress)
    kept = [_kept(settings, camera_id, one) for one in told[:MOST]]
    found = {
        "state": "done",
        "at": now,
        "stills": len(stills),
        "since": stills[0].at if stills else None,
        "detector": detector.key if detector is not None else "",
        "more": max(0, len(told) - MOST),
        "sightings": kept,
    }
    _keep(settings, camera_id, found)
    _forget_pictures(settings, camera_id, {one["picture"] for one in kept})


def when(text: str | None) -> datetime | None:
    """An instant of a trial."""
    return datetime.fromisoformat(text) if text else None


def _kept(settings: Settings, camera_id: int, one: Sighting) -> dict[str, Any]:
    """A sighting as a trial keeps it; its picture goes beside."""
    alarm = one.stills[-1] if one.stills else None
    if alarm is not None:
        _write(_folder(settings, camera_id) / f"{alarm.sha256}.jpg", alarm.jpeg)
    return {
        "zone_key": one.zone,
        "zone_version": one.zone_version,
        "rule_key": one.rule,
        "rule_version": one.rule_version,
        "began_at": one.began_at,
        "at": one.at,
        "box": one.box,
        "place": f"{int(10 * (one.box[0] + one.box[2]))},{int(10 * (one.box[1] + one.box[3]))}",
        "verified": one.verified,
        "name": one.name,
        "score": one.score,
        "model": one.model,
        "model_sha256": one.model_sha256,
        "picture": alarm.sha256 if alarm is not None else "",
    }


def _key(camera_id: int, one: Mapping[str, Any]) -> tuple[Any, ...]:
    """By which a mark names what it is about."""
    given = {**one, "camera_id": camera_id, "began_at": when(one["began_at"])}
    return tuple(given[name] for name in camera_trials.KEY)


def _frames(kept: list[Still], decoder: Any) -> Iterator[tuple[int, Frame]]:
    """Those that are there still and can be read, with how many were looked at."""
    from vision.sources import SourceTrouble
    from vision.sources.stills import frame

    for number, one in enumerate(kept, 1):
        try:
            yield number, frame(one.read(), one.at, decoder)
        except (NotFound, SourceTrouble):
            # Removed by its age meanwhile, or damaged: one picture less.
            continue


def _folder(settings: Settings, camera_id: int) -> Path:
    return settings.cameras / "trials" / str(camera_id)


def _path(settings: Settings, camera_id: int) -> Path:
    return _folder(settings, camera_id) / "trial.json"


def _keep(settings: Settings, camera_id: int, found: Mapping[str, Any]) -> None:
    _write(_path(settings, camera_id), orjson.dumps(found))


def _forget_pictures(settings: Settings, camera_id: int, kept: set[str]) -> None:
    for path in _folder(settings, camera_id).glob("*.jpg"):
        if path.stem not in kept:
            path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
    os.replace(file.name, path)
