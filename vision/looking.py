"""Looking: asking a detector what stands there, seldom, for it costs as much as fifty frames of everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from vision.detect import Detection, Detector
from vision.dwell import Clock, Look
from vision.frame import Box, Frame, cut, overlap
from vision.gate.blobs import Blob
from vision.gate.planes import as_window
from vision.slots import RESTLESS, WITHIN, Slot, Slots, share_within

if TYPE_CHECKING:
    from vision.judging import Judge

#: Seconds from the first look in vain to the second, doubled each time up to the longest.
AGAIN, LONGEST = 5.0, 300.0
#: Seconds for which a count holds.
FRESH = 30.0
#: How well a detection must cover a slot to be what stands there.
COVERS = 0.3
#: The part of a slot that a detection is at least if it is one of several things that stand there.
PART = 0.15
#: What is looked at beyond the slot, as a share of its sides: networks know things by what is around them.
MARGIN = 0.6


class Looking:
    """Asks a detector, once a frame at most, of the slot that has waited longest."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._looks: dict[str, Look] = {}
        self._detections: dict[str, tuple[Detection, ...]] = {}
        #: Slots that a detector has just named as something that never looks quite the same, and where it saw it.
        self.restless: list[tuple[Slot, Box]] = []

    def looked(self, slot: Slot) -> bool:
        """Whether a detector has looked at a slot since it was found."""
        return slot.key in self._looks and self._looks[slot.key].at is not None

    def counts(self, slot: Slot, at: datetime) -> Mapping[str, int] | None:
        """How many of each class were around a slot; None if nobody looked lately."""
        look = self._looks.get(slot.key)
        if look is None or look.at is None or (at - look.at).total_seconds() > FRESH:
            return None
        return look.counts

    def detections(self, slot: Slot) -> tuple[Detection, ...]:
        """All that was seen when the slot was last looked at."""
        return self._detections.get(slot.key, ())

    def forget(self, slot: Slot) -> None:
        """A slot is gone."""
        self._looks.pop(slot.key, None)
        self._detections.pop(slot.key, None)

    def look(self, frame: Frame, wanting: Sequence[tuple[Slot, Clock]], slots: Slots, judge: Judge) -> None:
        """Look at one of the slots of which a rule wants to know more."""
        due = [
            (look.next_at or slot.found_at, slot, clock)
            for slot, clock in wanting
            if slot.state == "there"
            for look in [self._looks.setdefault(slot.key, Look())]
            if look.next_at is None or look.next_at <= frame.at
        ]
        if not due:
            return
        _, slot, clock = min(due, key=lambda one: (one[0], one[1].key))
        view = _view(slot, clock)
        found = [_placed(one, view) for one in self._detector.detect(cut(frame.picture, view))]
        look = self._looks[slot.key]
        look.at = frame.at
        look.counts = _counted(found, clock)
        self._detections[slot.key] = tuple(found)
        self._name(slot, clock, found, look, frame.at)
        self._split(slot, clock, found, slots, judge)

    def _name(self, slot: Slot, clock: Clock, found: list[Detection], look: Look, at: datetime) -> None:
        on_it = [one for one in found if _is_on(one, slot)]
        on_it.sort(key=lambda one: (clock.rule.matches(one.name), one.score), reverse=True)
        if on_it and (not slot.name or clock.rule.matches(on_it[0].name)):
            if not slot.name and on_it[0].name in RESTLESS:
                self.restless.append((slot, on_it[0].box))
            slot.name, slot.score = on_it[0].name, on_it[0].score
        matched = not clock.rule.verify or clock.rule.matches(slot.name)
        look.tries = 0 if matched else look.tries + 1
        wait = FRESH if matched else min(AGAIN * 2 ** min(look.tries - 1, 10), LONGEST)
        look.next_at = at + timedelta(seconds=wait)

    def _split(self, slot: Slot, clock: Clock, found: list[Detection], slots: Slots, judge: Judge) -> None:
        """Two cars that flowed together become two slots of the same age."""
        if any(one.alarmed_at is not None for one in judge.of(slot)):
            return
        parts: list[Detection] = []
        for one in found:
            if not clock.rule.classes or not clock.rule.matches(one.name):
                continue
            if share_within(one.box, slot.box) < 0.5 or _area(one.box) < PART * _area(slot.box):
                continue
            if all(overlap(one.box, other.box) < 0.3 for other in parts):
                parts.append(one)
        if len(parts) < 2:
            return
        whole: Any = np.zeros(slots.shape, np.uint8)
        whole[slot.window] = slot.mask
        looks: Any = np.zeros(slots.shape, np.uint8)
        looks[slot.window] = slot.looks
        made = []
        for one in parts:
            window = as_window(one.box, slots.shape)
            mask = np.ascontiguousarray(whole[window])
            part = slots.add(Blob(one.box, window, mask, mask.size), slot.began_at, slot.found_at, looks)
            if part is not None:
                part.name, part.score, part.behind = one.name, one.score, slot.behind
                made.append(part)
        judge.split(slot, made)
        slots.end([slot])
        judge.over(slot, slot.found_at)


def _is_on(one: Detection, slot: Slot) -> bool:
    """Whether a detection is what stands in a slot; of what never keeps still, a part is enough."""
    if one.name in RESTLESS and share_within(slot.box, one.box) >= WITHIN:
        return True
    return overlap(one.box, slot.box) >= COVERS


def _view(slot: Slot, clock: Clock) -> Box:
    """The part of the picture that is looked at: the slot, and its whole zone where the rule counts or looks for what a slot may be a part of."""
    wide, high = (slot.box[2] - slot.box[0]) * MARGIN, (slot.box[3] - slot.box[1]) * MARGIN
    # Nothing smaller than a tenth of the picture: a network sees nothing in a few pixels.
    wide = max(wide, (0.1 - (slot.box[2] - slot.box[0])) / 2)
    high = max(high, (0.1 - (slot.box[3] - slot.box[1])) / 2)
    view = (slot.box[0] - wide, slot.box[1] - high, slot.box[2] + wide, slot.box[3] + high)
    if clock.rule.condition.counts or any(clock.rule.matches(name) for name in RESTLESS):
        across, down = zip(*clock.zone.outline, strict=True)
        view = (
            min(view[0], *across),
            min(view[1], *down),
            max(view[2], *across),
            max(view[3], *down),
        )
    return max(view[0], 0.0), max(view[1], 0.0), min(view[2], 1.0), min(view[3], 1.0)


def _placed(one: Detection, view: Box) -> Detection:
    """A detection in a part of the picture as one in the whole."""
    wide, high = view[2] - view[0], view[3] - view[1]
    box = (
        view[0] + one.box[0] * wide,
        view[1] + one.box[1] * high,
        view[0] + one.box[2] * wide,
        view[1] + one.box[3] * high,
    )
    return Detection(one.name, one.score, box)


def _counted(found: Sequence[Detection], clock: Clock) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in found:
        if clock.zone.has_foot(one.box):
            counts[one.name] = counts.get(one.name, 0) + 1
    return counts


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
