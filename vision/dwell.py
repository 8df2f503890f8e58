"""Dwell: for how long a slot has stood in a zone by the clock, and what a rule may ask of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from vision.expressions import Range
from vision.rules import Rule, belongs
from vision.slots import Slot
from vision.stills import Kept
from vision.zones import Zone

#: Seconds over which movement beside a slot is remembered.
MOVES = 60.0


@dataclass(slots=True)
class Clock:
    """One slot in one zone under one rule.

    Attributes:
        since: from when its time counts: since it stands there, or since the zone's hours began.
        alarmed_at, told_at: when the sighting was told, and when last that it goes on.
        half: a frame of half of its time.
    """

    slot: str
    zone: Zone
    rule: Rule
    since: datetime
    alarmed_at: datetime | None = None
    told_at: datetime | None = None
    verified: bool = False
    half: Kept | None = None

    @property
    def needed(self) -> float:
        """The seconds after which its rule usually holds."""
        return self.zone.dwell or self.rule.dwell

    def seconds(self, at: datetime) -> float:
        """For how long it counts."""
        return (at - self.since).total_seconds()


@dataclass(slots=True)
class Look:
    """What a detector saw of a slot and around it.

    Attributes:
        at: when it looked last; None before it did.
        tries: how often in vain.
        next_at: before which it does not look again.
        counts: how many of a class it saw in the zone.
    """

    at: datetime | None = None
    tries: int = 0
    next_at: datetime | None = None
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SlotFacts:
    """What an expression may ask of one slot in one zone; see `vision.expressions.Facts`.

    Attributes:
        at: in the city's time zone.
        seconds: for how long the slot has stood there.
        name: its class; None where no detector has looked.
        counts: what a detector counted; None where none has just looked.
        standing: how many slots stand in the zone.
        moved: seconds of the last minute in which something moved beside it.
    """

    at: datetime
    clock: Clock
    seconds: float
    name: str | None
    counts: Mapping[str, int] | None
    standing: int
    moved: float
    area: float

    def stands(self, name: str) -> Range:
        """Seconds for which something of a class has stood."""
        if name == "anything":
            return self.seconds, self.seconds
        if self.name is None:
            return 0.0, self.seconds
        held = self.seconds if self.name and belongs(self.name, name) else 0.0
        return held, held

    def count(self, name: str) -> Range:
        """How many of a class are in the zone."""
        if self.counts is None:
            return 0.0, math.inf
        number = float(sum(many for known, many in self.counts.items() if belongs(known, name)))
        return number, number

    def number(self, name: str) -> float:
        """The value of a name or of a function without arguments."""
        values = {
            "dwell": self.clock.needed,
            "area": self.area,
            "standing": float(self.standing),
            "moves": self.moved,
        }
        return values[name]

    def zone(self, name: str) -> bool:
        """Whether the zone is of a type."""
        return self.clock.zone.type == name


def moved(slot: Slot, share: float, seconds: float) -> float:
    """Seconds of movement beside a slot, fading over `MOVES`, one sample on.

    Args:
        share: of its surroundings that moves now.
    """
    return slot.moved * math.exp(-seconds / MOVES) + (min(seconds, 10.0) if share >= 0.02 else 0.0)
