"""When a camera in trouble is asked again: after 1, 2, 4 .. seconds, not all of a group at once."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

_JITTER = 0.25


class Backoff:
    """The waits of one camera.

    Args:
        name: of the camera; each has its own share of up to a quarter more, the same each time, so that cameras which fail
            together (a switch that restarts) do not come back together.
        most: seconds of the longest wait, before that share.
    """

    def __init__(self, name: str, most: float = 60.0) -> None:
        share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) / 2**32
        self._factor = 1 + _JITTER * share
        self._most = most
        self._failures = 0

    def failed(self, at: datetime) -> datetime:
        """When to ask again, after one more failure."""
        seconds = min(2.0 ** min(self._failures, 30), self._most)
        self._failures += 1
        return at + timedelta(seconds=seconds * self._factor)

    def worked(self) -> None:
        """Begin anew: the camera gave a picture."""
        self._failures = 0
