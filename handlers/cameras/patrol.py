"""A patrol: one process over the cameras of one group, look after look, until it is told to stop."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from engine.errors import GridcaseError
from engine.settings import Settings
from engine.store import revisions
from engine.store.database import Database
from handlers.cameras.eyes import Eye, Known, Look
from handlers.cameras.keeping import Keeper, Superseded
from handlers.cameras.reading import Watched, read_group
from handlers.cameras.stills import Stills
from handlers.cameras.timetable import Timetable
from handlers.store import camera_watches
from handlers.store.cameras import REVISION
from vision.errors import VisionError
from vision.stills import kept

logger = structlog.get_logger()

#: How often the watch says that it is there, and asks what changed, in seconds.
BEAT_SECONDS = 2.0
#: How often it is asked whether another model is in use, in seconds.
MODEL_SECONDS = 20.0
#: How often what is known of a camera is kept.
KEEP_SECONDS = 60.0
#: Threads wait for pictures, they compute nothing: a camera that does not answer holds up no other one.
THREADS = 64
#: How long looks under way are waited for at the end.
END_SECONDS = 5.0

#: Has a function done with these arguments, at once or in a thread.
Submit = Callable[..., object]
#: Opens the eye of a camera: what is known of it, and the kinds of its open alarms.
Opener = Callable[[Watched, Known | None, frozenset[str]], Eye]


class Patrol:
    """The watch over one group.

    Args:
        open_eye: see `Opener`.
        seconds: a clock that never goes back.
        worked: seconds of a processor that this watch has taken, its decoder included.
        renewed: opens another model if one has come into use since the eyes were opened; whether it did.
        goes_on: is called with each beat: a watch that does not beat hangs.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        group_no: int,
        open_eye: Opener,
        seconds: Callable[[], float] = time.monotonic,
        *,
        worked: Callable[[], float] = time.process_time,
        renewed: Callable[[], bool] = lambda: False,
        goes_on: Callable[[], None] = lambda: None,
    ) -> None:
        self._database, self._group, self._open, self._seconds = database, group_no, open_eye, seconds
        self._work, self._renewed, self._model_at = worked, renewed, seconds() + MODEL_SECONDS
        self._goes_on = goes_on
        self._keeper = Keeper(database, settings, group_no)
        self._stills = Stills(settings)
        self._timetable = Timetable()
        self._eyes: dict[int, Eye] = {}
        self._keep_at: dict[int, float] = {}
        self._still_at: dict[int, datetime] = {}
        self._looking: set[int] = set()
        # No SimpleQueue: up to Python 3.12 its get() may wait for ever, where its short time is over before it begins to wait.
        self._looks: queue.Queue[tuple[Eye, Look]] = queue.Queue()
        self._looked_at: frozenset[int] = frozenset()
        self._revision, self._cameras = -1, 0
        self._away = self._seen = False
        self._beat_at = seconds()
        self._worked, self._told_at = worked(), seconds()

    def run(self, told: threading.Event) -> None:
        """Look until told to stop, until another process watches this group, or until it has no camera any more."""
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="eye")
        try:
            self.take_up()
            while self._cameras and not told.is_set():
                self.turn(pool.submit, self._wait())
            self.finish()
        except Superseded:
            logger.warning("another process watches this group", group=self._group, epoch=self._keeper.epoch)
        finally:
            for eye in self._eyes.values():
                eye.close()
            pool.shutdown(wait=False, cancel_futures=True)

    def turn(self, submit: Submit, seconds: float) -> None:
        """Begin the looks that are due, take in those that ended, and keep what is to be kept.

        Args:
            submit: has a look done, at once or in a thread.
            seconds: how long to wait for a look to end.
        """
        now = self._seconds()
        for camera_id in self._timetable.begin(now):
            self._begin(submit, camera_id, now)
        self._take_in(seconds)
        if (self._keeper.urgent and not self._away) or self._seconds() >= self._beat_at:
            self._beat()

    def _wait(self) -> float:
        """Seconds until there is something to do."""
        now = self._seconds()
        return min(self._timetable.wait(now), max(0.0, self._beat_at - now))

    def _begin(self, submit: Submit, camera_id: int, now: float) -> None:
        eye = self._eyes[camera_id]
        keep = camera_id in self._looked_at or now >= self._keep_at[camera_id]
        if now >= self._keep_at[camera_id]:
            self._keep_at[camera_id] = now + KEEP_SECONDS
        at = self._database.clock.now().astimezone(self._database.time_zone)
        self._looking.add(camera_id)
        submit(self._look, eye, at, keep)

    def _look(self, eye: Eye, at: datetime, keep: bool) -> None:
        """In a thread: whatever comes of it, the turn of the camera ends."""
        look = Look(eye.watched.id)
        try:
            look = eye.look(at, keep=keep)
        except Exception:
            logger.exception("a camera cannot be looked at", camera=eye.watched.id)
        finally:
            self._looks.put((eye, look))

    def _take_in(self, seconds: float) -> None:
        """Take in the looks that ended, waiting so long for the first."""
        try:
            while True:
                eye, look = self._looks.get(timeout=max(seconds, 0.001))
                seconds = 0.0
                self._ended(eye, look)
        except queue.Empty:
            return

    def _ended(self, eye: Eye, look: Look) -> None:
        if self._eyes.get(look.camera_id) is not eye:
            # The camera was changed or removed meanwhile.
            eye.close()
            return
        self._timetable.end(look.camera_id)
        self._looking.discard(look.camera_id)
        self._keeper.add(look)
        if not self._seen and look.frame is not None:
            # Whoever waits for this watch to take over is told at once.
            self._seen, self._beat_at = True, self._seconds()
        if look.frame is not None and look.known is not None:
            self._keep_still(look)

    def _keep_still(self, look: Look) -> None:
        assert look.frame is not None, "it was asked for"
        before = self._still_at.get(look.camera_id)
        recent = before is None or look.frame.at - before >= timedelta(seconds=KEEP_SECONDS)
        if recent:
            self._still_at[look.camera_id] = look.frame.at
        try:
            self._stills.keep(look.camera_id, look.frame.at, kept(look.frame).jpeg, recent=recent)
        except OSError as error:
            # They are no evidence: a disk that is full ends no watch.
            logger.warning("a still cannot be kept", camera=look.camera_id, reason=str(error))

    def _beat(self) -> None:
        """Write, and take up what changed; a database that is away is asked again with the next beat."""
        self._goes_on()
        self._beat_at = self._seconds() + BEAT_SECONDS
        self._keeper.add_late(self._timetable.late())
        try:
            self._looked_at = self._keeper.write(len(self._eyes), self._load())
            self.take_up()
            self._take_up_model()
            self._away = False
        except GridcaseError as error:
            self._away = True
            logger.warning("what was seen is kept for later", group=self._group, reason=str(error))

    def take_up(self) -> None:
        """Open the eyes of cameras that are new or changed, close those of cameras that are gone."""
        with self._database.unit_of_work() as uow:
            revision = revisions.read(uow.conn).get(REVISION, 0)
            if revision == self._revision:
                return
            group = read_group(uow, self._group)
            # What is known of a camera is large, and with each change anywhere all watches come here.
            new = [camera_id for camera_id in group if camera_id not in self._eyes]
            states = camera_watches.states(uow.conn, new)
            alarms = camera_watches.open_alarms(uow.conn, new)
        told: dict[int, set[str]] = {}
        for row in alarms:
            told.setdefault(row["camera_id"], set()).add(row["kind"])
        for camera_id in set(self._eyes) - set(group):
            self._let_go(camera_id)
        for camera_id, watched in group.items():
            eye = self._eyes.get(camera_id)
            if eye is None:
                self._set(watched, _known(states.get(camera_id)), frozenset(told.get(camera_id, ())))
            elif eye.watched != watched:
                self._change(eye, watched)
        self._revision, self._cameras = revision, len(group)
        logger.info("cameras are watched", group=self._group, cameras=len(self._eyes))

    def _take_up_model(self) -> None:
        """Let all eyes see with the model that has come into use, each with what it knows."""
        if self._seconds() < self._model_at:
            return
        self._model_at = self._seconds() + MODEL_SECONDS
        if self._renewed():
            logger.info("another model is in use", group=self._group)
            for eye in list(self._eyes.values()):
                self._change(eye, eye.watched)

    def _set(self, watched: Watched, known: Known | None, told: frozenset[str]) -> None:
        try:
            eye = self._open(watched, known, told)
        except VisionError as error:
            logger.warning(
                "a camera cannot be watched", camera=watched.code, field=error.field, reason=str(error)
            )
            return
        now = self._seconds()
        self._eyes[watched.id] = eye
        self._timetable.set(watched.id, watched.code, watched.interval, watched.host, now)
        # With its first look; and as the first looks are spread, so are the later ones.
        self._keep_at.setdefault(watched.id, now)

    def _change(self, eye: Eye, watched: Watched) -> None:
        """Another eye goes on with what this one knows, as far as it still holds."""
        known: Known | None
        if watched.id not in self._looking:
            known, told = eye.known(), eye.told
        else:
            # What comes of the look under way is thrown away: it goes on as if that had not been begun.
            with self._database.unit_of_work() as uow:
                known = _known(camera_watches.states(uow.conn, [watched.id]).get(watched.id))
                alarms = camera_watches.open_alarms(uow.conn, [watched.id])
            told = frozenset(row["kind"] for row in alarms)
        if known is not None and watched.zones != eye.watched.zones:
            # As the camera looks now it is right: its zones were drawn on what it shows.
            known = replace(known, health=b"")
        self._close(eye)
        del self._eyes[watched.id]
        self._timetable.remove(watched.id)
        self._set(watched, known, told)

    def _let_go(self, camera_id: int) -> None:
        eye = self._eyes.pop(camera_id)
        self._timetable.remove(camera_id)
        self._keep_at.pop(camera_id, None)
        self._still_at.pop(camera_id, None)
        self._close(eye)
        self._keeper.drop(camera_id, eye.told)

    def _close(self, eye: Eye) -> None:
        """Close an eye; one that looks is closed when its look ends."""
        if eye.watched.id in self._looking:
            self._looking.discard(eye.watched.id)
        else:
            eye.close()

    def finish(self) -> None:
        """Put away what is known, as far as looks end in time."""
        until = time.monotonic() + END_SECONDS
        while self._looking and time.monotonic() < until:
            self._take_in(0.1)
        for camera_id, eye in self._eyes.items():
            if camera_id not in self._looking:
                self._keeper.add_known(camera_id, eye.known())
        try:
            self._keeper.write(len(self._eyes), self._load())
        except GridcaseError as error:
            logger.warning("what was known last is lost", group=self._group, reason=str(error))

    def _load(self) -> float:
        """The share of one processor that this watch took since it was last asked."""
        worked, now = self._work(), self._seconds()
        share = (worked - self._worked) / max(now - self._told_at, 0.001)
        self._worked, self._told_at = worked, now
        return share


def _known(row: Mapping[str, Any] | None) -> Known | None:
    if row is None:
        return None
    return Known(row["content"], row["health"], row["view"], row["frame_at"])
