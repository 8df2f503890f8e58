"""A bare street of a few boxes, for tests of the parts; the made scenes of the product are for the suites."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from vision.detect import Detection
from vision.frame import Box, Frame, Picture
from vision.sighting import Sighting
from vision.watching import Watcher
from vision.zones import Zone

BEGAN = datetime(2026, 11, 23, 8, tzinfo=UTC)
ZONE = Zone(
    "kerb", "no_parking", ((0.1, 0.3), (0.9, 0.3), (0.9, 0.95), (0.1, 0.95)), ("parking",), dwell=40.0
)
_GROUND = cv2.resize(
    np.random.default_rng(1).integers(70, 130, (23, 40, 3), dtype=np.uint8),
    (320, 180),
    interpolation=cv2.INTER_CUBIC,
)
_NOISE = np.random.default_rng(2).normal(0.0, 2.0, (7, *_GROUND.shape)).astype(np.int16)
#: Where a car of `car` stands, as a share of the picture.
CAR: Box = (0.3, 0.6, 0.5, 0.78)


def street(light: float = 1.0, seed: int = 0) -> Picture:
    """The empty street in some light, with the noise of a camera."""
    lit = cv2.convertScaleAbs(_GROUND, alpha=light)
    return np.asarray(cv2.add(lit, _NOISE[seed % len(_NOISE)], dtype=cv2.CV_8U), np.uint8)


def car(picture: Picture, left: float = 0.3, colour: tuple[int, int, int] = (200, 205, 210)) -> Picture:
    """A car that stands there with its left end."""
    x, y = round(left * 320), 108
    cv2.rectangle(picture, (x, y), (x + 64, y + 28), colour, -1)
    cv2.rectangle(picture, (x + 10, y + 3), (x + 54, y + 12), (50, 45, 40), -1)
    cv2.circle(picture, (x + 12, y + 28), 5, (15, 15, 15), -1)
    cv2.circle(picture, (x + 52, y + 28), 5, (15, 15, 15), -1)
    return picture


def bus(picture: Picture) -> Picture:
    """A bus that hides whatever stands at the kerb."""
    cv2.rectangle(picture, (40, 80), (290, 178), (40, 150, 190), -1)
    cv2.rectangle(picture, (60, 90), (270, 110), (60, 50, 45), -1)
    return picture


def frame(picture: Picture, seconds: float) -> Frame:
    """A picture as a frame of that instant."""
    return Frame(picture, BEGAN + timedelta(seconds=seconds))


def watched(
    watcher: Watcher, draw: Callable[[float], Picture], begin: float, end: float, every: float = 2.0
) -> list[Sighting]:
    """What is told from one instant to another."""
    told: list[Sighting] = []
    now = begin
    while now < end:
        told += watcher.see(frame(draw(now), now))
        now += every
    return told


def parks_at(begin: float, end: float = 1e9) -> Callable[[float], Picture]:
    """A street in which a car stands from one instant to another."""

    def draw(now: float) -> Picture:
        picture = street(seed=int(now))
        return car(picture) if begin <= now < end else picture

    return draw


class Answering:
    """A detector that says what it was told to say of a part of the picture, and counts how often it was asked."""

    key, digest = "told", "0" * 64

    def __init__(self, name: str = "", parts: int = 1) -> None:
        self.name = name
        self.parts = parts
        self.asked = 0

    def detect(self, picture: Picture, at_least: float = 0.3) -> Sequence[Detection]:
        """The middle of the picture, where what is asked about is, in so many parts beside each other."""
        self.asked += 1
        if not self.name or picture.shape[1] == 320:
            return []
        left, right = 0.27, 0.73
        width = (right - left) / self.parts
        return [
            Detection(self.name, 0.8, (left + n * width, 0.25, left + (n + 1) * width, 0.75))
            for n in range(self.parts)
        ]
