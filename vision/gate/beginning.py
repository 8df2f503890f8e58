"""How a background begins: the median of some samples, in which what passed by is not to be seen."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from vision.gate.planes import Planes

#: Samples of which the median is taken.
SAMPLES = 11
#: Samples nearer to each other show the same passers-by; in seconds.
APART = 0.8


class Beginning:
    """Collects samples until there are enough."""

    def __init__(self) -> None:
        self._samples: list[Planes] = []
        self._last: datetime | None = None

    @property
    def missing(self) -> int:
        """Samples that are still wanted."""
        return SAMPLES - len(self._samples)

    def see(self, frame: Planes, at: datetime) -> Planes | None:
        """Take a sample; the median once there are enough."""
        if self._last is not None and (at - self._last).total_seconds() < APART:
            return None
        self._last = at
        self._samples.append(frame)
        if len(self._samples) < SAMPLES:
            return None
        first = Planes(
            _median([one.y for one in self._samples]),
            _median([one.u for one in self._samples]),
            _median([one.v for one in self._samples]),
        )
        self._samples.clear()
        return first


def _median(
    samples: list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    # By bands of rows: the whole stack at once would be the largest thing that a camera ever holds.
    result = np.empty_like(samples[0])
    for top in range(0, result.shape[0], 32):
        band = np.stack([one[top : top + 32] for one in samples])
        result[top : top + 32] = np.partition(band, len(samples) // 2, axis=0)[len(samples) // 2]
    return result
