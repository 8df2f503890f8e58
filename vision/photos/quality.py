"""Whether a photograph can be judged: light enough, and sharp enough.

Blur is measured as Crété, Dolmiere, Ladret and Nicolas do ("The blur effect", SPIE 6492, 2007): a picture that is
blurred once more loses its gradients if it was sharp, and hardly any if it was blurred before. That says nothing about how
much there is to see, so a bare road is not taken for a blurred one.
"""

from __future__ import annotations

import cv2
import numpy as np

from vision.photos.reading import Grey

#: Where 95 of 100 pixels are darker than this (of 255), nothing can be made out.
DARK = 45.0
#: Of 1: sharp photographs were at 0.15 to 0.46, those blurred over nine pixels of the compared size at 0.59 to 0.79.
BLURRED = 0.55
#: A picture whose pixels differ by less from their neighbours, on average, has no edges by which to judge.
FLAT = 0.15


def is_dark(grey: Grey) -> bool:
    """Whether it is too dark to see what it shows."""
    return float(np.percentile(grey[::4, ::4], 95)) < DARK


def is_blurred(grey: Grey) -> bool:
    """Whether it is too blurred to see what it shows."""
    return blur(grey) > BLURRED


def blur(grey: Grey) -> float:
    """How blurred a picture is: 0 for the sharpest, towards 1; 0 too where nothing can be said."""
    values = grey.astype(np.float32)
    return max(_along(values, (9, 1)), _along(values, (1, 9)))


def _along(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]], kernel: tuple[int, int]) -> float:
    """Along one axis: `kernel` is the width and height of the window by which it is blurred once more."""
    axis = 1 if kernel[0] > 1 else 0
    blurred = cv2.blur(values, kernel)
    before = np.abs(np.diff(values, axis=axis))
    lost = np.maximum(before - np.abs(np.diff(blurred, axis=axis)), 0.0)
    total = float(before.sum())
    if total < FLAT * before.size:
        return 0.0
    return (total - float(lost.sum())) / total
