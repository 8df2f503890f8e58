"""RTSP cameras: of their stream only key frames are decoded, and each only when it is asked for."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from vision.frame import Frame
from vision.sources.allowed import Allowed
from vision.sources.camera import Camera
from vision.sources.conversation import Conversation
from vision.sources.decoder import Decoder
from vision.sources.limits import Limits
from vision.sources.reach import Deadline
from vision.sources.rtp import Unit
from vision.sources.source import Source
from vision.sources.stream import Stream


class RtspCamera(Camera):
    """A camera with a stream, which is connected to with the first picture and read from then on until it is closed."""

    def __init__(self, source: Source, limits: Limits, allowed: Allowed, decoder: Decoder | None) -> None:
        super().__init__(source, limits, decoder)
        self._allowed = allowed
        self._stream: Stream | None = None
        self._given: Unit | None = None
        self._size = 0, 0

    def _next(self, at: datetime) -> Frame:
        deadline = Deadline(self._limits.seconds)
        if self._stream is None:
            self._stream = Stream(Conversation(self.source, self._allowed, deadline), self._limits)
        unit = self._stream.key(self._given, deadline.left)
        picture = self._decoder.unit(unit.data, self._stream.codec)
        self._given = unit
        frame = Frame(
            picture,
            at - timedelta(seconds=time.monotonic() - unit.arrived),
            stream_at=self._stream.seconds(unit),
        )
        self._size = frame.size
        return frame

    def packets(self, seconds: float) -> bytes | None:
        """The last seconds of the stream; None before its first picture."""
        units = self._stream.last(min(seconds, self._limits.clip_seconds)) if self._stream is not None else []
        if not units or self._stream is None or not self._size[0]:
            return None
        first = min(unit.ticks for unit in units)
        return self._decoder.clip(
            "remux",
            [unit.data for unit in units],
            codec=self._stream.codec,
            units=[[len(unit.data), unit.ticks - first, int(unit.key)] for unit in units],
            width=self._size[0],
            height=self._size[1],
        )

    def _reset(self) -> None:
        # A camera that sends too few key frames stays connected: the next one may be on its way.
        if self._stream is not None and not (self._stream.flows and self._waiting):
            self._stream.close()
            self._stream = self._given = None

    @property
    def _waiting(self) -> bool:
        return self._trouble is not None and self._trouble.kind == "too_slow"

    def close(self) -> None:
        """Leave the stream, and give the decoder back where it is its own."""
        self._trouble = None
        super().close()
