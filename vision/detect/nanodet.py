"""NanoDet: a small network without anchors (RangiLyu, 2020), which says of each edge of a box how far off it is by a distribution.

Its three grids of 8, 16 and 32 pixels a cell give, for each cell, the scores of all classes and four distributions over 0 to 10
cells, whose means are the distances of the edges from the cell's middle ("Generalized Focal Loss", Li et al., 2020).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from vision.detect.networks import Candidates, Fit, fitted
from vision.detect.runtimes import Numbers
from vision.errors import VisionError
from vision.frame import Picture

STRIDES = (8, 16, 32)
#: How many distances, in cells, an edge has a share of.
FAR = 11
#: Of blue, green and red, over the pictures it was trained with.
MEAN = (103.53, 116.28, 123.675)
DEVIATION = (57.375, 57.12, 58.395)


class NanoDet:
    """The `vision.detect.networks.Head` of NanoDet.

    Args:
        classes: how many it knows.
        longest: of the two sides of a picture, how many pixels are looked at.
    """

    def __init__(self, classes: int, longest: int = 416) -> None:
        self._classes, self._longest = classes, longest
        self._numbers = cv2.dnn.Image2BlobParams(scalefactor=[1 / one for one in DEVIATION], mean=MEAN)

    def taken(self, picture: Picture) -> tuple[Numbers, Fit]:
        """See `vision.detect.networks.Head`; the shorter side is cut to what the coarsest grid needs, which saves its time."""
        rows, columns = picture.shape[:2]
        scale, cell = self._longest / max(rows, columns), STRIDES[-1]
        width, height = (max(math.ceil(round(one * scale) / cell), 1) * cell for one in (columns, rows))
        whole, fit = fitted(picture, (width, height), bar=0)
        blob = cv2.dnn.blobFromImageWithParams(whole, self._numbers)
        return np.asarray(blob, np.float32), fit

    def candidates(
        self, outputs: Sequence[Numbers], side: tuple[int, int], at_least: float = 0.0
    ) -> Candidates:
        """See `vision.detect.networks.Head`; the outputs are the scores of each grid, then its distributions."""
        grids, cells = len(STRIDES), [_cells(side, stride) for stride in STRIDES]
        counts = [len(one) for one in cells]
        if [one.shape[1] if one.ndim == 3 else 0 for one in outputs] != counts * 2 or [
            one.shape[2] for one in outputs
        ] != [self._classes] * grids + [4 * FAR] * grids:
            raise VisionError("These are not the outputs of NanoDet.", field="model")
        scores = np.concatenate([one[0] for one in outputs[:grids]])
        sure = scores.max(axis=1) >= at_least
        spread = np.concatenate([one[0] for one in outputs[grids:]])[sure].reshape(-1, 4, FAR)
        shares = np.exp(spread - spread.max(axis=2, keepdims=True))
        shares /= shares.sum(axis=2, keepdims=True)
        strides = np.repeat(np.array(STRIDES, np.float32), counts)[sure, np.newaxis]
        far = shares @ np.arange(FAR, dtype=np.float32) * strides
        middles = np.concatenate(cells)[sure]
        boxes = np.concatenate([middles - far[:, :2], middles + far[:, 2:]], axis=1)
        return Candidates(boxes, scores[sure])


def _cells(side: tuple[int, int], stride: int) -> Numbers:
    """The middles of a grid's cells, row by row, in pixels."""
    across, down = ((np.arange(-(-length // stride), dtype=np.float32) + 0.5) * stride for length in side)
    return np.stack([one.ravel() for one in np.meshgrid(across, down)], axis=1)
