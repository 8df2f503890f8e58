"""Finding faces and plates in a picture by the networks that a city has fetched, so that they can be blurred, or plates read.

Faces: CenterFace (Xu, Yan et al., 2019), a heat map of the middles of faces at a quarter of the size. Plates: a RetinaFace (Deng et al.,
2019) with anchors of two sizes at each of three scales. Both take pictures of any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Picture

#: Left, top, right and bottom in pixels.
Spot = tuple[float, float, float, float]
Numbers = NDArray[np.float32]

#: Low on purpose: what is blurred for nothing harms nobody.
FACE_SCORE, PLATE_SCORE = 0.2, 0.3
_SAME = 0.4
_ANCHORS = ((8, (24, 48)), (16, (96, 192)), (32, (384, 768)))
_VARIANCES = (0.1, 0.2)
_PLATE_MEAN = (104.0, 117.0, 123.0)


class Network(Protocol):
    """A network that is ready to compute."""

    def run(self, numbers: Numbers) -> Sequence[Numbers]:
        """All outputs for one input of the shape 1 x 3 x rows x columns."""


def faces(picture: Picture, network: Network) -> list[Spot]:
    """Where there are faces."""
    padded = _padded(picture)
    heat, size, shift, *_ = network.run(_batch(padded[:, :, ::-1].astype(np.float32)))
    rows, columns = np.nonzero(heat[0, 0] > FACE_SCORE)
    high, wide = np.exp(size[0, 0, rows, columns]) * 4, np.exp(size[0, 1, rows, columns]) * 4
    top = (rows + shift[0, 0, rows, columns] + 0.5) * 4 - high / 2
    left = (columns + shift[0, 1, rows, columns] + 0.5) * 4 - wide / 2
    boxes = np.stack([left, top, left + wide, top + high], axis=1)
    return [_spot(boxes[n]) for n in _apart(boxes, heat[0, 0, rows, columns], FACE_SCORE)]


@dataclass(frozen=True)
class Plate:
    """A plate that was found.

    Attributes:
        corners: the lower right, lower left, upper left and upper right one, each x and y in pixels.
    """

    spot: Spot
    score: float
    corners: NDArray[np.float32]


def plates(picture: Picture, network: Network) -> list[Spot]:
    """Where there are plates of vehicles."""
    return [one.spot for one in plates_with_corners(picture, network, PLATE_SCORE)]


def plates_with_corners(picture: Picture, network: Network, at_least: float) -> list[Plate]:
    """The plates of vehicles in a picture, the surest first."""
    padded = _padded(picture)
    places, scores, corners, *_ = network.run(
        _batch(padded.astype(np.float32) - np.asarray(_PLATE_MEAN, dtype=np.float32))
    )
    rows, columns = padded.shape[:2]
    anchors = _anchors(rows, columns)
    chosen = np.nonzero(scores[0, :, 1] > at_least)[0]
    anchor, moved, sure = anchors[chosen], places[0, chosen], scores[0, chosen, 1]
    middle = anchor[:, :2] + moved[:, :2] * _VARIANCES[0] * anchor[:, 2:]
    size = anchor[:, 2:] * np.exp(moved[:, 2:] * _VARIANCES[1])
    boxes = np.concatenate([middle - size / 2, middle + size / 2], axis=1)
    away = corners[0, chosen].reshape(-1, 4, 2) * _VARIANCES[0] * anchor[:, None, 2:]
    points = (anchor[:, None, :2] + away).astype(np.float32)
    return [Plate(_spot(boxes[n]), float(sure[n]), points[n]) for n in _apart(boxes, sure, at_least)]


def _padded(picture: Picture) -> Picture:
    """The picture with black below and on the right, so that its sides are multiples of 32."""
    rows, columns = picture.shape[:2]
    padded = np.zeros((-(-rows // 32) * 32, -(-columns // 32) * 32, 3), dtype=np.uint8)
    padded[:rows, :columns] = picture
    return padded


def _batch(numbers: Any) -> Numbers:
    return np.ascontiguousarray(numbers.transpose(2, 0, 1)[None], dtype=np.float32)


def _anchors(rows: int, columns: int) -> NDArray[np.float64]:
    """Middle and size of each anchor in pixels, in the order of the network's outputs."""
    parts = []
    for step, sizes in _ANCHORS:
        y, x = np.mgrid[0 : -(-rows // step), 0 : -(-columns // step)].astype(np.float64)
        middles = np.stack([(x + 0.5) * step, (y + 0.5) * step], axis=2)
        each = [np.concatenate([middles, np.full_like(middles, size)], axis=2) for size in sizes]
        parts.append(np.stack(each, axis=2).reshape(-1, 4))
    return np.concatenate(parts)


def _apart(boxes: NDArray[Any], scores: NDArray[Any], least: float) -> list[int]:
    """Which boxes are not a surer one's once more, the surest first."""
    if not len(boxes):
        return []
    sized = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(sized.tolist(), scores.astype(float).tolist(), least, _SAME)
    return [int(one) for one in np.asarray(kept).ravel()]


def _spot(box: NDArray[Any]) -> Spot:
    left, top, right, bottom = (float(one) for one in box)
    return left, top, right, bottom
