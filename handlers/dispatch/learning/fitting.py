"""Fitting with scikit-learn: the trees that judge a unit, and the line that turns their judgement into a probability.

No other module imports scikit-learn, and this one is imported only where something is learned.
"""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

# Read when OpenMP is loaded. More threads than processors that are free only wait for each other, and whoever learns does
# so beside others.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from handlers.dispatch.learning.lessons import Floats
from handlers.dispatch.learning.trees import Trees

TREES, LEAVES, DEPTH = 150, 24, 8

#: A leaf speaks for so many descriptions at least.
LEAF = 40


def fit_trees(described: npt.NDArray[np.float32], right: npt.NDArray[np.bool_]) -> Trees:
    """Fit trees that tell right units from wrong ones.

    Args:
        described: n x features.
        right: for each description whether its unit handled the case.
    """
    fitted = HistGradientBoostingClassifier(
        max_iter=TREES,
        learning_rate=0.08,
        max_leaf_nodes=LEAVES,
        max_depth=DEPTH,
        min_samples_leaf=LEAF,
        l2_regularization=5.0,
        early_stopping=False,
        random_state=0,
    ).fit(described, right)
    trees = _as_arrays(fitted)
    sample = described[:200]
    if not np.allclose(trees.judge(sample), fitted.decision_function(sample), atol=1e-6):
        raise RuntimeError("this release of scikit-learn keeps its trees in another way than the one known")
    return trees


def _as_arrays(fitted: HistGradientBoostingClassifier) -> Trees:
    nodes = [stage[0].nodes for stage in fitted._predictors]
    shape = (len(nodes), max(len(tree) for tree in nodes))
    feature, threshold = np.zeros(shape, np.int32), np.zeros(shape)
    left = np.tile(np.arange(shape[1], dtype=np.int32), (shape[0], 1))
    right, value = left.copy(), np.zeros(shape)
    for number, tree in enumerate(nodes):
        inner = np.flatnonzero(tree["is_leaf"] == 0)
        feature[number, inner] = tree["feature_idx"][inner]
        threshold[number, inner] = tree["num_threshold"][inner]
        left[number, inner], right[number, inner] = tree["left"][inner], tree["right"][inner]
        value[number, : len(tree)] = tree["value"]
    depth = max(int(tree["depth"].max()) for tree in nodes)
    return Trees(feature, threshold, left, right, value, float(fitted._baseline_prediction[0, 0]), depth)


def fit_calibration(odds: Floats, right: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """The slope and the offset that make log-odds true to what was seen (Platt, 1999)."""
    if right.all() or not right.any():
        return 1.0, 0.0
    line = LogisticRegression(C=100.0).fit(odds[:, None], right)
    slope = float(line.coef_[0, 0])
    # A judgement that goes the wrong way on few cases is no reason to turn all others round.
    return (slope, float(line.intercept_[0])) if slope > 0 else (1.0, 0.0)
