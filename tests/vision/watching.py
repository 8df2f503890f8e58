"""How the suites watch a made scene, and what they hold the sightings to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from vision import rules
from vision.frame import Box, Frame
from vision.made.scene import Event, Scene
from vision.sighting import Sighting
from vision.watching import Watcher

#: When the made scenes begin: a Monday in working hours.
BEGAN = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
#: What a camera sent for each frame: nothing here looks at it, and to encode a still of every frame would cost more than to judge it.
SENT = b"a still"
#: How much of the smaller of two boxes must lie in the larger, and how much smaller it may be, to be about the same thing.
WITHIN, SMALLER = 0.6, 0.15
#: The share of something beyond which it is hidden, and not to be judged.
HIDDEN = 0.25
#: Seconds for which goods are put out: their time may count from the first piece.
PUTTING_OUT = 24.0


@dataclass
class Outcome:
    """What was told of scenes.

    Attributes:
        found: each event that was told, with the samples by which it was late.
        missed: those that were not.
        again: alarms about something that was told before.
        false: alarms about nothing, or told too early.
        seconds: for how long was watched.
    """

    found: list[tuple[Event, int]] = field(default_factory=list)
    missed: list[Event] = field(default_factory=list)
    again: list[Sighting] = field(default_factory=list)
    false: list[Sighting] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: Outcome) -> None:
        self.found += other.found
        self.missed += other.missed
        self.again += other.again
        self.false += other.false
        self.seconds += other.seconds

    @property
    def recall(self) -> float:
        return len(self.found) / (len(self.found) + len(self.missed))

    @property
    def latest(self) -> int:
        return max((late for _, late in self.found), default=0)


def watch(scene: Scene, every: float, restarts: Sequence[float] = ()) -> list[Sighting]:
    """All alarms of a scene that is seen each so many seconds, without a detector.

    Args:
        restarts: seconds of the scene at which the watch ends; another goes on with its state half a minute later.
    """
    known = rules.shipped()
    watcher = Watcher(scene.zones, known, None)
    told: list[Sighting] = []
    stops = list(restarts)
    now = 0.0
    while now < scene.seconds:
        told += watcher.see(Frame(scene.frame(now), BEGAN + timedelta(seconds=now), SENT))
        now += every
        if stops and now >= stops[0]:
            now = stops.pop(0) + 30.0
            watcher = Watcher(scene.zones, known, None, watcher.checkpoint())
    return [sighting for sighting in told if sighting.turn == "alarm"]


def outcome(scene: Scene, told: Sequence[Sighting], every: float) -> Outcome:
    """What was told, held against what happened."""
    result = Outcome(seconds=scene.seconds)
    left = [event for event in scene.truth if event.begin + scene.plan.dwell + 3 * every < scene.seconds]
    for sighting in told:
        seconds = (sighting.at - BEGAN).total_seconds()
        about = [one for one in scene.truth if _is_about(sighting, one, seconds, scene.plan.dwell, every)]
        event = next((one for one in about if one in left), None)
        if event is None:
            (result.again if about else result.false).append(sighting)
        else:
            left.remove(event)
            result.found.append((event, _late(scene, event, seconds, every)))
    result.missed += left
    return result


def _late(scene: Scene, event: Event, told_at: float, every: float) -> int:
    """By how many samples an alarm is late, of those that show what it is about.

    What something else hides when it comes can be known to stand there only since it is to be seen.
    """
    begin = _seen(scene, event, event.begin, every)
    due = _seen(scene, event, begin + scene.plan.dwell, every)
    return round((told_at - due) / every)


def _seen(scene: Scene, event: Event, seconds: float, every: float) -> float:
    """The first sample at or after an instant in which nothing nearer hides a good part of an event."""
    now = math.ceil(seconds / every - 1e-9) * every
    while now < event.end and _is_hidden(scene, event, now):
        now += every
    return now


def _is_hidden(scene: Scene, event: Event, seconds: float) -> bool:
    nearer = [thing.box(scene.view) for thing in scene.things(seconds)]
    return any(_covered(event.box, box) > HIDDEN for box in nearer if box[3] > event.box[3] + 0.03)


def _covered(box: Box, by: Box) -> float:
    width = min(box[2], by[2]) - max(box[0], by[0])
    height = min(box[3], by[3]) - max(box[1], by[1])
    return max(width, 0.0) * max(height, 0.0) / ((box[2] - box[0]) * (box[3] - box[1]))


def _is_about(sighting: Sighting, event: Event, seconds: float, dwell: float, every: float) -> bool:
    # Something may be taken to stand still in its last metres, and be told of until it is seen to be gone.
    early = 2.0 + every + (PUTTING_OUT if event.kind == "frontage" else 0.0)
    in_time = event.begin + dwell - early <= seconds <= event.end + 2 * every
    return sighting.rule == event.kind and in_time and _same_place(sighting.box, event.box)


def _same_place(one: Box, other: Box) -> bool:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    small, large = sorted((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return min(width, height) > 0 and width * height >= WITHIN * small and small >= SMALLER * large
