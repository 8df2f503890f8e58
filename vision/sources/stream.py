"""A stream that is read by a thread of its own: the newest key frame, and the units of the last seconds."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from vision.sources.conversation import Conversation
from vision.sources.limits import Limits
from vision.sources.rtp import Unit, Units
from vision.sources.trouble import SourceTrouble

# So many units are kept at most: 20 s at 120 pictures a second; tiny ones would take far more than their bytes.
_MOST_UNITS = 2400
# Over so many seconds the rate of a stream is an average.
_WINDOW = 5.0


class Kept:
    """Units of the last seconds, from a key frame on; bounded in bytes."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._units: deque[Unit] = deque()
        self._size = 0

    def add(self, unit: Unit) -> None:
        """Keep one more, and forget what is too old or too much, a group of pictures at a time."""
        if not self._units and not unit.key:
            return
        self._units.append(unit)
        self._size += len(unit.data)
        while self._units and (
            self._size > self._limits.clip_bytes
            or len(self._units) > _MOST_UNITS
            or self._units[-1].arrived - self._units[0].arrived > self._limits.clip_seconds
        ):
            self._forget()

    def last(self, seconds: float) -> list[Unit]:
        """Those of the last seconds, from the last key frame before them on."""
        units = list(self._units)
        since = units[-1].arrived - seconds if units else 0.0
        keys = [place for place, unit in enumerate(units) if unit.key]
        begin = max((place for place in keys if units[place].arrived <= since), default=0)
        return units[begin:]

    def _forget(self) -> None:
        """Drop the first key frame and all that hangs on it."""
        while True:
            self._size -= len(self._units.popleft().data)
            if not self._units or self._units[0].key:
                return


class Stream:
    """Reads a conversation's packets until it is closed or breaks.

    Args:
        conversation: one that plays; it is closed with this.
    """

    def __init__(self, conversation: Conversation, limits: Limits) -> None:
        track = conversation.track
        self.codec = track.codec
        self._conversation = conversation
        self._limits = limits
        self._units = Units(track.codec, track.payload, track.parameter_sets, limits.still_bytes)
        self._changed = threading.Condition()
        self._kept = Kept(limits)
        self._key: Unit | None = None
        self._first: int | None = None
        self._arrived = time.monotonic()
        self._trouble: SourceTrouble | None = None
        self._closed = False
        threading.Thread(target=self._read, name="stream", daemon=True).start()

    def key(self, after: Unit | None, seconds: float) -> Unit:
        """The newest key frame, waited for where it is not newer than `after`.

        Raises:
            SourceTrouble: of the stream; ``too_slow`` where none came in that time.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._trouble is not None or self._newer(after), seconds)
            if self._key is not None and self._newer(after):
                return self._key
            if self._trouble is not None:
                raise self._trouble
        raise SourceTrouble(
            "too_slow", f"no key frame came for {seconds:.0f} s: have the camera send one every 2 s"
        )

    def seconds(self, unit: Unit) -> float:
        """When a unit is shown, from the first one on."""
        return (unit.ticks - (self._first or 0)) / 90_000

    def last(self, seconds: float) -> list[Unit]:
        """The units of the last seconds, from a key frame on."""
        with self._changed:
            return self._kept.last(seconds)

    @property
    def flows(self) -> bool:
        """Whether pictures come, key frames or not."""
        return self._trouble is None and time.monotonic() - self._arrived < self._limits.seconds

    def close(self) -> None:
        """End the thread, and the connection with it."""
        self._closed = True
        self._conversation.close()

    def _newer(self, after: Unit | None) -> bool:
        return self._key is not None and self._key is not after

    def _read(self) -> None:
        rate = _Rate(self._limits.stream_rate)
        spoken = time.monotonic()
        try:
            while not self._closed:
                came, packets = self._conversation.packets(self._limits.seconds)
                rate.add(came)
                for packet in packets:
                    for unit in self._units.take(packet):
                        self._add(unit)
                if time.monotonic() - spoken > self._conversation.patience / 2:
                    self._conversation.keep_alive()
                    spoken = time.monotonic()
        except SourceTrouble as trouble:
            with self._changed:
                self._trouble = trouble
                self._changed.notify_all()
        self._conversation.close()

    def _add(self, unit: Unit) -> None:
        with self._changed:
            self._arrived = unit.arrived
            self._first = unit.ticks if self._first is None else self._first
            self._kept.add(unit)
            if unit.key:
                self._key = unit
                self._changed.notify_all()


class _Rate:
    """Refuses a stream that sends more than it may."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most * _WINDOW
        self._clock = clock
        self._since = clock()
        self._bytes = 0

    def add(self, size: int) -> None:
        now = self._clock()
        if now - self._since > _WINDOW:
            self._since, self._bytes = now, 0
        self._bytes += size
        if self._bytes > self._most:
            raise SourceTrouble(
                "too_large", f"the stream sends more than {self._most / _WINDOW:.0f} bytes a second"
            )
