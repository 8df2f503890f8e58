"""Cameras: one picture when it is asked for, or the trouble that there is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from vision.frame import Frame
from vision.sources.backoff import Backoff
from vision.sources.decoder import Decoder
from vision.sources.limits import Limits
from vision.sources.source import Source
from vision.sources.trouble import SourceTrouble


class Camera(ABC):
    """The pictures of one source. `vision.sources.open` makes one; it is used by one thread at a time.

    After trouble it is not asked again before `retry_at`: until then `next` raises the same trouble and touches no network.
    """

    def __init__(self, source: Source, limits: Limits, decoder: Decoder | None) -> None:
        self.source = source
        self.retry_at: datetime | None = None
        self._limits = limits
        self._decoder = decoder or Decoder(limits)
        self._owned = self._decoder if decoder is None else None
        self._backoff = Backoff(source.name, limits.retry_seconds)
        self._longest = timedelta(seconds=2 * limits.retry_seconds)
        self._trouble: SourceTrouble | None = None

    def next(self, at: datetime) -> Frame:
        """The picture of now.

        Args:
            at: now. The frame of a stream was taken earlier, by the age of its key frame.

        Raises:
            SourceTrouble: it gives none.
        """
        # A clock that was set back does not silence the camera for longer than a wait lasts.
        if self._trouble and self.retry_at and at < self.retry_at <= at + self._longest:
            raise SourceTrouble(self._trouble.kind, self._trouble.detail, self.retry_at)
        try:
            frame = self._next(at)
        except SourceTrouble as trouble:
            self.retry_at = trouble.retry_at = self._backoff.failed(at)
            self._trouble = trouble
            self._reset()
            raise
        self._backoff.worked()
        self._trouble = self.retry_at = None
        return frame

    def packets(self, seconds: float) -> bytes | None:
        """The last seconds as an MP4 file of the packets as the camera sent them, from a key frame on.

        Returns:
            None for a camera of stills, and where nothing was kept yet.

        Raises:
            SourceTrouble: what was kept makes no clip, or it could not be fetched.
        """
        return None

    def close(self) -> None:
        """Give back connections, and the decoder where it is its own."""
        self._reset()
        if self._owned is not None:
            self._owned.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def _next(self, at: datetime) -> Frame: ...

    def _reset(self) -> None:  # noqa: B027 - nothing to forget where nothing is kept
        """Forget the connection: the next picture begins with a new one."""
