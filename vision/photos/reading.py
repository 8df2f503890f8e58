"""A photograph as it is compared: small, in grey and in colour, and by what it is known again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Picture
from vision.photo import upright

#: Longest side, in pixels, at which photographs are compared: more finds no more places and takes longer.
SIDE = 960

#: Points taken of a photograph.
MOST_POINTS = 2000

Grey = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Points:
    """Points by which a place is known again.

    Attributes:
        at: x and y in pixels, a row for each.
        looks: what is around each, as the finder describes it; None without any point.
    """

    at: NDArray[np.float32]
    looks: Any


@dataclass(frozen=True, eq=False)
class Photograph:
    """A photograph that was read.

    Attributes:
        picture: rows x columns x 3 (blue, green, red), its longest side `SIDE` at most.
        grey: the same without colour.
        sha256: of the file, in hexadecimal.
        ratio: its width by its height.
    """

    picture: Picture
    grey: Grey
    sha256: str
    ratio: float

    @cached_property
    def corners(self) -> Points:
        """Its points by ORB: fast, and enough for most pairs."""
        return _points(cv2.ORB.create(nfeatures=MOST_POINTS), self.grey)

    @cached_property
    def patches(self) -> Points:
        """Its points by SIFT: slower, and some places are found by them alone."""
        return _points(cv2.SIFT.create(nfeatures=MOST_POINTS), self.grey)


def read(content: bytes) -> Photograph:
    """Read a photograph from a file (JPEG, PNG or WebP), turned as the camera was held.

    Raises:
        vision.photo.PhotoError: it is too large, no photograph, or damaged.
    """
    image = upright(content, SIDE)
    picture: Any = np.asarray(image, dtype=np.uint8)[:, :, ::-1].copy()
    return Photograph(
        picture=picture,
        grey=np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8),
        sha256=hashlib.sha256(content).hexdigest(),
        ratio=image.width / image.height,
    )


def _points(finder: Any, grey: Grey) -> Points:
    # The contrast of each part is brought to the same, for shade and dusk.
    even = cv2.createCLAHE(2.0, (8, 8)).apply(grey)
    found, looks = finder.detectAndCompute(even, None)
    return Points(np.array([point.pt for point in found], np.float32).reshape(-1, 2), looks)
