"""How well a detector does on labelled pictures: average precision at an overlap of one half (AP50).

The definition is that of PASCAL VOC since 2010 (all-points interpolation): the detections of a class over all pictures, the surest
first, are right if they overlap by 0.5 or more with a thing of that class that no surer one has taken; AP50 is the area below the
curve of precision over recall, each precision raised to the greatest at that recall or a higher one. Of several things, a detection
takes the one that it overlaps most among those not yet taken. What lies on a crowd counts neither way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vision.detect import Detection, Detector
from vision.detect.labels import Labels, Thing
from vision.errors import VisionError
from vision.frame import Picture, overlap

LEAST_OVERLAP = 0.5
#: Detections below this score are not looked at; AP50 wants nearly all.
LEAST_SCORE = 0.01


@dataclass(frozen=True)
class Score:
    """How a class was found.

    Attributes:
        things: how many there are.
        ap50: see the module; None where there are none.
        precision, recall: of the detections whose score is 0.3 or more.
    """

    name: str
    things: int
    ap50: float | None
    precision: float | None
    recall: float | None


def evaluated(
    detector: Detector, labels: Labels, classes: Mapping[str, str], tell: Callable[[int, int], None]
) -> list[Score]:
    """How a detector does, class by class in alphabetical order.

    Args:
        classes: what rules call the classes of the labels; those that are not in it keep their name.
        tell: is told how many pictures are done, of how many.

    Raises:
        VisionError: a picture cannot be read.
    """
    judged: dict[str, list[tuple[float, bool]]] = {}
    counts: dict[str, int] = {}
    for number, (path, marked) in enumerate(labels.pictures.items(), 1):
        things = [Thing(classes.get(one.name, one.name), one.box, one.crowd) for one in marked]
        for one in things:
            counts[one.name] = counts.get(one.name, 0) + (not one.crowd)
        for name, verdicts in judge(detector.detect(_picture(path), LEAST_SCORE), things).items():
            judged.setdefault(name, []).extend(verdicts)
        tell(number, len(labels.pictures))
    return [_score(name, judged.get(name, []), counts.get(name, 0)) for name in sorted({*judged, *counts})]


def judge(found: Sequence[Detection], things: Sequence[Thing]) -> dict[str, list[tuple[float, bool]]]:
    """For each class the detections of one picture: how sure, and whether right."""
    taken: set[int] = set()
    told: dict[str, list[tuple[float, bool]]] = {}
    for one in sorted(found, key=lambda one: -one.score):
        same = [
            (overlap(one.box, thing.box), place)
            for place, thing in enumerate(things)
            if thing.name == one.name
        ]
        free = [pair for pair in same if pair[1] not in taken and not things[pair[1]].crowd]
        most, place = max(free, default=(0.0, -1))
        if most >= LEAST_OVERLAP:
            taken.add(place)
        elif any(things[other].crowd and _within(one, things[other]) for _, other in same):
            continue
        told.setdefault(one.name, []).append((one.score, most >= LEAST_OVERLAP))
    return told


def average_precision(verdicts: Sequence[tuple[float, bool]], things: int) -> float:
    """AP50 of one class.

    Args:
        verdicts: of all detections: how sure, and whether right.
        things: how many there were to find, one at least.
    """
    right = np.array([good for _, good in sorted(verdicts, key=lambda one: -one[0])], dtype=bool)
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(right) + 1)
    # From the right: the greatest precision at this recall or a higher one.
    highest = np.maximum.accumulate(precision[::-1])[::-1]
    return float(highest[right].sum() / things)


def _score(name: str, verdicts: Sequence[tuple[float, bool]], things: int) -> Score:
    sure = [good for score, good in verdicts if score >= 0.3]
    return Score(
        name,
        things,
        average_precision(verdicts, things) if things else None,
        sum(sure) / len(sure) if sure else None,
        sum(sure) / things if things else None,
    )


def _within(found: Detection, crowd: Thing) -> bool:
    """Whether a half of a detection lies in a crowd."""
    one, other = found.box, crowd.box
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    whole = (one[2] - one[0]) * (one[3] - one[1])
    return wide > 0 and high > 0 and wide * high >= LEAST_OVERLAP * whole


def _picture(path: Path) -> Picture:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise VisionError("%(path)s is no picture that can be read.", field="DIR", path=path)
    return np.asarray(picture, np.uint8)
