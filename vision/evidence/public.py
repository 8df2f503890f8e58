"""Public copies: frames in which faces, heads and plates cannot be told any more.

Faces that are turned away are no faces to a network: of everybody whom a detector of people sees, the upper fifth is blurred as well. A network finds most faces and plates, never all: public copies are made for those who may see a case but not its originals, and a person
should look at one before it is handed to anybody outside.
"""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from vision.detect import Detector
from vision.evidence import finding
from vision.evidence.finding import Network, Spot
from vision.evidence.pictures import opened
from vision.frame import Picture

FACES, PLATES = "faces", "plates"

#: Public copies have this many pixels on their longer side at most; where they have fewer, small faces are looked for enlarged.
LONGEST_SIDE = 1920
_ENLARGED = 1280
#: Low on purpose, as those of faces and plates are; and how much of somebody, from above, is their head.
PERSON_SCORE, _HEAD = 0.25, 0.2
#: How much more than what was found is blurred, as a share of its size on each side.
_MARGIN = 0.25
#: A blurred part keeps so many shades across.
_SHADES = 3
_QUALITY = 85


def ready(home: Path) -> bool:
    """Whether an installation has the networks without which there are no public copies."""
    from vision.detect.models import Registry

    registry = Registry(home)
    return registry.has(FACES) and registry.has(PLATES)


class Blurrer:
    """Makes public copies.

    Args:
        faces, plates: the networks that find them (`vision.evidence.finding`).
        people: finds people, whose heads are blurred whether a face was found or not; None where there is no such model.
    """

    def __init__(self, faces: Network, plates: Network, people: Detector | None = None) -> None:
        self._faces, self._plates, self._people = faces, plates, people

    @classmethod
    def of(cls, home: Path) -> Blurrer:
        """With the networks of an installation; people are found by the shipped detector, where it was fetched.

        Raises:
            VisionError: they are not there (see `ready`) or are damaged.
        """
        from vision.detect.models import DEFAULT, Registry, active
        from vision.detect.runtimes import OnnxRuntime

        registry = Registry(home)
        people = active(home, DEFAULT) if registry.has(DEFAULT) else None
        return cls(OnnxRuntime(registry.path(FACES)), OnnxRuntime(registry.path(PLATES)), people)

    def blurred(self, jpeg: bytes) -> bytes:
        """A copy as JPEG, at most `LONGEST_SIDE` pixels wide or high, without metadata.

        Raises:
            VisionError: it is no JPEG that can be read; names `picture`.
        """
        picture = opened(jpeg, LONGEST_SIDE)
        rows, columns = picture.shape[:2]
        scale = 2 if max(rows, columns) < _ENLARGED else 1
        large: Picture = picture if scale == 1 else np.asarray(_resized(picture, columns * 2, rows * 2))
        found = [*finding.faces(large, self._faces), *finding.plates(large, self._plates)]
        # Before anything is blurred: a blurred face may hide somebody from the detector.
        heads = self._heads(picture)
        for spot in found:
            _blur(picture, spot, scale)
        for spot in heads:
            _blur(picture, spot, 1)
        stream = io.BytesIO()
        Image.fromarray(picture[:, :, ::-1].copy()).save(stream, "JPEG", quality=_QUALITY)
        return stream.getvalue()

    def _heads(self, picture: Picture) -> list[Spot]:
        """The upper fifth of everybody in a picture."""
        if self._people is None:
            return []
        rows, columns = picture.shape[:2]
        boxes = [one.box for one in self._people.detect(picture, PERSON_SCORE) if one.name == "person"]
        return [
            (left * columns, top * rows, right * columns, (top + (bottom - top) * _HEAD) * rows)
            for left, top, right, bottom in boxes
        ]


def _resized(picture: Picture, columns: int, rows: int) -> Picture:
    return np.asarray(cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _blur(picture: Picture, spot: Spot, scale: float) -> None:
    """Leave of a part of a picture no more than a few shades; it cannot be undone."""
    rows, columns = picture.shape[:2]
    left, top, right, bottom = (value / scale for value in spot)
    wide, high = (right - left) * _MARGIN, (bottom - top) * _MARGIN
    x0, x1 = max(0, int(left - wide)), min(columns, int(np.ceil(right + wide)))
    y0, y1 = max(0, int(top - high)), min(rows, int(np.ceil(bottom + high)))
    if x1 <= x0 or y1 <= y0:
        return
    part = picture[y0:y1, x0:x1]
    few = cv2.resize(part, (_SHADES, _SHADES), interpolation=cv2.INTER_AREA)
    picture[y0:y1, x0:x1] = cv2.resize(few, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
