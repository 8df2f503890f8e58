"""Stills over HTTP: the camera is asked for one each time."""

from __future__ import annotations

from datetime import datetime

from vision.frame import Frame
from vision.sources.allowed import Allowed
from vision.sources.camera import Camera
from vision.sources.decoder import Decoder
from vision.sources.http import Client
from vision.sources.limits import Limits
from vision.sources.reach import Deadline
from vision.sources.source import Source
from vision.sources.stills import frame
from vision.sources.trouble import SourceTrouble


class SnapshotCamera(Camera):
    """A camera that sends a JPEG or PNG for each request."""

    def __init__(self, source: Source, limits: Limits, allowed: Allowed, decoder: Decoder | None) -> None:
        super().__init__(source, limits, decoder)
        self._client = Client(source, limits, allowed)

    def _next(self, at: datetime) -> Frame:
        answer = self._client.get(
            self.source.address, self._limits.still_bytes, Deadline(self._limits.seconds)
        )
        try:
            return frame(answer.body, at, self._decoder)
        except SourceTrouble as trouble:
            if trouble.kind == "not_a_picture":
                trouble.detail = f"{trouble.detail}; it says it is {answer.content_type[:80] or 'nothing'}"
            raise

    def _reset(self) -> None:
        self._client.close()
