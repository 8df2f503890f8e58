"""The whole step of one camera: a frame in, sightings out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

import cv2
import numpy as np

from vision.detect import Detector
from vision.dwell import moved
from vision.frame import Box, Frame
from vision.gate.background import Background, Foreground
from vision.gate.beginning import Beginning
from vision.gate.blobs import Blob, blobs, is_ghost, is_light
from vision.gate.planes import Mask, Plane, as_window, planes, work_size
from vision.gate.steadying import Steadying
from vision.judging import Judge
from vision.lookback import Lookback
from vision.rules import Rule, of_zone
from vision.sighting import Sighting
from vision.slots import NEARLY, Slot, Slots, is_over
from vision.stills import Stills
from vision.view import SlotView, View
from vision.zones import Zone

#: Seconds of evidence after which something is taken to stand there, though nothing is told of it yet.
SETTLED = 3.6
#: The part of a blob that must have stood so long, and the part of it that may still move around it.
SETTLED_PART, MOVING_PART = 0.3, 0.4
#: Seconds after which light and ghosts are taken for background.
SURE = 8.0
#: A picture that differs in so large a part for so many seconds is another view: the background begins anew.
OTHER_VIEW, OTHER_VIEW_SECONDS = 0.6, 20.0
#: A frame that is older than the last one by more seconds than frames change places by: the clock was set back.
SET_BACK = 60.0
#: How far from a zone, as a share of the picture, something is still held, lest it flow together with what stands inside.
BESIDE = 0.05


class Watcher:
    """Watches the zones of one camera.

    Args:
        zones: of the camera.
        rules: all rules, by key; zones name theirs.
        detector: says what stands there; without one, nothing is verified.
        state: what `checkpoint` gave; what cannot be read, or is of another size of picture, begins anew.
        timezone: of the city, in which the zones' hours are read; without one, that of the frames.

    Raises:
        VisionError: a zone names a rule that is not there or not for it, or a rule is none.
    """

    def __init__(
        self,
        zones: Sequence[Zone],
        rules: Mapping[str, Rule],
        detector: Detector | None,
        state: bytes | None = None,
        *,
        timezone: tzinfo | None = None,
    ) -> None:
        self.zones = tuple(zones)
        self._judge = Judge({zone.key: (zone, of_zone(zone, rules)) for zone in zones}, detector, timezone)
        self._detector = detector
        self._reach = [_reach(zone) for zone in zones]
        self._size: tuple[int, int] | None = None
        self._at: datetime | None = None
        self._interval = 1.0
        #: Where something stood still in the last frame, a bit a pixel, and what was done to that frame: for `seen`.
        self._still: Mask | None = None
        self._steadying: Steadying | None = None
        self._other_view = 0.0
        self.late = 0
        self._forget()
        if state is not None:
            self._restore(state)

    def see(self, frame: Frame) -> list[Sighting]:
        """Look at one frame; what is to be told of it."""
        if self._at is not None and frame.at <= self._at:
            if (self._at - frame.at).total_seconds() <= SET_BACK:
                self.late += 1
                return []
            self._begin_anew()
        size = work_size(frame.size)
        if size != self._size:
            self._forget()
            self._size = size
        seconds = (frame.at - self._at).total_seconds() if self._at else 1.0
        self._at = frame.at
        small = planes(frame.picture, size)
        if self._background is None:
            self._stills.keep(frame, wanted=False)
            self._lookback.keep(frame.at, small.y)
            first = self._beginning.see(small, frame.at)
            if first is not None:
                self._begin(Background(first), frame)
            return []
        self._interval += 0.2 * (min(seconds, 30.0) - self._interval)
        foreground = self._background.see(small, seconds, self._slots.kept())
        self._still, self._steadying = np.packbits(_still(foreground)), foreground.steadying
        self._stills.keep(frame, wanted=foreground.share > 0.0005)
        self._lookback.keep(frame.at, foreground.planes.y)
        if self._is_other_view(foreground, seconds):
            self._relearn()
            return []
        self._slots.see(foreground, frame.at)
        self._note_movement(foreground, seconds)
        told = self._find(foreground, frame.at) + self._end(frame.at)
        told += self._judge.see(frame, self._slots, self._interval)
        for slot, box in self._judge.restless():
            told += self._widen(slot, box, foreground, frame.at)
        return told

    def checkpoint(self) -> bytes:
        """Everything that it must know to go on elsewhere, compressed."""
        from vision.checkpoint import Remembered, pack

        return pack(
            Remembered(
                self._size,
                self._at,
                self._interval,
                self.late,
                self._background,
                self._slots,
                self._judge.clocks,
                self._judge.stills,
            )
        )

    def seen(self) -> View:
        """What the rules see now."""
        found: tuple[Box, ...] = ()
        if self._background is not None and self._still is not None:
            found = tuple(one.box for one in blobs(_standing(self._background, self._still)))
        steadying = self._steadying
        return View(
            at=self._at,
            learning=self._beginning.missing if self._background is None else 0,
            slots=tuple(self._view(slot) for slot in self._slots.standing),
            stationary=found,
            gain=steadying.gain if steadying else 1.0,
            dx=steadying.dx if steadying else 0.0,
            dy=steadying.dy if steadying else 0.0,
            late=self.late,
        )

    def _view(self, slot: Slot) -> SlotView:
        clocks = self._judge.of(slot)
        assert self._at is not None
        return SlotView(
            key=slot.key,
            box=slot.box,
            seconds=(self._at - slot.began_at).total_seconds(),
            state=slot.state,
            name=slot.name,
            score=slot.score,
            zones=tuple(zone.key for zone in self.zones if zone.has_foot(slot.box)),
            alarmed=any(clock.alarmed_at is not None for clock in clocks),
        )

    def _forget(self) -> None:
        self._background: Background | None = None
        self._beginning = Beginning()
        self._lookback = Lookback()
        self._stills = Stills()
        self._slots = Slots((0, 0))

    def _relearn(self) -> None:
        """Another view or another light: the background begins anew; what stands there is known by its looks alone."""
        self._background = None
        self._beginning = Beginning()
        self._lookback.clear()
        self._other_view = 0.0
        for slot in self._slots.standing:
            slot.behind = False

    def _begin_anew(self) -> None:
        """The clock was set back: no time that is known can be counted from, and until it came round again nothing would be seen."""
        count = self._slots.count
        self._forget()
        self._judge.forget()
        # The names of slots go on, so that none is given twice.
        self._slots.count = count
        self._at, self._other_view, self._still, self._steadying = None, 0.0, None, None

    def _restore(self, state: bytes) -> None:
        from vision.checkpoint import unpack

        known = unpack(state, self.zones, self._judge.rules)
        if known is None:
            return
        self._size, self._at, self._interval = known.size, known.at, known.interval
        self.late = known.late
        self._background = known.background
        self._slots = known.slots
        self._judge.clocks, self._judge.stills = known.clocks, known.stills

    def _begin(self, background: Background, frame: Frame) -> None:
        """Start with a background; what a detector finds in it, and what stood there all along, becomes slots."""
        self._background = background
        shape = background.base.y.shape
        self._slots.shape = (shape[0], shape[1])
        if self._detector is None:
            return
        for found in self._detector.detect(frame.picture):
            if not self._judge.looks_for(found.name) or not any(
                zone.has_foot(found.box) for zone in self.zones
            ):
                continue
            if any(_near(slot.box, found.box) for slot in self._slots.standing):
                continue
            window = as_window(found.box, shape)
            mask = np.full(background.base.y[window].shape, 255, np.uint8)
            since, samples = self._lookback.since(window, mask)
            if since is None or samples < len(self._lookback) // 2 + 1:
                continue
            blob = Blob(found.box, window, mask, mask.size)
            slot = self._slots.add(blob, since, frame.at, background.base.y, behind=False)
            if slot is not None:
                slot.name, slot.score = found.name, found.score
                self._judge.note(slot, *self._stills.of(since))

    def _is_other_view(self, foreground: Foreground, seconds: float) -> bool:
        other = foreground.share > OTHER_VIEW
        self._other_view = self._other_view + min(seconds, 10.0) if other else 0.0
        return self._other_view >= OTHER_VIEW_SECONDS

    def _note_movement(self, foreground: Foreground, seconds: float) -> None:
        for slot in self._slots.standing:
            width, height = slot.box[2] - slot.box[0], slot.box[3] - slot.box[1]
            around = (
                slot.box[0] - width / 2,
                slot.box[1] - height / 4,
                slot.box[2] + width / 2,
                slot.box[3] + height / 4,
            )
            part = foreground.moves[as_window(around, foreground.moves.shape)]
            slot.moved = moved(slot, cv2.countNonZero(part) / part.size, seconds)

    def _find(self, foreground: Foreground, at: datetime) -> list[Sighting]:
        """Make slots of what has come to stand in or beside a zone; what is over because its place was taken."""
        assert self._background is not None
        told: list[Sighting] = []
        y = foreground.planes.y
        standing = self._background.standing(SETTLED)
        still = _still(foreground)
        for blob in blobs(self._slots.unexplained(still, y)):
            if not any(_meets(blob.box, reach) for reach in self._reach):
                continue
            if not _is_settled(blob, standing, foreground.moves):
                continue
            since, samples = self._lookback.since(blob.window, blob.mask)
            if since is None or samples < 2:
                continue
            whole = self._slots.part_of(blob, since, at, self._interval)
            if whole is not None:
                self._slots.grow(whole, blob, y, at)
            elif not self._is_nothing(blob, foreground):
                told += self._hold(blob, since, at, foreground)
            elif samples > 2 and (at - since).total_seconds() >= SURE:
                kept = self._slots.kept()
                spread = _spread(blob, still.shape)
                self._background.absorb(spread if kept is None else spread & ~kept)
        self._join(y, at)
        return told

    def _join(self, y: Plane, at: datetime) -> None:
        """Make one slot of two that turn out to be pieces of one thing, before anything was told of the younger."""
        for slot, piece in self._slots.pieces(self._interval):
            if not any(clock.alarmed_at for clock in self._judge.of(piece)):
                self._slots.join(slot, piece, y, at)
                self._judge.over(piece, at)
                return

    def _is_nothing(self, blob: Blob, foreground: Foreground) -> bool:
        """Whether what seems to stand there is light, or what the background shows and is gone."""
        assert self._background is not None
        base = self._background.base
        return is_light(blob, foreground.planes, base) or is_ghost(blob, foreground.planes.y, base.y)

    def _hold(self, blob: Blob, since: datetime, at: datetime, foreground: Foreground) -> list[Sighting]:
        before = self._slots.replaced(blob)
        told = []
        if before is not None:
            self._slots.end([before])
            told = self._judge.over(before, at)
        slot = self._slots.add(blob, since, at, foreground.planes.y)
        if slot is not None:
            self._judge.note(slot, *self._stills.of(since))
        return told

    def _widen(self, slot: Slot, box: Box, foreground: Foreground, at: datetime) -> list[Sighting]:
        """Let the slot of a person be the whole person, since the person stands there."""
        parts = self._slots.widen(slot, box, foreground.planes.y)
        since, _ = self._lookback.since(slot.window, slot.mask, NEARLY)
        began = [slot.began_at, *(part.began_at for part in parts), *([since] if since else [])]
        self._judge.began(slot, min(began))
        return [told for part in parts for told in self._judge.over(part, at)]

    def _end(self, at: datetime) -> list[Sighting]:
        """Let go of the slots that were missing for too long."""
        gone = [
            slot
            for slot in self._slots.standing
            if is_over(slot, at, self._judge.grace(slot), self._interval)
        ]
        self._slots.end(gone)
        return [told for slot in gone for told in self._judge.over(slot, at)]


def _is_settled(blob: Blob, standing: Mask, moves: Mask) -> bool:
    """Whether a good part of a blob has stood for long enough, and it is no piece of something that still moves."""
    stood = cv2.countNonZero(cv2.bitwise_and(standing[blob.window], blob.mask))
    rows, columns = blob.window
    around = (
        slice(max(rows.start - 3, 0), rows.stop + 3),
        slice(max(columns.start - 3, 0), columns.stop + 3),
    )
    return stood >= SETTLED_PART * blob.area and cv2.countNonZero(moves[around]) < MOVING_PART * blob.area


def _still(foreground: Foreground) -> Mask:
    """What differs from the background and does not move (0 or 255)."""
    return np.asarray(cv2.bitwise_and(foreground.differs, cv2.bitwise_not(foreground.moves)), dtype=np.uint8)


def _standing(background: Background, still: Mask) -> Mask:
    """Where something has stood still for long enough, and was seen to in the last frame, which is given a bit a pixel."""
    standing = background.standing(SETTLED)
    unpacked = np.unpackbits(still, count=standing.size).reshape(standing.shape)
    return np.asarray(standing * unpacked, dtype=np.uint8)


def _reach(zone: Zone) -> Box:
    across, down = [x for x, _ in zone.outline], [y for _, y in zone.outline]
    return min(across) - BESIDE, min(down) - BESIDE, max(across) + BESIDE, max(down) + BESIDE


def _meets(box: Box, reach: Box) -> bool:
    """Whether the foot of a box is within reach."""
    return box[0] <= reach[2] and box[2] >= reach[0] and reach[1] <= box[3] <= reach[3] + 0.1


def _near(one: Box, other: Box) -> bool:
    from vision.frame import overlap

    return overlap(one, other) >= 0.4


def _spread(blob: Blob, shape: tuple[int, ...]) -> Mask:
    whole = np.zeros(shape, np.uint8)
    whole[blob.window] = blob.mask
    return np.asarray(cv2.dilate(whole, np.ones((5, 5), np.uint8)), dtype=np.uint8)
