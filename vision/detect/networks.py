"""Detectors that are networks: a picture goes in as numbers, numbers come out and are made into detections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.detect import Detection
from vision.detect.runtimes import Network, Numbers
from vision.frame import Picture

#: How much of both together two boxes of one class may have in common; of more, the surer one stays.
MOST_OVERLAP = 0.5
#: What is told of one picture at most.
MOST_DETECTIONS = 300


@dataclass(frozen=True)
class Candidates:
    """What a network says before anything is decided.

    Attributes:
        boxes: candidates x left, top, right, bottom, in pixels of the network's own input.
        scores: candidates x classes, 0 to 1.
    """

    boxes: Numbers
    scores: Numbers


@dataclass(frozen=True)
class Fit:
    """How a picture of any size came to lie in a network's input: scaled evenly, with bars on two sides.

    Attributes:
        scale: pixels of the input for one of the picture.
        left, top: where the picture begins.
        width, height: of the picture, in its own pixels.
    """

    scale: float
    left: int
    top: int
    width: int
    height: int

    def shares(self, boxes: NDArray[Any]) -> NDArray[Any]:
        """Boxes in pixels of the input as shares of the picture, cut off at its edges."""
        corner = np.array([self.left, self.top] * 2)
        whole = np.array([self.width, self.height] * 2) * self.scale
        return np.asarray(np.clip((boxes - corner) / whole, 0.0, 1.0))


def fitted(picture: Picture, side: tuple[int, int], bar: int) -> tuple[Picture, Fit]:
    """A picture in the middle of an input.

    Args:
        side: width and height of the input.
        bar: how bright the bars are, 0 to 255.
    """
    rows, columns = picture.shape[:2]
    scale = min(side[0] / columns, side[1] / rows)
    width, height = max(round(columns * scale), 1), max(round(rows * scale), 1)
    left, top = (side[0] - width) // 2, (side[1] - height) // 2
    whole = np.full((side[1], side[0], 3), bar, np.uint8)
    cv2.resize(_halved(picture, scale), (width, height), dst=whole[top : top + height, left : left + width])
    return whole, Fit(scale, left, top, columns, rows)


def _halved(picture: Picture, scale: float) -> Picture:
    """A picture that is to shrink, by averages to a whole part of its size that is up to twice what is wanted.

    Small things neither flicker nor vanish then as they do where some pixels are skipped; OpenCV's averages over parts of
    pixels do the same in six times the time.
    """
    part = int(1 / scale)
    if part < 2:
        return picture
    size = (max(picture.shape[1] // part, 1), max(picture.shape[0] // part, 1))
    return np.asarray(
        cv2.resize(picture[: size[1] * part, : size[0] * part], size, interpolation=cv2.INTER_AREA), np.uint8
    )


class Head(Protocol):
    """What a family of networks wants to be given, and what its numbers mean."""

    def taken(self, picture: Picture) -> tuple[Numbers, Fit]:
        """A picture as the network's input: 1 x 3 x rows x columns."""

    def candidates(
        self, outputs: Sequence[Numbers], side: tuple[int, int], at_least: float = 0.0
    ) -> Candidates:
        """What the outputs say, without the candidates of which no class has a score.

        Args:
            side: width and height of the input.
            at_least: the score that one class must have.

        Raises:
            VisionError: they are not those of this family.
        """


class NetworkDetector:
    """A `vision.detect.Detector` that is a network of a known family.

    Args:
        key, digest: see there.
        names: of each of the network's classes what rules call it; None for one that is not told.
    """

    def __init__(
        self, key: str, digest: str, network: Network, head: Head, names: Sequence[str | None]
    ) -> None:
        self.key, self.digest = key, digest
        self._network, self._head = network, head
        self._told = np.array([number for number, name in enumerate(names) if name is not None], np.intp)
        self._names = [name for name in names if name is not None]
        # Boxes of two classes that rules call the same thing are of one class.
        self._groups = np.array([self._names.index(name) for name in self._names], np.intp)

    def detect(self, picture: Picture, at_least: float = 0.3) -> Sequence[Detection]:
        """See `vision.detect.Detector`."""
        numbers, fit = self._head.taken(picture)
        side = (numbers.shape[3], numbers.shape[2])
        said = self._head.candidates(self._network.run(numbers), side, at_least)
        scores = said.scores[:, self._told]
        best = scores.argmax(axis=1) if scores.size else np.zeros(0, np.intp)
        surest = scores[np.arange(len(best)), best]
        (sure,) = np.nonzero(surest >= at_least)
        groups = self._groups[best[sure]]
        boxes = fit.shares(said.boxes[sure])
        kept = surest_of(boxes, surest[sure], groups)[:MOST_DETECTIONS]
        found = []
        for one in kept:
            left, top, right, bottom = (float(edge) for edge in boxes[one])
            name, score = self._names[groups[one]], float(surest[sure][one])
            found.append(Detection(name, score, (left, top, right, bottom)))
        return found


def surest_of(boxes: NDArray[Any], scores: NDArray[Any], groups: NDArray[Any]) -> list[int]:
    """Which boxes stay when of two of one group that lie on each other only the surer does; the surest first.

    Args:
        boxes: left, top, right, bottom, in any unit.
    """
    if not len(boxes):
        return []
    corners = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(corners.tolist(), scores.tolist(), groups.tolist(), 0.0, MOST_OVERLAP)
    return sorted((int(one) for one in kept), key=lambda one: -scores[one])
