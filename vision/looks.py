"""What a picture looks like in the small: its greys, its outlines, how sharp it is, and how like another."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Picture

#: Columns and rows of the small picture.
WIDTH, HEIGHT = 160, 90

#: The small picture in grey; its outlines are as large, from 0 to 1.
Grey = NDArray[np.uint8]


def small(picture: Picture) -> Grey:
    """The picture in grey, 160 x 90."""
    step = max(picture.shape[1] // (2 * WIDTH), 1)
    grey = cv2.cvtColor(np.ascontiguousarray(picture[::step, ::step]), cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def lightest(grey: Grey) -> float:
    """The grey value that a hundredth of the picture exceeds."""
    return float(np.partition(grey, -grey.size // 100, axis=None)[-grey.size // 100])


def outlines(grey: Grey) -> NDArray[np.float32]:
    """How strong the edges are, each place compared with the strongest: much the same by day and by night."""
    smooth = cv2.GaussianBlur(grey, (5, 5), 0)
    x, y = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    strength = cv2.sqrt(cv2.magnitude(x, y))
    strongest = float(np.partition(strength, -strength.size // 50, axis=None)[-strength.size // 50]) or 1.0
    return np.asarray(np.minimum(strength / strongest, 1.0), np.float32)


def aligned(
    one: NDArray[np.float32], other: NDArray[np.float32], x: int, y: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What both show where one is the other, shifted right by x and down by y."""
    rows, columns = one.shape
    there = one[max(y, 0) : rows + min(y, 0), max(x, 0) : columns + min(x, 0)]
    here = other[max(-y, 0) : rows + min(-y, 0), max(-x, 0) : columns + min(-x, 0)]
    return np.ascontiguousarray(there), np.ascontiguousarray(here)


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Pearson's correlation."""
    return float(cv2.matchTemplate(one, other, cv2.TM_CCOEFF_NORMED)[0, 0])


def sharpness(picture: Picture) -> float:
    """How much of the contrast is in the finest detail: variance of the Laplacian in that of the grey values, whatever the light;
    the median of nine patches in full resolution."""
    rows, columns = picture.shape[:2]
    side = min(64, rows // 4, columns // 4)
    if side < 8:
        return 0.0
    found = []
    for row in (1, 3, 5):
        for column in (1, 3, 5):
            top, left = rows * row // 6 - side // 2, columns * column // 6 - side // 2
            patch = cv2.cvtColor(
                np.ascontiguousarray(picture[top : top + side, left : left + side]), cv2.COLOR_BGR2GRAY
            )
            found.append(float(cv2.Laplacian(patch, cv2.CV_32F).var()) / (float(patch.var()) + 1.0))
    return sorted(found)[len(found) // 2]


@cache
def window() -> NDArray[np.float32]:
    """What phase correlation weights the small picture by: less towards its edges."""
    return np.asarray(cv2.createHanningWindow((WIDTH, HEIGHT), cv2.CV_32F), np.float32)
