"""Made scenes: a street in which something happens, as pictures of any instant, and the truth about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vision.frame import Box, Picture
from vision.made import street, things
from vision.made.light import WEATHERS, Sky, Weather
from vision.made.plans import PLANS, Plan
from vision.made.things import Thing
from vision.made.traffic import lanes, passing
from vision.made.view import View
from vision.zones import Zone

#: The zones of a scene by the rule that looks at them: type, and from where to where across the street, metres.
ZONES = {
    "parking": ("no_parking", (5.4, 8.1)),
    "vendor": ("no_vending", (8.7, 12.0)),
    "frontage": ("frontage", (12.15, 13.9)),
}


@dataclass(frozen=True, slots=True)
class Event:
    """What a rule is to tell.

    Attributes:
        kind: the key of the rule.
        box: where it stands.
        begin, end: from when to when it stands there, seconds of the scene.
    """

    kind: str
    box: Box
    begin: float
    end: float


class Scene:
    """A street in which something happens.

    All is a function of the arguments and of the instant: frames may be asked for in any order and come out the same.

    Args:
        kind: what happens, one of `vision.made.plans.PLANS`, or a plan.
        seed: which of the scenes of this kind.
        size: of its frames in pixels.
        weather: one of `vision.made.light.WEATHERS`, or what it is like.
        seconds: for how long something happens.
        period: seconds after which the traffic repeats itself, so that the scene can be shown in a loop; None for never.
    """

    def __init__(
        self,
        kind: str | Plan,
        seed: int = 0,
        size: tuple[int, int] = (640, 360),
        weather: str | Weather = "day",
        seconds: float = 600.0,
        period: float | None = None,
    ) -> None:
        self.plan = PLANS[kind](np.random.default_rng((seed, 1)), seconds) if isinstance(kind, str) else kind
        self.seconds = seconds
        self.view = View(size)
        self._seed = seed
        self._period = period
        self._lanes = lanes(self.plan.busy, self.plan.waits, self.plan.closed)
        self._empty = street.draw(self.view, np.random.default_rng((seed, 2)))
        self._weather = WEATHERS[weather] if isinstance(weather, str) else weather
        self._sky = Sky(self.view, self._weather, seed)

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The zones in its frames, each with the rule that looks at it."""
        left, right = street.COVERED
        return tuple(
            Zone(
                key=rule,
                type=kind,
                outline=self.view.outline(((left, near), (right, near), (right, far), (left, far))),
                rules=(rule,),
                dwell=self.plan.dwell,
            )
            for rule, (kind, (near, far)) in ZONES.items()
        )

    @property
    def truth(self) -> list[Event]:
        """What the rules are to tell, in the order of its beginning."""
        events = []
        for rule, act in self.plan.told:
            middle = (act.begin + act.end) / 2
            boxes = [thing.box(self.view) for thing in act.things(middle) if thing.kind != "person"]
            left, top, right, bottom = zip(*boxes, strict=True)
            events.append(Event(rule, (min(left), min(top), max(right), max(bottom)), act.begin, act.end))
        return sorted(events, key=lambda event: event.begin)

    def things(self, seconds: float) -> list[Thing]:
        """All that is in the street at an instant, the farthest first."""
        return sorted(self._all(seconds), key=lambda thing: -thing.y)

    def frame(self, seconds: float) -> Picture:
        """The picture of an instant: seconds since the scene began."""
        picture = self._empty.copy()
        there = self.things(seconds)
        for thing in there:
            things.draw(picture, self.view, thing, self._weather.shadows)
        return self._sky.over(picture, there, seconds)

    def _all(self, seconds: float) -> Iterator[Thing]:
        yield from passing(self._lanes, self._seed, seconds, self._period)
        for _, act in self.plan.told:
            yield from act.things(seconds)
        for act in self.plan.untold:
            yield from act.things(seconds)
