"""Acts of the made scenes: who parks, sells, puts goods out or merely stops, from when to when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vision.made.street import FAR_LANE, KERB_LANE, SHOPS, WALK
from vision.made.things import PAINTS, Thing

_SPEED, _BRAKING = 9.0, 2.0
#: Beyond this many seconds before or after its act nothing of it is in the street.
_AWAY = 30.0


class Act(Protocol):
    """Something that happens in the street.

    Attributes:
        begin, end: from when to when it stands still, seconds of the scene.
    """

    @property
    def begin(self) -> float: ...  # noqa: D102 - told above

    @property
    def end(self) -> float: ...  # noqa: D102 - told above

    def things(self, seconds: float) -> Iterator[Thing]:
        """What of it is in the street at an instant."""


@dataclass(frozen=True)
class Parked:
    """A vehicle that comes along the farther lane, stands, and drives on.

    Attributes:
        x: where its middle stands along the street, metres.
        y: where across it: at the kerb, or in the lane.
    """

    begin: float
    end: float
    x: float
    kind: str = "car"
    colour: int = 0
    y: float = KERB_LANE

    def things(self, seconds: float) -> Iterator[Thing]:
        """The vehicle."""
        if not self.begin - _AWAY < seconds < self.end + _AWAY:
            return
        ahead = _braked(self.begin - seconds)
        gone = _braked(seconds - self.end)
        x = self.x + ahead - gone
        y = self.y + (FAR_LANE - self.y) * _smooth((max(ahead, gone) - 0.4) / 7.0)
        yield Thing(self.kind, x, y, -1, PAINTS[self.colour], moving=ahead + gone > 0.0)


@dataclass(frozen=True)
class Vendor:
    """A vendor who comes with a cart, opens an umbrella and is visited by customers."""

    begin: float
    end: float
    x: float
    seed: int = 0
    y: float = WALK + 0.5

    def things(self, seconds: float) -> Iterator[Thing]:
        """The cart, the umbrella, the vendor and the customers."""
        if not self.begin - _AWAY < seconds < self.end + _AWAY:
            return
        away = 2.4 * (max(self.begin - seconds, 0.0) - max(seconds - self.end, 0.0))
        x = self.x + away
        yield Thing("cart", x, self.y, -1, PAINTS[3 + self.seed % 4], seed=self.seed)
        if self.begin + 6.0 < seconds < self.end - 6.0:
            yield Thing(
                "umbrella", x + 0.2, self.y + 0.2, colour=((60, 60, 190), (170, 90, 40))[self.seed % 2]
            )
        sway = 0.12 * np.sin(seconds / 3.1) + 0.08 * np.sin(seconds / 1.3)
        yield Thing("person", x + 1.5 + sway, self.y + 0.5, 1, PAINTS[2], away != 0.0, self.seed)
        yield from self._customers(seconds)

    def _customers(self, seconds: float) -> Iterator[Thing]:
        every = 55.0
        turn = int((seconds - self.begin) // every)
        rng = np.random.default_rng((self.seed, turn + 1000))
        comes, stays = self.begin + turn * every + rng.uniform(8, 14), rng.uniform(14, 24)
        place, colour, seed = self.x + rng.uniform(-1.0, 0.8), int(rng.integers(8)), int(rng.integers(1000))
        if turn < 0 or comes + stays > self.end - 4.0:
            return
        visit = Standing(comes, comes + stays, place, self.y - 1.0, colour, seed)
        yield from visit.things(seconds)


@dataclass(frozen=True)
class Standing:
    """A person who comes along the walk, stands for a while and goes on."""

    begin: float
    end: float
    x: float
    y: float = WALK
    colour: int = 0
    seed: int = 0

    def things(self, seconds: float) -> Iterator[Thing]:
        """The person."""
        if not self.begin - _AWAY < seconds < self.end + _AWAY:
            return
        way = 1 if self.seed % 2 else -1
        x = self.x - way * 1.3 * max(self.begin - seconds, 0.0) + way * 1.3 * max(seconds - self.end, 0.0)
        still = self.begin <= seconds <= self.end
        sway = 0.09 * np.sin(seconds / 2.3 + self.seed) if still else 0.0
        yield Thing("person", x + sway, self.y, way, PAINTS[self.colour], not still, self.seed)


@dataclass(frozen=True)
class Goods:
    """A shopkeeper puts goods out on the walk within half a minute, and takes them in again."""

    begin: float
    end: float
    x: float
    seed: int = 0
    y: float = SHOPS - 0.9

    def things(self, seconds: float) -> Iterator[Thing]:
        """The goods that are out, and the shopkeeper who carries them or looks after them now and then."""
        out = min((seconds - self.begin + 24.0) / 24.0, 1.0 - (seconds - self.end) / 18.0, 1.0)
        if out > 0.0:
            yield Thing("goods", self.x, self.y, seed=self.seed, share=out)
        if self.begin - 26.0 < seconds < self.end + 20.0:
            carries = out < 1.0
            path = 1.6 * np.sin(seconds / 1.7) if carries else 0.1 * np.sin(seconds / 2.7)
            inside = not carries and (seconds + self.seed) % 130.0 > 30.0
            if not inside:
                yield Thing("person", self.x + 1.9 + path, self.y - 0.2, 1, PAINTS[5], carries, self.seed)


def _braked(seconds: float) -> float:
    """How far before its place a vehicle is that stands there in so many seconds; also after it has set off."""
    if seconds <= 0.0:
        return 0.0
    braking = _SPEED / _BRAKING
    if seconds < braking:
        return 0.5 * _BRAKING * seconds**2
    return _SPEED * (seconds - braking / 2)


def _smooth(share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)
