"""Keeping: what a watch knows is written in one short transaction, if the watch is still its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from engine.settings import Settings
from engine.store.database import Database
from handlers.cameras import receivers
from handlers.cameras.alarms import Change
from handlers.cameras.eyes import Known, Look
from handlers.store import camera_watches
from vision.sighting import Sighting

logger = structlog.get_logger()


class Superseded(Exception):
    """Another process watches this group by now: nothing was written, and nothing is to be."""


@dataclass
class Kept:
    """What is to be written of one camera.

    Attributes:
        known: the newest; None if it is not due.
        sightings: in their order, each with the folder of its pictures; None while the disk does not take them.
    """

    known: Known | None = None
    sightings: list[tuple[Sighting, str | None]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    frames: int = 0
    late: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether all pictures of its sightings lie on the disk."""
        return all(folder is not None for _, folder in self.sightings)


class Keeper:
    """Gathers what is to be written, and writes it.

    What cannot be written, because the database is away or the disk is full, is kept and written later: a sighting goes with what was
    known after it, so that whoever goes on with that neither forgets nor repeats it.

    Args:
        group_no: the group that is watched.
    """

    def __init__(self, database: Database, settings: Settings, group_no: int) -> None:
        self._database, self._settings, self._group = database, settings, group_no
        self._kept: dict[int, Kept] = {}
        self._told: Counter[str] = Counter()
        with database.unit_of_work() as uow:
            self.epoch = camera_watches.take(uow.conn, group_no, uow.now)

    @property
    def urgent(self) -> bool:
        """Whether there is something that others wait for."""
        return any((one.sightings or one.changes) and one.is_whole for one in self._kept.values())

    def add(self, look: Look) -> None:
        """Take what came of a look."""
        kept = self._of(look.camera_id)
        kept.frames += look.frame is not None
        kept.changes += look.changes
        for sighting, clip in look.sightings:
            kept.sightings.append((sighting, self._laid_down(look.camera_id, sighting, clip)))
            if sighting.turn == "alarm":
                logger.info("sighting", camera=look.camera_id, rule=sighting.rule, slot=sighting.slot)
        kept.known = look.known or kept.known
        self._told["more_frames"] += look.frame is not None

    def add_known(self, camera_id: int, known: Known) -> None:
        """Take what an eye knows at its end."""
        self._of(camera_id).known = known

    def add_late(self, late: Mapping[int, int]) -> None:
        """Take how many pictures of each camera were left out."""
        for camera_id, count in late.items():
            self._of(camera_id).late += count
            self._told["more_late"] += count

    def drop(self, camera_id: int, told: frozenset[str]) -> None:
        """A camera is watched no more: its alarms end."""
        with self._database.unit_of_work() as uow:
            self._hold(uow.conn, uow.now)
            camera_watches.end_alarms(uow.conn, {(camera_id, kind) for kind in told}, uow.now)

    def write(self, cameras: int, load: float) -> frozenset[int]:
        """Write all that there is, and give the cameras that somebody looks at.

        Args:
            cameras: how many are watched.
            load: the share of a processor that this takes.

        Raises:
            Superseded: this watch is another's by now.
            GridcaseError: the database is away; all is kept for the next time.
        """
        self._lay_down_rest()
        ready = {camera_id: kept for camera_id, kept in self._kept.items() if kept.is_whole}
        counts = {"more_frames": 0, "more_late": 0, **self._told, "count": cameras, "share": load}
        with self._database.unit_of_work() as uow:
            if not camera_watches.tell(uow.conn, self._group, self.epoch, uow.now, counts):
                raise Superseded
            camera_watches.save_states(uow.conn, _rows(ready, uow.now))
            begun, ended = _alarms(ready)
            camera_watches.begin_alarms(uow.conn, begun)
            camera_watches.end_alarms(uow.conn, ended, uow.now)
            for camera_id, kept in ready.items():
                for sighting, folder in kept.sightings:
                    assert folder is not None, "it is whole"
                    receivers.hand_over(uow, camera_id, sighting, folder)
            looked_at = camera_watches.looked_at(uow.conn, self._group, uow.now)
        self._told.clear()
        for camera_id, kept in ready.items():
            del self._kept[camera_id]
            if kept.known is None and (kept.frames or kept.late):
                self._kept[camera_id] = Kept(frames=kept.frames, late=kept.late)
        return looked_at

    def _laid_down(self, camera_id: int, sighting: Sighting, clip: bytes | None = None) -> str | None:
        try:
            return receivers.lay_down(self._settings, sighting, clip)
        except OSError as error:
            # Its stills prove it without a clip, which is large and not kept in memory.
            logger.warning("pictures of a sighting are kept for later", camera=camera_id, reason=str(error))
            return None

    def _lay_down_rest(self) -> None:
        """Try again to put pictures where they belong; the first that the disk does not take is the last that is tried."""
        for camera_id, kept in self._kept.items():
            for number, (sighting, folder) in enumerate(kept.sightings):
                if folder is None:
                    kept.sightings[number] = sighting, self._laid_down(camera_id, sighting)
                    if kept.sightings[number][1] is None:
                        return

    def _hold(self, conn: Any, now: Any) -> None:
        if not camera_watches.hold(conn, self._group, self.epoch, now):
            raise Superseded

    def _of(self, camera_id: int) -> Kept:
        return self._kept.setdefault(camera_id, Kept())


def _rows(ready: Mapping[int, Kept], now: Any) -> list[dict[str, Any]]:
    return [
        {
            "camera_id": camera_id,
            "content": kept.known.content,
            "health": kept.known.health,
            "view": kept.known.view,
            "frame_at": kept.known.at,
            "frames": kept.frames,
            "late": kept.late,
            "saved_at": now,
        }
        for camera_id, kept in ready.items()
        if kept.known is not None
    ]


def _alarms(ready: Mapping[int, Kept]) -> tuple[list[dict[str, Any]], set[tuple[int, str]]]:
    """The alarms to open and those to end, where some did both meanwhile."""
    begun: dict[tuple[int, str], dict[str, Any]] = {}
    ended: set[tuple[int, str]] = set()
    for camera_id, kept in ready.items():
        for change in kept.changes:
            place = (camera_id, change.kind)
            if change.begins:
                row = {"camera_id": camera_id, "kind": change.kind, "detail": change.detail}
                begun[place] = {**row, "began_at": change.at}
                ended.discard(place)
            elif begun.pop(place, None) is None:
                ended.add(place)
    return list(begun.values()), ended
