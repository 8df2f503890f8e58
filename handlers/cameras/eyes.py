"""Eyes: one camera each, with what is known of it. An eye is asked for one look at a time, and none of another's trouble reaches it."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any

import orjson
import structlog

from handlers.cameras.alarms import Alarms, Change
from handlers.cameras.packing import packed, unpacked
from handlers.cameras.reading import Watched
from vision.detect import Detector
from vision.frame import Frame
from vision.health import Health
from vision.sighting import Sighting
from vision.sources import Camera, SourceTrouble
from vision.watching import Watcher

logger = structlog.get_logger()

#: How much of a stream before an alarm its clip shows, in seconds.
CLIP_SECONDS = 10.0
#: What is known of a camera is thrown away when so many looks in a row stumble over it.
STUMBLES = 3
#: The kind of the alarm of a picture that the program itself cannot cope with.
FAILED = "failed"


@dataclass(frozen=True)
class Known:
    """What an eye knows, as another one can go on with it.

    Attributes:
        content: of the watcher.
        health: of the camera's health.
        view: what the rules see, for the page, as JSON.
        at: of the last frame; None before the first.
    """

    content: bytes = b""
    health: bytes = b""
    view: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True)
class Look:
    """What came of one look.

    Attributes:
        camera_id: whose.
        frame: the picture, None where there is none.
        sightings: each with the clip of its alarm, where the source is a stream.
        changes: alarms that begin or end.
        known: what the eye knows now; None unless it was asked for, or there are sightings.
    """

    camera_id: int
    frame: Frame | None = None
    sightings: Sequence[tuple[Sighting, bytes | None]] = ()
    changes: Sequence[Change] = ()
    known: Known | None = None


class Eye:
    """One camera under watch.

    Args:
        watched: the camera.
        source: its pictures; the eye closes it.
        detector: shared by all eyes of a process; None where no model is there.
        timezone: of the city, in which its zones hold.
        known: what an earlier one knew.
        told: the kinds of its alarms that are open.
        thinking: held while a picture is looked at, so that a process takes one processor.

    Raises:
        VisionError: a zone or a rule of the camera cannot be used.
    """

    def __init__(
        self,
        watched: Watched,
        source: Camera,
        *,
        detector: Detector | None = None,
        timezone: tzinfo | None = None,
        known: Known | None = None,
        told: Collection[str] = (),
        thinking: threading.Lock | None = None,
    ) -> None:
        self.watched = watched
        self._source = source
        self._detector, self._timezone = detector, timezone
        self._thinking = thinking or threading.Lock()
        self._alarms = Alarms(told)
        self._stumbled = 0
        before = known or Known()
        self._at = before.at
        self._begin(before.content, before.health)

    @property
    def told(self) -> frozenset[str]:
        """The kinds of its alarms that are open."""
        return self._alarms.told

    def look(self, at: datetime, *, keep: bool = False) -> Look:
        """Take the picture of an instant, given in the city's time zone, and look at it.

        Args:
            keep: whether what is known afterwards is to be kept.
        """
        try:
            frame = self._source.next(at)
        except SourceTrouble as trouble:
            return Look(self.watched.id, changes=self._alarms.failed(trouble.kind, trouble.detail, at))
        with self._thinking:
            try:
                look = self._see(frame, keep)
            except Exception as error:  # noqa: BLE001 - one camera's picture must not end the watch over all others
                self._stumble(error)
                return Look(
                    self.watched.id, frame, changes=self._alarms.failed(FAILED, type(error).__name__, at)
                )
        # A clip may have to be fetched, for which no other camera waits.
        return replace(look, sightings=[(one, self._clip(one)) for one, _ in look.sightings])

    def known(self) -> Known:
        """What it knows; not to be asked for while it looks."""
        view = orjson.loads(orjson.dumps(self._watcher.seen(), default=str))
        return Known(self._watcher.checkpoint(), packed(self._health.state()), view, self._at)

    def close(self) -> None:
        """Let go of the source."""
        self._source.close()

    def _see(self, frame: Frame, keep: bool) -> Look:
        found = self._health.see(frame)
        sightings = [(one, None) for one in self._watcher.see(frame)]
        self._at, self._stumbled = frame.at, 0
        changes = self._alarms.seen(found, frame.at)
        known = self.known() if keep or sightings else None
        return Look(self.watched.id, frame, sightings, changes, known)

    def _clip(self, sighting: Sighting) -> bytes | None:
        if sighting.turn != "alarm":
            return None
        try:
            return self._source.packets(CLIP_SECONDS)
        except SourceTrouble as trouble:
            # Its stills prove it, too.
            logger.warning("a sighting has no clip", camera=self.watched.id, reason=str(trouble))
            return None
        except Exception:
            # The watcher tells it once: whatever goes wrong here, the sighting itself goes on.
            logger.exception("a sighting has no clip", camera=self.watched.id)
            return None

    def _begin(self, content: bytes, health: bytes) -> None:
        zones, rules = self.watched.zones, self.watched.rules
        state = content or None
        self._watcher = Watcher(zones, rules, self._detector, state, timezone=self._timezone)
        self._health = Health(unpacked(health))

    def _stumble(self, error: Exception) -> None:
        self._stumbled += 1
        if self._stumbled == 1:
            logger.exception("a picture cannot be looked at", camera=self.watched.id)
        if self._stumbled == STUMBLES:
            logger.error("what is known of a camera is thrown away", camera=self.watched.id, error=str(error))
            self._begin(b"", b"")
