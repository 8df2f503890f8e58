"""What a frame has in common with the background is taken out before they are compared: a shaking pole and the light of the day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np

from vision.gate.planes import Model, Plane, Planes

#: The largest shift that counts as shaking, as a share of the picture's width; more is a camera that was turned.
FARTHEST = 0.025
#: A shift is believed if it brings the frame this much nearer to the background.
BETTER = 0.95
#: How far the light of one frame may be from that of the background.
DARKEST, BRIGHTEST = 0.25, 4.0
#: Pixels of the shift that its slopes foretell below which a picture has not slipped, and nothing dearer need be asked: of 3,500
#: frames of made and real cameras none that had slipped foretold less than 0.24, and all but one in a hundred others less.
STILL = 0.15
#: The slope where something came or went, in levels, says nothing of the camera.
CAME = 30.0
_STEP = 4


@dataclass(frozen=True, slots=True)
class Steadying:
    """What was done to a frame: moved by pixels of the work size, and multiplied.

    Attributes:
        dx, dy: how far to the right and down the camera's picture had slipped.
        gain: by what its brightness was multiplied.
        noise: what is left between frame and background where nothing happens: robust standard deviation, in levels.
    """

    dx: float
    dy: float
    gain: float
    noise: float


def steady(frame: Planes, slow: Model, window: Model) -> tuple[Planes, Steadying]:
    """A frame moved onto the background and brought to its light.

    Args:
        slow: brightness of the background, as large as that of the frame.
        window: of that size (see `edge_window`).
    """
    gain = _gain(frame.y, slow)
    dx, dy = _shift(frame.y, slow, window, gain)
    if dx or dy:
        frame = Planes(
            _moved(frame.y, dx, dy), _moved(frame.u, dx / 2, dy / 2), _moved(frame.v, dx / 2, dy / 2)
        )
    if abs(gain - 1.0) > 0.01:
        frame = Planes(
            np.asarray(cv2.convertScaleAbs(frame.y, alpha=gain), dtype=np.uint8),
            _scaled_colour(frame.u, gain),
            _scaled_colour(frame.v, gain),
        )
    left: Any = np.abs(frame.y[::_STEP, ::_STEP].astype(np.float32) - slow[::_STEP, ::_STEP])
    return frame, Steadying(dx, dy, gain, float(np.median(left)) * 1.4826)


@cache
def edge_window(shape: tuple[int, int]) -> Model:
    """What fades out the edges of the middle of a picture, before two are shifted over each other."""
    size = (_quick(shape[1]), _quick(shape[0]))
    return np.asarray(cv2.createHanningWindow(size, cv2.CV_32F), dtype=np.float32)


def _quick(length: int) -> int:
    """The largest length up to one that needs no padding: that would move the middle by half a pixel."""
    return next(one for one in range(length, 1, -1) if one % 2 == 0 and cv2.getOptimalDFTSize(one) == one)


def _shift(y: Plane, slow: Model, window: Model, light: float) -> tuple[float, float]:
    if _foretold(y, slow, light) < STILL:
        return 0.0, 0.0
    rows, columns = window.shape
    top, left = (y.shape[0] - rows) // 2, (y.shape[1] - columns) // 2
    middle = (slice(top, top + rows), slice(left, left + columns))
    now: Any = y[middle].astype(np.float32)
    then: Any = slow[middle]
    # It multiplies what it is given by the window, in place. At half the size it cannot tell the shifts that matter.
    (dx, dy), _ = cv2.phaseCorrelate(then.copy(), now.copy(), window)
    # Below a quarter of a pixel the threshold at edges takes care of it.
    if not 0.25 < max(abs(dx), abs(dy)) <= FARTHEST * y.shape[1]:
        return 0.0, 0.0
    moved: Any = _moved(now, dx, dy)
    if _apart(moved * light, then) > BETTER * _apart(now * light, then):
        return 0.0, 0.0
    return dx, dy


def _foretold(y: Plane, slow: Model, light: float) -> float:
    """About how far a picture has slipped, pixels: exact below one, too little above; after Lucas and Kanade (1981), one step over
    the whole picture."""
    middle = (slice(1, -1, 3), slice(1, -1, 3))
    across = slow[1:-1:3, 2::3] - slow[1:-1:3, :-2:3]
    down = slow[2::3, 1:-1:3] - slow[:-2:3, 1:-1:3]
    change = y[middle].astype(np.float32) * light - slow[middle]
    same = np.abs(change) < CAME
    across *= same
    down *= same
    xx, xy, yy = (float(np.vdot(*pair)) for pair in ((across, across), (across, down), (down, down)))
    xt, yt = float(np.vdot(across, change)), float(np.vdot(down, change))
    depth = xx * yy - xy * xy
    if depth <= 1e-6 * xx * yy:
        return math.inf
    # The slopes were taken over two pixels.
    return 2.0 * max(abs(yy * xt - xy * yt), abs(xx * yt - xy * xt)) / depth


def _apart(one: Any, other: Any) -> float:
    """By how much two pictures differ, where what came and went counts little."""
    apart = np.abs(one[::2, ::2] - other[::2, ::2])
    return float(np.minimum(apart, 30.0).mean())


def _moved(plane: Any, dx: float, dy: float) -> Any:
    matrix = np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]], dtype=np.float32)
    return cv2.warpAffine(
        plane,
        matrix,
        (plane.shape[1], plane.shape[0]),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _gain(y: Plane, slow: Model) -> float:
    """By what the frame is to be multiplied: the median over points that say something."""
    now = y[::_STEP, ::_STEP].astype(np.float32)
    then = slow[::_STEP, ::_STEP]
    clear = (now > 12) & (now < 245) & (then > 12) & (then < 245)
    if np.count_nonzero(clear) < clear.size // 20:
        return 1.0
    return float(np.clip(np.median(then[clear] / now[clear]), DARKEST, BRIGHTEST))


def _scaled_colour(plane: Plane, gain: float) -> Plane:
    scaled = cv2.addWeighted(plane, gain, plane, 0.0, 128.0 * (1.0 - gain))
    return np.asarray(scaled, dtype=np.uint8)
