"""Whether a photograph was handed in before: the same file, or the same picture saved once more."""

from __future__ import annotations

import cv2
import numpy as np

from vision.photos.reading import Grey, Photograph

#: Bits of 64 by which the hashes of a picture and of its copy differ at most (measured); the same camera a minute later differs by more.
MOST_BITS = 2
#: Sizes of a copy differ by rounding only.
MOST_RATIO = 0.01
#: A copy differs by less in every part of the picture, of 255; a car that came or went differs by more.
MOST_DIFFERENCE = 10.0
#: A picture without any structure has a hash that many others have.
LEAST_SPREAD = 8.0

_PARTS = 32


def is_reused(one: Photograph, other: Photograph) -> bool:
    """Whether two photographs are the same file, or one is a copy of the other in another quality or size."""
    if one.sha256 == other.sha256:
        return True
    if abs(one.ratio / other.ratio - 1.0) > MOST_RATIO:
        return False
    parts = _parts(one.grey), _parts(other.grey)
    if min(float(part.std()) for part in parts) < LEAST_SPREAD:
        return False
    bits = int(np.count_nonzero(difference_hash(one.grey) != difference_hash(other.grey)))
    return bits <= MOST_BITS and float(np.abs(parts[0] - parts[1]).max()) <= MOST_DIFFERENCE


def difference_hash(grey: Grey) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which of 8 x 8 places of the picture are lighter than the one to their left."""
    small = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.asarray(small[:, 1:] > small[:, :-1])


def _parts(grey: Grey) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return cv2.resize(grey, (_PARTS, _PARTS), interpolation=cv2.INTER_AREA).astype(np.float32)
