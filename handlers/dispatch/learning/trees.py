"""Boosted trees as arrays: what was fitted elsewhere, judged with NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handlers.dispatch.learning.lessons import Floats

#: Descriptions that are judged at once.
PORTION = 4000


@dataclass(frozen=True)
class Trees:
    """Trees x nodes; a leaf is its own child.

    Attributes:
        feature, threshold: a description goes left where its feature is at most the threshold.
        left, right: the numbers of the nodes that follow.
        value: what a leaf adds.
        base: what the sum of the leaves is added to.
        depth: after so many steps every description is at a leaf.
    """

    feature: npt.NDArray[np.int32]
    threshold: Floats
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    value: Floats
    base: float
    depth: int

    def judge(self, described: npt.NDArray[np.float32]) -> Floats:
        """The log-odds that each description (n x features) is that of the unit which will handle the case."""
        parts = [
            self._judge(described[start : start + PORTION]) for start in range(0, len(described), PORTION)
        ]
        return np.concatenate(parts) if parts else np.empty(0)

    def _judge(self, described: npt.NDArray[np.float32]) -> Floats:
        trees = np.arange(len(self.feature))
        rows = np.arange(len(described))[:, None]
        node = np.zeros((len(described), len(trees)), dtype=np.int32)
        for _ in range(self.depth):
            goes_left = described[rows, self.feature[trees, node]] <= self.threshold[trees, node]
            node = np.where(goes_left, self.left[trees, node], self.right[trees, node])
        total: Floats = self.base + self.value[trees, node].sum(axis=1)
        return total
