"""Traffic of the made scenes: what passes by without end, and waits now and then at a red light."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vision.made.street import FAR_LANE, NEAR_LANE, REACH, WALK
from vision.made.things import PAINTS, Thing

#: A light that all vehicles of a lane wait for: its period, and for how long of that it is red, seconds.
_PERIOD, _RED = 80.0, 24.0


@dataclass(frozen=True)
class Lane:
    """One file of vehicles or people.

    Attributes:
        y: across the street, metres.
        way: along it, 1 to the right and -1 to the left.
        speed: metres a second.
        headway: seconds in which at most one enters.
        chance: that one does, 0 to 1.
        kinds: what goes there, each as likely as the others.
        waits: whether it stands still while the light is red.
        closed: when nothing enters, seconds from and to.
    """

    y: float
    way: int
    speed: float
    headway: float
    chance: float
    kinds: tuple[str, ...]
    waits: bool = False
    closed: tuple[tuple[float, float], ...] = ()

    @property
    def crossing(self) -> float:
        """Seconds from one end of the street to the other."""
        return 2 * (REACH + 8.0) / self.speed


def lanes(busy: float, waits: bool, closed: Sequence[tuple[float, float]] = ()) -> tuple[Lane, ...]:
    """The lanes of the street, of which the farther one is closed at times.

    Args:
        busy: how much traffic there is, 0 to 1.
    """
    vehicles = ("car", "car", "car", "van", "car", "truck", "car", "bus")
    far = Lane(FAR_LANE, -1, 9.5, 3.2, 0.6 * busy, vehicles, waits, tuple(closed))
    return (
        Lane(NEAR_LANE, 1, 10.5, 3.0, 0.6 * busy, vehicles, waits),
        far,
        Lane(WALK - 1.1, 1, 1.25, 14.0, 0.5 * busy, ("person",)),
        Lane(WALK + 1.7, -1, 1.4, 14.0, 0.5 * busy, ("person",)),
    )


@dataclass(frozen=True)
class _Passer:
    kind: str
    late: float
    aside: float
    colour: int
    seed: int


def passing(files: Sequence[Lane], seed: int, seconds: float, period: float | None = None) -> Iterator[Thing]:
    """All that passes by at an instant.

    Args:
        period: seconds after which the same comes again; None for never.
    """
    for number, lane in enumerate(files):
        now = _flowing(seconds) if lane.waits else seconds
        every = round((_flowing(period) if lane.waits else period) / lane.headway) if period else 0
        headway = (_flowing(period) if lane.waits else period) / every if period else lane.headway
        first = math.floor((now - lane.crossing) / headway)
        for turn in range(first, math.floor(now / headway) + 1):
            entered = turn * headway
            if any(begin <= entered < end for begin, end in lane.closed):
                continue
            passer = _passer(seed, number, turn % every if period else turn, lane)
            if passer is None:
                continue
            gone = lane.speed * (now - entered - passer.late)
            x = lane.way * (gone - REACH - 8.0)
            y = lane.y + passer.aside
            yield Thing(passer.kind, x, y, lane.way, PAINTS[passer.colour], moving=True, seed=passer.seed)


@lru_cache(maxsize=4096)
def _passer(seed: int, number: int, turn: int, lane: Lane) -> _Passer | None:
    # A generator takes no negative seed, and what is in the street at first has entered before.
    rng = np.random.default_rng((seed, number, turn + 1_000_000))
    if rng.random() > lane.chance:
        return None
    return _Passer(
        kind=lane.kinds[int(rng.integers(len(lane.kinds)))],
        late=float(rng.uniform(0.0, 0.25 * lane.headway)),
        aside=float(rng.uniform(-0.3, 0.3)),
        colour=int(rng.integers(len(PAINTS))),
        seed=int(rng.integers(1000)),
    )


def _flowing(seconds: float) -> float:
    """For how long traffic has flowed: time that stands still while the light is red."""
    rounds, rest = divmod(seconds, _PERIOD)
    return rounds * (_PERIOD - _RED) + min(rest, _PERIOD - _RED)
