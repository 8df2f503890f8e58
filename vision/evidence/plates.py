"""Plate text: what a network reads on the plates of a vehicle in some frames. Advice to a person, never a fact.

The plate is found by the detector that public copies use too, laid flat by its four corners and read by a CRNN (Shi, Bai and Yao,
2017) as PaddleOCR trains them: 32 pixels high, each column's surest sign, repeated ones and blanks left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vision.evidence import finding
from vision.evidence.finding import Network, Numbers, Plate
from vision.evidence.pictures import opened
from vision.frame import Box, Picture

PLATES, TEXT = "plates", "plate_text"

#: A plate that the detector is less sure of is not read, nor is a text told of which one sign is less sure.
_FOUND, _READ = 0.6, 0.3
#: How much around the vehicle is looked at, as a share of its box; and how long the longer side of that is made, in pixels, where it is shorter.
_AROUND, _ENLARGED = 0.1, 1000
_LONGEST = 1920
_HEIGHT = 32
#: How much is left around a plate, as shares of its width and height: drawn plates were read better so than without.
_SIDES, _ABOVE = 0.03, 0.06
#: What a plate of the People's Republic looks like (GA 36-2018): province, office, five or six signs.
_FORM = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][0-9A-Z]{4,5}[0-9A-Z警学挂领港澳]"
    r"|使[0-9]{6}"
)


@dataclass(frozen=True)
class Reading:
    """What was read in one frame.

    Attributes:
        frame: the name of its file in the bundle.
        confidence: of the sign that the network was least sure of, 0 to 1.
        box: where the plate is, as shares of the frame.
    """

    frame: str
    text: str
    confidence: float
    box: Box


@dataclass(frozen=True)
class Advice:
    """What networks read, with the networks.

    Attributes:
        models: the names of those that looked and the SHA-256 of their files.
        frames: in how many frames they looked.
    """

    readings: tuple[Reading, ...]
    models: tuple[tuple[str, str], ...]
    frames: int

    def statement(self) -> dict[str, Any]:
        """As a manifest has it; it says of itself what it is."""
        return {
            "standing": "advice: read by a network, not examined by a person, and nothing was decided by it",
            "plates": [{**asdict(one), "box": list(one.box)} for one in self.readings],
            "frames_looked_at": self.frames,
            "models": [{"key": key, "sha256": digest} for key, digest in self.models],
        }


def ready(home: Path) -> bool:
    """Whether an installation has the networks that read plates."""
    from vision.detect.models import Registry

    registry = Registry(home)
    return registry.has(PLATES) and registry.has(TEXT)


class Reader:
    """Reads the plates of a vehicle.

    Args:
        plates, text: the networks that find and read them.
        signs: what the network of text knows, in the order of its outputs after the blank.
        models: names and SHA-256 of both.
    """

    def __init__(
        self, plates: Network, text: Network, signs: Sequence[str], models: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self._plates, self._text, self._signs, self.models = plates, text, signs, models

    @classmethod
    def of(cls, home: Path) -> Reader:
        """With the networks of an installation.

        Raises:
            VisionError: they are not there (see `ready`) or are damaged.
        """
        from vision.detect.models import Registry
        from vision.detect.runtimes import OnnxRuntime

        registry = Registry(home)
        plates, text = (OnnxRuntime(registry.path(key)) for key in (PLATES, TEXT))
        models = tuple((key, registry.get(key).sha256) for key in (PLATES, TEXT))
        return cls(plates, text, registry.get(TEXT).names, models)

    def advice(self, frames: Sequence[tuple[str, bytes]], box: Box) -> Advice:
        """What can be read on a vehicle.

        Args:
            frames: name and JPEG of each.
            box: where the vehicle stands in all of them.

        Raises:
            VisionError: a frame is no JPEG that can be read.
        """
        found = [one for name, jpeg in frames for one in self._read(name, opened(jpeg), box)]
        return Advice(tuple(found), self.models, len(frames))

    def _read(self, frame: str, picture: Picture, box: Box) -> list[Reading]:
        rows, columns = picture.shape[:2]
        x0, y0, x1, y1 = _around(box, columns, rows)
        part = picture[y0:y1, x0:x1]
        if not part.size:
            return []
        longest = max(part.shape[:2])
        scale = max(1.0, _ENLARGED / longest) if longest <= _LONGEST else _LONGEST / longest
        wide, high = (max(1, round(one * scale)) for one in (x1 - x0, y1 - y0))
        large = np.asarray(cv2.resize(part, (wide, high), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
        readings = []
        for plate in finding.plates_with_corners(large, self._plates, _FOUND):
            text, confidence = decoded(self._text.run(_flat(large, plate))[0], self._signs)
            if confidence >= _READ and _FORM.fullmatch(text):
                left, top, right, bottom = plate.spot
                place = (
                    *((x0 + left / scale) / columns, (y0 + top / scale) / rows),
                    *((x0 + right / scale) / columns, (y0 + bottom / scale) / rows),
                )
                readings.append(Reading(frame, text, round(confidence, 3), _rounded(place)))
        return readings


def decoded(outputs: Numbers, signs: Sequence[str]) -> tuple[str, float]:
    """The text that the columns of a network's output say, and how sure it is of the least sure sign; empty and 0 if none.

    Args:
        outputs: 1 x columns x (1 + signs), the blank first.
    """
    surest, sure = outputs[0].argmax(axis=1), outputs[0].max(axis=1)
    kept = [n for n, one in enumerate(surest) if one and (n == 0 or surest[n - 1] != one)]
    text = "".join(signs[surest[n] - 1] for n in kept)
    return text, float(min((sure[n] for n in kept), default=0.0))


def _around(box: Box, columns: int, rows: int) -> tuple[int, int, int, int]:
    """A box and a little around it, in pixels."""
    left, top, right, bottom = box
    wide, high = (right - left) * _AROUND, (bottom - top) * _AROUND
    return (
        *(max(0, int((left - wide) * columns)), max(0, int((top - high) * rows))),
        *(min(columns, math.ceil((right + wide) * columns)), min(rows, math.ceil((bottom + high) * rows))),
    )


def _flat(picture: Picture, plate: Plate) -> Numbers:
    """A plate as the network of text takes it, laid flat by its corners."""
    lower_right, lower_left, upper_left, upper_right = plate.corners

    def apart(one: Numbers, other: Numbers) -> float:
        return float(np.linalg.norm(one - other))

    wide = max(apart(upper_left, upper_right), apart(lower_left, lower_right))
    high = max(apart(upper_left, lower_left), apart(upper_right, lower_right), 1.0)
    width = min(max(math.ceil(_HEIGHT * wide / high), _HEIGHT), 10 * _HEIGHT)
    (x0, x1), (y0, y1) = (
        (length * edge, length * (1 - edge)) for length, edge in ((width, _SIDES), (_HEIGHT, _ABOVE))
    )
    corners = np.array([[x1, y1], [x0, y1], [x0, y0], [x1, y0]], dtype=np.float32)
    turned = cv2.getPerspectiveTransform(plate.corners, corners)
    cut = cv2.warpPerspective(
        picture, turned, (width, _HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    numbers = np.asarray(cut, dtype=np.float32) / 127.5 - 1
    return np.ascontiguousarray(numbers.transpose(2, 0, 1)[None])


def _rounded(box: Sequence[float]) -> Box:
    left, top, right, bottom = (round(min(max(one, 0.0), 1.0), 5) for one in box)
    return left, top, right, bottom
