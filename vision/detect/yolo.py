"""Networks that Ultralytics' YOLO exports to ONNX: versions 8, 11 and 12, and those that need no sorting out (10, 26).

The former give, for each of some thousand places, the middle and the size of a box and the score of each class; the latter a list
of boxes, each with its score and class. What the classes are called stands in the file's metadata.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

import cv2
import numpy as np

from vision.detect.files import MAX_SIDE, Facts
from vision.detect.networks import Candidates, Fit, fitted
from vision.detect.runtimes import Numbers
from vision.errors import VisionError
from vision.frame import Picture

#: How bright the bars are that it was trained with.
BAR = 114
#: A list that needs no sorting out has columns for a box, a score and a class, and so many rows at most.
_LIST_COLUMNS, _LIST_ROWS = 6, 1000
#: A picture's side where the file does not say it.
_SIDE = 640
MAX_CLASSES = 10_000


class Yolo:
    """The `vision.detect.networks.Head` of YOLO.

    Args:
        classes: how many it knows.
        side: width and height of the input.
    """

    def __init__(self, classes: int, side: tuple[int, int]) -> None:
        self._classes, self._side = classes, side

    def taken(self, picture: Picture) -> tuple[Numbers, Fit]:
        """See `vision.detect.networks.Head`."""
        whole, fit = fitted(picture, self._side, BAR)
        return np.asarray(cv2.dnn.blobFromImage(whole, 1 / 255, swapRB=True), np.float32), fit

    def candidates(
        self, outputs: Sequence[Numbers], side: tuple[int, int], at_least: float = 0.0
    ) -> Candidates:
        """See `vision.detect.networks.Head`."""
        said = outputs[0] if len(outputs) == 1 else np.zeros(0, np.float32)
        if said.ndim == 3 and said.shape[1] == 4 + self._classes and not self._is_list(said):
            boxes, scores = said[0, :4].T, said[0, 4:].T
            sure = scores.max(axis=1) >= at_least
            middles, halves = boxes[sure, :2], boxes[sure, 2:] / 2
            return Candidates(np.concatenate([middles - halves, middles + halves], axis=1), scores[sure])
        if self._is_list(said):
            rows = said[0][said[0, :, 4] >= at_least]
            known = (rows[:, 5] >= 0) & (rows[:, 5] < self._classes)
            rows = rows[known]
            scores = np.zeros((len(rows), self._classes), np.float32)
            scores[np.arange(len(rows)), rows[:, 5].astype(np.intp)] = rows[:, 4]
            return Candidates(rows[:, :4], scores)
        raise VisionError(
            "These are not the outputs of a YOLO that detects %(classes)d classes: export it with task detect and format onnx.",
            field="model",
            classes=self._classes,
        )

    @staticmethod
    def _is_list(said: Numbers) -> bool:
        return said.ndim == 3 and said.shape[2] == _LIST_COLUMNS and said.shape[1] <= _LIST_ROWS


def names_of(facts: Facts) -> tuple[str, ...]:
    """What a file's metadata calls the classes, in the order of their numbers; none where it does not say it.

    Raises:
        VisionError: it says it in a way that is not known, or the network does something else than detect.
    """
    task = facts.metadata.get("task", "detect")
    if task != "detect":
        raise VisionError(
            "The network was made to %(task)s: use one that detects.", field="file", task=task[:40]
        )
    text = facts.metadata.get("names", "")
    if not text:
        return ()
    try:
        names = ast.literal_eval(text) if len(text) < 100 * MAX_CLASSES else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        names = None
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict) or sorted(names) != list(range(len(names))) or len(names) > MAX_CLASSES:
        raise VisionError("The names of the classes in the file's metadata cannot be read.", field="file")
    return tuple(str(names[number])[:100] for number in range(len(names)))


def side_of(facts: Facts) -> tuple[int, int]:
    """Width and height of the input: what the file fixes, else what its metadata says that it was exported with."""
    rows, columns = facts.input[2:]
    if rows and columns:
        return columns, rows
    try:
        told = [int(one) for one in ast.literal_eval(facts.metadata.get("imgsz", f"[{_SIDE}, {_SIDE}]"))]
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        told = []
    if len(told) != 2 or not all(32 <= one <= MAX_SIDE for one in told):
        raise VisionError("The size of the input in the file's metadata cannot be read.", field="file")
    return columns or told[1], rows or told[0]
