"""Judging: when what stands in a zone is what a rule looks for, and what is then told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from vision.detect import Detection, Detector
from vision.dwell import Clock, SlotFacts
from vision.frame import Box, Frame
from vision.looking import Looking
from vision.rules import Rule
from vision.sighting import Sighting, Still, Turn
from vision.slots import RESTLESS, Slot, Slots
from vision.stills import Kept, kept
from vision.zones import Zone

#: Seconds between two turns that tell that it goes on.
GOES_ON = 120.0
#: Seconds before a rule would hold at which a detector may look already.
AHEAD = 10.0

#: By slot, zone and rule.
ClockKey = tuple[str, str, str]


@dataclass(slots=True)
class Before:
    """The frames of a slot's beginning: the last without it, the first with it."""

    before: Kept | None
    begin: Kept | None


class Judge:
    """Applies the rules of the zones of one camera to its slots.

    Args:
        zones: each zone with the rules that look at it, by its key.
        detector: says what stands there; without one nothing is verified.
        timezone: in which hours are read; without one, that of the frames.
    """

    def __init__(
        self,
        zones: Mapping[str, tuple[Zone, Sequence[Rule]]],
        detector: Detector | None,
        timezone: tzinfo | None,
    ) -> None:
        self._zones = zones
        self._detector = detector
        self._looking = Looking(detector) if detector is not None else None
        self._timezone = timezone
        self.rules = {rule.key: rule for _, rules in zones.values() for rule in rules}
        for rule in self.rules.values():
            rule.check()
        self.clocks: dict[ClockKey, Clock] = {}
        self.stills: dict[str, Before] = {}

    def looks_for(self, name: str) -> bool:
        """Whether any rule looks for a class."""
        return any(rule.matches(name) for rule in self.rules.values())

    def of(self, slot: Slot) -> list[Clock]:
        """The clocks of a slot."""
        return [clock for clock in self.clocks.values() if clock.slot == slot.key]

    def grace(self, slot: Slot) -> float:
        """The longest grace of the zones in which a slot stands."""
        return max((clock.zone.grace for clock in self.of(slot)), default=0.0)

    def note(self, slot: Slot, before: Kept | None, begin: Kept | None) -> None:
        """Remember the frames of a slot's beginning."""
        self.stills[slot.key] = Before(before, begin)

    def see(self, frame: Frame, slots: Slots, interval: float) -> list[Sighting]:
        """What is to be told at one frame."""
        local = frame.at.astimezone(self._timezone) if self._timezone else frame.at
        told = self._run_clocks(slots, frame.at, local)
        due = [
            (slot, clock)
            for slot in slots.standing
            if slot.state != "away"
            for clock in self.of(slot)
            if clock.alarmed_at is None
        ]
        for _, clock in due:
            if clock.half is None and clock.seconds(frame.at) >= clock.needed / 2:
                clock.half = kept(frame)
        if self._looking is not None:
            wanting = [
                (slot, clock)
                for slot, clock in due
                if self._wants(slot, clock, slots, local, _ahead(clock, interval))
            ]
            self._looking.look(frame, wanting, slots, self)
        told += [
            self._alarm(slot, clock, frame)
            for slot, clock in due
            if slot in slots.standing and self._holds(slot, clock, slots, local)
        ]
        return told + self._going_on(slots, frame.at)

    def restless(self) -> list[tuple[Slot, Box]]:
        """The slots that were just named as something that never looks quite the same, and where it was seen; once."""
        if self._looking is None:
            return []
        named, self._looking.restless = self._looking.restless, []
        return named

    def began(self, slot: Slot, at: datetime) -> None:
        """A slot is found to have stood there for longer."""
        for clock in self.of(slot):
            if clock.since == slot.began_at:
                clock.since = at
        slot.began_at = at

    def over(self, slot: Slot, at: datetime) -> list[Sighting]:
        """What is to be told of a slot that is gone; it is forgotten."""
        told = []
        for clock in self.of(slot):
            if clock.alarmed_at is not None:
                told.append(self._sighting("over", slot, clock, at))
            del self.clocks[slot.key, clock.zone.key, clock.rule.key]
        self.stills.pop(slot.key, None)
        if self._looking is not None:
            self._looking.forget(slot)
        return told

    def forget(self) -> None:
        """Forget all slots; nothing is told of them any more."""
        self.clocks, self.stills = {}, {}
        self._looking = Looking(self._detector) if self._detector is not None else None

    def split(self, slot: Slot, parts: Sequence[Slot]) -> None:
        """Let parts of a slot have its frames, its time and its zones."""
        for part in parts:
            if slot.key in self.stills:
                self.stills[part.key] = self.stills[slot.key]

    def _run_clocks(self, slots: Slots, at: datetime, local: datetime) -> list[Sighting]:
        """Begin and end clocks as slots stand in zones and zones hold."""
        told = []
        for slot in slots.standing:
            for zone, rules in self._zones.values():
                holds = zone.holds(local) and zone.has_foot(slot.box)
                for rule in rules:
                    key = (slot.key, zone.key, rule.key)
                    if holds and key not in self.clocks:
                        self.clocks[key] = Clock(slot.key, zone, rule, self._since(slot, zone, at, local))
                    elif not holds and key in self.clocks:
                        clock = self.clocks.pop(key)
                        if clock.alarmed_at is not None:
                            told.append(self._sighting("over", slot, clock, at))
        return told

    def _since(self, slot: Slot, zone: Zone, at: datetime, local: datetime) -> datetime:
        """From when a slot's time in a zone counts: from now if the zone did not hold when it came."""
        came = slot.began_at.astimezone(local.tzinfo)
        return slot.began_at if zone.holds(came) else at

    def _facts(
        self, slot: Slot, clock: Clock, slots: Slots, local: datetime, name: str | None, seconds: float
    ) -> SlotFacts:
        counts = self._looking.counts(slot, local) if self._looking is not None else None
        return SlotFacts(
            at=local,
            clock=clock,
            seconds=seconds,
            name=name,
            counts=counts,
            standing=sum(1 for one in slots.standing if one.state != "away" and clock.zone.has_foot(one.box)),
            moved=slot.moved,
            area=(slot.box[2] - slot.box[0]) * (slot.box[3] - slot.box[1]),
        )

    def _wants(self, slot: Slot, clock: Clock, slots: Slots, local: datetime, ahead: float) -> bool:
        """Whether only a detector can say if a rule holds, now or shortly."""
        seconds = clock.seconds(local) + ahead
        # Who was called something else may have been called so wrongly.
        name = slot.name if clock.rule.matches(slot.name) else None
        answer = clock.rule.condition.holds(self._facts(slot, clock, slots, local, name, seconds))
        unverified = clock.rule.verify and not clock.rule.matches(slot.name)
        return answer.may and (unverified or not answer.must)

    def _holds(self, slot: Slot, clock: Clock, slots: Slots, local: datetime) -> bool:
        """Whether an alarm is due: what cannot be known without a detector is taken to be so."""
        if slot.state != "there":
            return False
        looked = self._looking is not None and self._looking.looked(slot)
        name = slot.name if slot.name or looked else None
        answer = clock.rule.condition.holds(
            self._facts(slot, clock, slots, local, name, clock.seconds(local))
        )
        if self._detector is None:
            return answer.may
        return answer.must and (not clock.rule.verify or clock.rule.matches(slot.name))

    def _alarm(self, slot: Slot, clock: Clock, frame: Frame) -> Sighting:
        clock.alarmed_at = clock.told_at = frame.at
        clock.verified = clock.rule.verify and self._detector is not None and clock.rule.matches(slot.name)
        beginning = self.stills.get(slot.key, Before(None, None))
        stills = _in_order(
            ("before", beginning.before),
            ("begin", beginning.begin),
            ("half", clock.half),
            ("alarm", kept(frame)),
        )
        detections = self._looking.detections(slot) if self._looking is not None else ()
        clock.half = None
        if all(one.alarmed_at is not None for one in self.of(slot)):
            self.stills.pop(slot.key, None)
        return self._sighting("alarm", slot, clock, frame.at, detections, stills)

    def _going_on(self, slots: Slots, at: datetime) -> list[Sighting]:
        told = []
        for slot in slots.standing:
            for clock in self.of(slot):
                if clock.told_at is not None and (at - clock.told_at).total_seconds() >= GOES_ON:
                    clock.told_at = at
                    told.append(self._sighting("goes_on", slot, clock, at))
        return told

    def _sighting(
        self,
        turn: Turn,
        slot: Slot,
        clock: Clock,
        at: datetime,
        detections: tuple[Detection, ...] = (),
        stills: tuple[Still, ...] = (),
    ) -> Sighting:
        looked = self._detector is not None and bool(slot.name)
        return Sighting(
            turn=turn,
            slot=slot.key,
            rule=clock.rule.key,
            rule_version=clock.rule.version,
            zone=clock.zone.key,
            zone_version=clock.zone.version,
            box=slot.box,
            began_at=slot.began_at,
            at=at,
            verified=clock.verified,
            name=slot.name,
            score=slot.score,
            model=self._detector.key if self._detector is not None and (looked or detections) else "",
            model_sha256=self._detector.digest
            if self._detector is not None and (looked or detections)
            else "",
            detections=detections,
            stills=stills,
        )


def _ahead(clock: Clock, interval: float) -> float:
    """Seconds before a rule would hold at which a detector may look: at once for what only it can hold together."""
    if any(clock.rule.matches(name) for name in RESTLESS):
        return clock.needed
    return max(AHEAD, 2 * interval)


def _in_order(*frames: tuple[str, Kept | None]) -> tuple[Still, ...]:
    """Stills of the frames that there are, each frame once."""
    taken: dict[datetime, Still] = {}
    for role, one in frames:
        if one is not None and (one.at not in taken or role == "alarm"):
            taken[one.at] = one.still(role)
    return tuple(taken[at] for at in sorted(taken))
