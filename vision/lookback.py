"""What a place looked like a little while ago: small copies of the last frames, to find since when something stands there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import cv2
import numpy as np

from vision.gate.planes import Plane

#: Frames that are kept: at 1, 2 and 5 seconds' sampling 16, 32 and 80 seconds.
LENGTH = 16
#: Correlation at which a place looks the same.
SAME = 0.85
#: Samples in a row that something passing may hide.
HIDDEN = 2


class Lookback:
    """The last frames of one camera at half the work size."""

    def __init__(self) -> None:
        self._frames: deque[tuple[datetime, Plane]] = deque(maxlen=LENGTH)

    def __len__(self) -> int:
        return len(self._frames)

    def keep(self, at: datetime, y: Plane) -> None:
        """Keep a frame, the oldest is forgotten."""
        small = cv2.resize(y, (y.shape[1] // 2, y.shape[0] // 2), interpolation=cv2.INTER_AREA)
        self._frames.append((at, np.asarray(small, dtype=np.uint8)))

    def clear(self) -> None:
        """Forget all: the camera's view has changed."""
        self._frames.clear()

    def since(
        self, window: tuple[slice, slice], mask: Plane, same: float = SAME
    ) -> tuple[datetime | None, int]:
        """Since when a place looks as it does in the newest frame, and how many samples show it.

        Args:
            window: rows and columns of the work size.
            mask: what counts within it (0 or 255).
            same: correlation at which it looks the same.
        """
        rows, columns = (slice(one.start // 2, max(one.stop // 2, one.start // 2 + 1)) for one in window)
        shape = (columns.stop - columns.start, rows.stop - rows.start)
        chosen: Any = cv2.resize(mask, shape, interpolation=cv2.INTER_NEAREST) > 0
        began: datetime | None = None
        samples = missing = 0
        newest: Any = None
        for at, plane in self._backwards():
            part = plane[rows, columns][chosen]
            if newest is None:
                newest = part
            if likeness(newest, part) >= same:
                began, samples, missing = at, samples + 1, 0
                continue
            missing += 1
            if missing > HIDDEN:
                break
        return began, samples

    def _backwards(self) -> Iterator[tuple[datetime, Plane]]:
        return reversed(self._frames)


def likeness(one: Any, other: Any) -> float:
    """Correlation of two sets of pixels, -1 to 1: the same in whatever light; two even surfaces are the same."""
    if one.size < 4:
        return 0.0
    first = one.astype(np.float32)
    second = other.astype(np.float32)
    first -= first.mean()
    second -= second.mean()
    deep = float(np.dot(first, first)), float(np.dot(second, second))
    even = 4.0 * one.size  # a standard deviation of 2 levels
    if deep[0] < even and deep[1] < even:
        return 1.0
    product = deep[0] * deep[1]
    return float(np.dot(first, second)) / float(np.sqrt(product)) if product > 0 else 0.0
