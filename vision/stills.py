"""The frames that are kept in case they become evidence: the last ones, and one of a little while ago."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass
from datetime import datetime

import cv2

from vision.frame import Frame
from vision.sighting import Still

#: Frames kept of the immediate past, and the age in seconds at which one is kept as what the place was like before.
RECENT, EARLIER = 6, 30.0
QUALITY = 90


@dataclass(frozen=True, slots=True)
class Kept:
    """The bytes of one frame."""

    at: datetime
    jpeg: bytes
    original: bool

    def still(self, role: str) -> Still:
        """As a still of a sighting."""
        return Still(role, self.at, self.jpeg, self.original, hashlib.sha256(self.jpeg).hexdigest())


def kept(frame: Frame) -> Kept:
    """The bytes of a frame: the camera's own, or encoded here where it came out of a video."""
    if frame.jpeg is not None:
        return Kept(frame.at, frame.jpeg, True)
    _, content = cv2.imencode(".jpg", frame.picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return Kept(frame.at, content.tobytes(), False)


class Stills:
    """The frames of one camera that may yet be wanted."""

    def __init__(self) -> None:
        self._recent: deque[Kept] = deque(maxlen=RECENT)
        self._earlier: deque[Kept] = deque(maxlen=2)

    def keep(self, frame: Frame, wanted: bool) -> None:
        """Keep a frame.

        Args:
            wanted: whether something is going on; if not, one that would have to be encoded is kept once a while only.
        """
        due = not self._earlier or (frame.at - self._earlier[-1].at).total_seconds() >= EARLIER
        if not (wanted or due or frame.jpeg is not None):
            return
        one = kept(frame)
        if due:
            self._earlier.append(one)
        self._recent.append(one)

    def of(self, began_at: datetime) -> tuple[Kept | None, Kept | None]:
        """The last frame before an instant, and the first one from then on."""
        known = sorted(
            {one.at: one for one in (*self._earlier, *self._recent)}.values(), key=lambda one: one.at
        )
        before = [one for one in known if one.at < began_at]
        since = [one for one in known if one.at >= began_at]
        return (before[-1] if before else None), (since[0] if since else None)
