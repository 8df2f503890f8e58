"""Two backgrounds with time constants in seconds: what differs from the slow one and agrees with the fast one stands still.

After Porikli, Ivanov and Haga, "Robust abandoned object detection using dual foregrounds" (EURASIP JASP 2008). Departures:
constants are seconds, so that any sampling behaves alike; the fast background takes up at once what two samples agree on; the
slow one moves by bounded steps, so that a busy lane stays a road; evidence is counted in seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from vision.gate.planes import Mask, Model, Plane, Planes
from vision.gate.steadying import Steadying, edge_window, steady

#: Time constants in seconds.
FAST, SLOW = 8.0, 1800.0
#: A young background learns faster: as if it had been there this long.
YOUNGEST = 120.0
#: The slow background is moved this seldom, in seconds: smaller steps would be lost in its rounding, and cost time.
SELDOM = 4.0
#: A pixel moves it as if it were this many levels away at most.
PULL = 20.0
#: Levels by which brightness and colour must differ, at least; and how many times the noise.
BRIGHTNESS, COLOUR, TIMES_NOISE = 16.0, 14, 4.0
#: The share of a pixel's own slope by which it may differ too.
SLOPE = 0.5
#: A unit of evidence in seconds; a byte holds 51 of them.
UNIT = 0.2
#: No single step of time counts for more evidence than this, in seconds.
LONGEST_STEP = 10.0


@dataclass(frozen=True, slots=True)
class Foreground:
    """What one frame shows against the background, as masks of the work size (0 or 255).

    Attributes:
        planes: the frame, steadied.
        differs: other than the slow background.
        moves: other than the fast one too.
        steadying: what was done to the frame.
    """

    planes: Planes
    differs: Mask
    moves: Mask
    steadying: Steadying

    @property
    def share(self) -> float:
        """The share of the picture that differs."""
        return cv2.countNonZero(self.differs) / self.differs.size


class Background:
    """The two backgrounds of one camera and the evidence between them.

    Args:
        first: the planes with which to begin, as a median of samples.
        age: seconds since it began.
    """

    def __init__(self, first: Planes, age: float = 0.0) -> None:
        self.age = age
        self.slow = _floats(first)
        self.fast = _floats(first)
        self.previous = first
        self.evidence: Mask = np.zeros(first.y.shape, np.uint8)
        self._window = edge_window((first.y.shape[0], first.y.shape[1]))
        self._since = 0.0
        self._renew()

    def see(self, frame: Planes, seconds: float, kept: Mask | None) -> Foreground:
        """Compare a frame, count evidence and learn.

        Args:
            seconds: since the frame before.
            kept: where the slow background must stay as it is (255), for something stands before it.
        """
        frame, steadying = steady(frame, self.slow[0], self._window)
        limit = self._limit(steadying.noise)
        differs = _differs(frame, self._base, limit)
        fast = tuple(_bytes(one) for one in self.fast)
        moves = cv2.bitwise_and(differs, _differs(frame, Planes(*fast), limit))
        moves = self._learn_fast(frame, limit, moves, seconds)
        self._count(differs, moves, seconds)
        self.previous = frame
        self.age += seconds
        self._since += seconds
        if self._since >= SELDOM:
            self._learn_slow(frame, steadying.gain, kept)
            self._since = 0.0
        return Foreground(frame, differs, np.asarray(moves, dtype=np.uint8), steadying)

    def standing(self, seconds: float) -> Mask:
        """Where something has stood still for so long, by evidence (255)."""
        least = min(round(seconds / UNIT), 255)
        return np.asarray(cv2.threshold(self.evidence, least - 1, 255, cv2.THRESH_BINARY)[1], dtype=np.uint8)

    def absorb(self, mask: Mask) -> None:
        """Take what is there now for background, where the mask is set."""
        chosen = mask > 0
        half = _halved(mask) > 0
        self.slow[0][chosen] = self.fast[0][chosen]
        for slow, fast in zip(self.slow[1:], self.fast[1:], strict=True):
            slow[half] = fast[half]
        self.evidence[chosen] = 0
        self._renew()

    @property
    def base(self) -> Planes:
        """The slow background in bytes."""
        return self._base

    def _renew(self) -> None:
        self._base = Planes(*(_bytes(one) for one in self.slow))

    def _limit(self, noise: float) -> Plane:
        # Worked out each time, in a twentieth of a millisecond: a plane of memory less a camera is worth it.
        slopes: Any = cv2.morphologyEx(self._base.y, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        least: Any = min(max(BRIGHTNESS, TIMES_NOISE * noise), 60.0)
        return np.asarray(cv2.add(cv2.convertScaleAbs(slopes, alpha=SLOPE), least), dtype=np.uint8)

    def _learn_fast(self, frame: Planes, limit: Plane, moves: Any, seconds: float) -> Any:
        """Move the fast background; what two samples agree on is taken up at once, and no longer moves."""
        weight = 1.0 - math.exp(-seconds / FAST)
        now = (frame.y, frame.u, frame.v)
        for one, fast in zip(now, self.fast, strict=True):
            cv2.accumulateWeighted(one, fast, weight)
        stays = cv2.bitwise_and(moves, cv2.bitwise_not(_differs(frame, self.previous, limit)))
        if cv2.countNonZero(stays):
            chosen = stays > 0
            half = _halved(stays) > 0
            for one, fast, where in zip(now, self.fast, (chosen, half, half), strict=True):
                np.copyto(fast, one, where=where)
            # What stood there before is no evidence for what has come.
            self.evidence[chosen] = 0
            moves = cv2.bitwise_and(moves, cv2.bitwise_not(stays))
        return moves

    def _count(self, differs: Any, moves: Any, seconds: float) -> None:
        step: Any = float(max(round(min(seconds, LONGEST_STEP) / UNIT), 1))
        still = cv2.bitwise_and(differs, cv2.bitwise_not(moves))
        more = cv2.add(self.evidence, step, mask=still)
        # Where something moves, evidence fades as it grew; where the background is seen, twice as fast.
        less = cv2.subtract(self.evidence, step, mask=moves)
        none = cv2.subtract(self.evidence, 2 * step, mask=cv2.bitwise_not(differs))
        self.evidence = np.asarray(cv2.bitwise_or(cv2.bitwise_or(more, less), none), dtype=np.uint8)

    def _learn_slow(self, frame: Planes, gain: float, kept: Mask | None) -> None:
        weight = 1.0 - math.exp(-self._since / min(max(self.age, YOUNGEST), SLOW))
        keeps = None if kept is None else (kept > 0, _halved(kept) > 0)
        for place, (one, slow) in enumerate(zip((frame.y, frame.u, frame.v), self.slow, strict=True)):
            pull: Any = cv2.subtract(one, slow, dtype=cv2.CV_32F)
            np.clip(pull, -PULL, PULL, out=pull)
            if keeps is not None:
                pull[keeps[min(place, 1)]] = 0.0
            cv2.scaleAdd(pull, weight, slow, slow)
        # Frames come in the light of the background; that follows the light of the day as a whole, and so does what
        # stands behind something and cannot be seen now.
        self.slow[0][:] *= (1.0 / gain) ** weight
        self._renew()


def _differs(frame: Planes, other: Planes, limit: Plane) -> Mask:
    """Where two differ in brightness by more than a limit, or in colour (255)."""
    bright = cv2.compare(cv2.absdiff(frame.y, other.y), limit, cv2.CMP_GT)
    colour: Any = cv2.max(cv2.absdiff(frame.u, other.u), cv2.absdiff(frame.v, other.v))
    coloured: Any = cv2.threshold(colour, COLOUR, 255, cv2.THRESH_BINARY)[1]
    size = (bright.shape[1], bright.shape[0])
    coloured = cv2.resize(coloured, size, interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.bitwise_or(bright, coloured), dtype=np.uint8)


def _halved(mask: Any) -> Any:
    return cv2.resize(mask, (mask.shape[1] // 2, mask.shape[0] // 2), interpolation=cv2.INTER_NEAREST)


def _floats(planes: Planes) -> tuple[Model, Model, Model]:
    return planes.y.astype(np.float32), planes.u.astype(np.float32), planes.v.astype(np.float32)


def _bytes(model: Model) -> Plane:
    return np.asarray(cv2.convertScaleAbs(model), dtype=np.uint8)
