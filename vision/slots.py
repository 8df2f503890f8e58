"""Slots: the places where things stand, each held by its outline and its looks, so that it outlasts who passes before it.

A slot is there while its place looks as it did (correlation of brightness, after Frigate's classifier of stationary objects:
to be found again takes more than to be kept), away while the background is seen there, and hidden while neither is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import cv2
import numpy as np

from vision.frame import Box, overlap
from vision.gate.background import Foreground
from vision.gate.blobs import Blob
from vision.gate.planes import Mask, Plane, as_share, as_window
from vision.lookback import likeness

State = Literal["there", "hidden", "away"]

#: Correlation to be kept, and to be found again.
KEPT, FOUND = 0.85, 0.90
#: Correlation at which something that shifts its weight is still the same, if it stands out from the background.
SHIFTED = 0.5
#: The share of a place that must be seen to judge it, that must show the background for it to be away, or differ from it.
SEEN, BARE, COVERED = 0.15, 0.6, 0.7
#: Correlation at which it is the same in other light, if it stays so for this many samples.
NEARLY, STEADY = 0.7, 3
#: Overlap at which two stand at one place.
SAME_PLACE = 0.5
#: What never looks quite the same from one sample to the next.
RESTLESS = frozenset({"person"})
#: The share of the box of such a thing that differs from the background while it is there, and less of which is none of it.
FILLED, EMPTY = 0.3, 0.15
#: Seconds after which it has left if its place is seen to be empty: who comes after that is somebody else, whatever the grace.
LEFT = 3.0
#: Seconds over which its looks follow the light.
FOLLOW = 60.0
#: Levels within which a pixel is explained by what stands there.
EXPLAINED = 40
#: Seconds after which something that is hidden is waited for, as long as its zone says.
KNOWN = 8.0
#: What is hidden is waited for so many times the grace.
COMES_AND_LEAVES = 1.25
#: Slots that one camera holds.
MOST = 48
#: A blob is a part of what stands there if so much of it lies within its box.
WITHIN = 0.7
#: Seconds for which a slot may still grow by what joins it.
YOUNG = 15.0

_DILATE = np.ones((5, 5), np.uint8)


@dataclass(slots=True)
class Slot:
    """A place where something stands.

    Attributes:
        key: names it among all of its camera.
        began_at: since when it stands there.
        box: as shares of the picture.
        window: rows and columns of the work size that `mask` and `looks` fill: its box and some pixels around it.
        mask: its outline, within the window (0 or 255).
        looks: brightness of its place, as it was last seen whole.
        behind: whether the background behind it is known; it is not for what stood there from the first.
        state: see above.
        missing_at: since when it does not look as it did; None while it does.
        away_at: since when the background is seen there; None while it is not.
        name, score: what a detector called it; empty where none did.
        moved: seconds of the last minute in which something moved beside it.
        steady: samples in a row in which it looked nearly as it did, and nothing moved there.
    """

    key: str
    began_at: datetime
    found_at: datetime
    box: Box
    window: tuple[slice, slice]
    mask: Mask
    looks: Plane
    behind: bool = True
    state: State = "there"
    seen_at: datetime | None = None
    missing_at: datetime | None = None
    away_at: datetime | None = None
    name: str = ""
    score: float = 0.0
    moved: float = 0.0
    steady: int = 0

    @property
    def area(self) -> int:
        """Pixels of its outline."""
        return cv2.countNonZero(self.mask)


@dataclass(slots=True)
class Slots:
    """All slots of a camera, the oldest first."""

    shape: tuple[int, int]
    standing: list[Slot] = field(default_factory=list)
    count: int = 0

    def add(self, blob: Blob, began_at: datetime, at: datetime, y: Plane, behind: bool = True) -> Slot | None:
        """Hold what stands in a blob; None if there are too many already."""
        if len(self.standing) >= MOST:
            return None
        self.count += 1
        window, mask = _widened(blob, self.shape)
        slot = Slot(
            key=f"{began_at:%Y%m%dT%H%M%S}-{self.count}",
            began_at=began_at,
            found_at=at,
            box=blob.box,
            window=window,
            mask=mask,
            looks=y[window].copy(),
            behind=behind,
            seen_at=at,
        )
        self.standing.append(slot)
        return slot

    def see(self, foreground: Foreground, at: datetime) -> None:
        """Judge of every slot whether it is there; the youngest first, for it may stand before the others."""
        covered = np.zeros(self.shape, np.uint8)
        for slot in reversed(self.standing):
            _judge(slot, foreground, covered[slot.window], at)
            if slot.state == "there":
                covered[slot.window] |= slot.mask

    def kept(self) -> Mask | None:
        """Where the background must stay as it is, for something stands before it (255)."""
        frozen = [slot for slot in self.standing if slot.behind and slot.state != "away"]
        if not frozen:
            return None
        mask = np.zeros(self.shape, np.uint8)
        for slot in frozen:
            mask[slot.window] |= slot.mask
        return mask

    def unexplained(self, mask: Mask, y: Plane) -> Mask:
        """What of a mask is none of the slots."""
        rest: Any = mask.copy()
        for slot in self.standing:
            if slot.state == "away":
                continue
            if slot.name in RESTLESS:
                rest[slot.window] &= cv2.bitwise_not(slot.mask)
                continue
            alike: Any = cv2.threshold(
                cv2.absdiff(y[slot.window], slot.looks), EXPLAINED, 255, cv2.THRESH_BINARY_INV
            )[1]
            mine: Any = cv2.bitwise_and(alike, slot.mask)
            if slot.state == "there":
                mine = cv2.morphologyEx(mine, cv2.MORPH_CLOSE, _DILATE)
            rest[slot.window] &= cv2.bitwise_not(mine)
        return np.asarray(rest, dtype=np.uint8)

    def part_of(self, blob: Blob, since: datetime, at: datetime, interval: float) -> Slot | None:
        """The slot that a blob belongs to.

        Most of it lies within; or it stands at the slot's place or in it since before that was missed, in other light; or both came to
        stand at one time and nearly meet.

        Args:
            since: from when the blob stands there.
            interval: seconds between samples.
        """
        for slot in self.standing:
            if slot.missing_at is None:
                if share_within(blob.box, slot.box) >= WITHIN:
                    return slot
            elif since < slot.missing_at and (
                overlap(blob.box, slot.box) >= SAME_PLACE or share_within(blob.box, slot.box) >= WITHIN
            ):
                return slot
            if slot.state == "away" or (at - slot.found_at).total_seconds() > max(YOUNG, 6 * interval):
                continue
            if _together(since, slot.began_at, interval) and (
                _touch(blob.box, slot.box) or share_within(slot.box, blob.box) >= WITHIN
            ):
                return slot
        return None

    def grow(self, slot: Slot, blob: Blob, y: Plane, at: datetime) -> None:
        """Let a slot have what joined it; what has stood there for a while stays as it was, for light passes over it."""
        if (at - slot.found_at).total_seconds() > YOUNG:
            slot.looks = _mixed(y[slot.window], slot.looks, 0.15)
            _set(slot, "there", at)
            return
        whole = np.zeros(self.shape, np.uint8)
        whole[slot.window] |= slot.mask
        whole[blob.window] |= blob.mask
        left, top, width, height = cv2.boundingRect(whole)
        box = as_share((left, top, width, height), self.shape)
        part = Blob(
            box,
            (slice(top, top + height), slice(left, left + width)),
            np.ascontiguousarray(whole[top : top + height, left : left + width]),
            0,
        )
        looks = y.copy()
        if slot.missing_at is not None:
            # What passes before the rest of it just now is none of its looks.
            rest = slot.mask > 0
            joined = np.zeros(self.shape, np.uint8)
            joined[blob.window] = blob.mask
            rest &= joined[slot.window] == 0
            looks[slot.window][rest] = slot.looks[rest]
        slot.box = _larger(slot.box, blob.box)
        slot.window, slot.mask = _widened(part, self.shape)
        slot.looks = looks[slot.window].copy()
        _set(slot, "there", at)

    def widen(self, slot: Slot, box: Box, y: Plane) -> list[Slot]:
        """Let a slot fill a box, in which a detector saw the whole thing; the slots of its other parts, which it takes in."""
        window = as_window(box, self.shape)
        slot.box, slot.window = box, window
        slot.mask = np.full(
            (window[0].stop - window[0].start, window[1].stop - window[1].start), 255, np.uint8
        )
        slot.looks = y[window].copy()
        parts = [
            other
            for other in self.standing
            if other is not slot and share_within(other.box, box) >= WITHIN and not other.name
        ]
        self.end(parts)
        return parts

    def pieces(self, interval: float) -> Iterator[tuple[Slot, Slot]]:
        """Slots that are pieces of one thing: they came together, nearly meet and are both seen; the elder first.

        What a detector has named is no piece.
        """
        seen = [slot for slot in self.standing if slot.missing_at is None and not slot.name]
        for place, slot in enumerate(seen):
            for other in seen[place + 1 :]:
                if _together(slot.began_at, other.began_at, interval) and _touch(slot.box, other.box):
                    yield slot, other

    def join(self, slot: Slot, piece: Slot, y: Plane, at: datetime) -> None:
        """Let a slot have what another holds, which is let go."""
        self.grow(slot, Blob(piece.box, piece.window, piece.mask, piece.area), y, at)
        self.end([piece])

    def replaced(self, blob: Blob) -> Slot | None:
        """The slot that is away and whose place a blob has taken."""
        for slot in self.standing:
            if slot.state == "away" and overlap(slot.box, blob.box) >= SAME_PLACE:
                return slot
        return None

    def end(self, slots: Iterable[Slot]) -> None:
        """Let go of slots."""
        gone = {slot.key for slot in slots}
        self.standing = [slot for slot in self.standing if slot.key not in gone]


def is_over(slot: Slot, at: datetime, grace: float, interval: float) -> bool:
    """Whether a slot has been missing for too long.

    Args:
        grace: seconds, of its zone.
        interval: seconds between samples.
    """
    if slot.missing_at is None:
        return False
    age = (slot.missing_at - slot.began_at).total_seconds()
    slack = 1.5 * interval
    # What has only just come and is gone was passing.
    longest = LEFT if slot.name in RESTLESS and slot.behind else grace
    away = max(min(grace, longest, age), interval) + slack
    if slot.away_at is not None and (at - slot.away_at).total_seconds() > away:
        return True
    # What stands before it for the length of its grace also comes and leaves.
    hidden = away if age < min(KNOWN, 2.5 * interval) else max(COMES_AND_LEAVES * grace, interval) + slack
    return (at - slot.missing_at).total_seconds() > hidden


def _judge(slot: Slot, foreground: Foreground, covered: Mask, at: datetime) -> None:
    y = foreground.planes.y[slot.window]
    visible = (slot.mask > 0) & (covered == 0)
    total = np.count_nonzero(slot.mask)
    if np.count_nonzero(visible) < SEEN * total:
        _set(slot, "hidden", at)
        return
    alike = likeness(slot.looks[visible], y[visible])
    differs = float(np.count_nonzero(foreground.differs[slot.window][visible])) / np.count_nonzero(visible)
    if slot.name in RESTLESS and slot.behind:
        _set(slot, "there" if differs >= FILLED else "hidden" if differs >= EMPTY else "away", at)
        return
    if alike >= (KEPT if slot.state == "there" else FOUND) and (differs >= 0.25 or not slot.behind):
        if alike >= FOUND and np.count_nonzero(visible) >= 0.9 * total:
            _follow(slot, y, at)
        _set(slot, "there", at)
    elif slot.behind and 1.0 - differs >= BARE:
        _set(slot, "away", at)
    elif alike >= NEARLY and _is_steady(slot, foreground):
        slot.looks = y.copy()
        _set(slot, "there", at)
    elif slot.behind and slot.state == "there" and alike >= SHIFTED and differs >= COVERED:
        # It may have shifted, or something else may pass before it: it is there, and the clock of what is missing runs.
        _set(slot, "there", at, sure=slot.name in RESTLESS)
    else:
        _set(slot, "hidden", at)
    if alike < NEARLY or slot.missing_at is None:
        slot.steady = 0


def _is_steady(slot: Slot, foreground: Foreground) -> bool:
    """Whether a place has stayed as it is for some samples: a lamp was lit, or its looks were taken in a passing light."""
    moves = foreground.moves[slot.window]
    slot.steady = slot.steady + 1 if cv2.countNonZero(moves) < 0.1 * moves.size else 0
    return slot.steady >= STEADY


def _set(slot: Slot, state: State, at: datetime, sure: bool = True) -> None:
    slot.state = state
    slot.away_at = (slot.away_at or at) if state == "away" else None
    if state == "there" and sure:
        slot.missing_at, slot.seen_at = None, at
    elif slot.missing_at is None:
        slot.missing_at = at


def _follow(slot: Slot, y: Plane, at: datetime) -> None:
    seconds = (at - slot.seen_at).total_seconds() if slot.seen_at else FOLLOW
    # Bytes do not move by less than a half: a larger step more seldom is left to the next frames.
    weight = min(max(seconds / FOLLOW, 0.1), 0.5)
    slot.looks = _mixed(y, slot.looks, weight)


def _mixed(now: Plane, before: Plane, weight: float) -> Plane:
    return np.asarray(cv2.addWeighted(now, weight, before, 1.0 - weight, 0.0), dtype=np.uint8)


def _widened(blob: Blob, shape: tuple[int, int], pad: int = 4) -> tuple[tuple[slice, slice], Mask]:
    """A blob's mask without holes and slightly larger, so that its outline belongs to its looks."""
    rows, columns = blob.window
    window = (
        slice(max(rows.start - pad, 0), min(rows.stop + pad, shape[0])),
        slice(max(columns.start - pad, 0), min(columns.stop + pad, shape[1])),
    )
    mask = np.zeros((window[0].stop - window[0].start, window[1].stop - window[1].start), np.uint8)
    top, left = rows.start - window[0].start, columns.start - window[1].start
    mask[top : top + blob.mask.shape[0], left : left + blob.mask.shape[1]] = blob.mask
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(mask, outlines, -1, 255, thickness=cv2.FILLED)
    return window, np.asarray(cv2.dilate(mask, _DILATE), dtype=np.uint8)


def share_within(inner: Box, outer: Box) -> float:
    """The share of a box that lies within another, 0 to 1."""
    width = min(inner[2], outer[2]) - max(inner[0], outer[0])
    height = min(inner[3], outer[3]) - max(inner[1], outer[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / ((inner[2] - inner[0]) * (inner[3] - inner[1]))


def _together(one: datetime, other: datetime, interval: float) -> bool:
    """Whether two came to stand at one time, as far as samples so many seconds apart can tell."""
    return abs((one - other).total_seconds()) <= max(2.1 * interval, 3.0)


def _touch(one: Box, other: Box) -> bool:
    """Whether two boxes nearly meet, and are beside or above each other for a good part."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    if across < -0.02 or down < -0.03:
        return False
    least_wide = min(one[2] - one[0], other[2] - other[0])
    least_high = min(one[3] - one[1], other[3] - other[1])
    return across >= 0.5 * least_wide or down >= 0.5 * least_high


def _larger(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
