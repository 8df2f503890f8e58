"""Plans of the made scenes: which acts happen when, by kind of scene and seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vision.made.acts import Act, Goods, Parked, Standing, Vendor
from vision.made.street import FAR_LANE, WALK
from vision.made.things import PAINTS

#: Where vehicles stand at the kerb and vendors on the walk, metres along the street.
_PLACES = (-7.5, -1.5, 4.5, 10.5)
#: When the first act begins at the earliest: what watches has then seen the empty street, seconds.
_FIRST = 75.0
_KINDS = ("car", "car", "van", "car", "truck")


@dataclass(frozen=True)
class Plan:
    """What happens in a scene.

    Attributes:
        told: acts that a rule is to tell: its key and the act.
        untold: acts that no rule is to tell, for they are too short or happen beside the zones.
        dwell: seconds after which a rule tells.
        busy: how much traffic there is, 0 to 1.
        waits: whether the traffic stands before a red light now and then.
        closed: when nothing comes along the farther lane, for something stands there.
    """

    told: tuple[tuple[str, Act], ...] = ()
    untold: tuple[Act, ...] = ()
    dwell: float = 60.0
    busy: float = 1.0
    waits: bool = False
    closed: tuple[tuple[float, float], ...] = ()


def traffic(rng: np.random.Generator, seconds: float) -> Plan:
    """Vehicles that pass, wait at a red light, and stop at the kerb for half a minute."""
    stops = []
    now = _FIRST
    while now + 40.0 < seconds:
        stops.append(_vehicle(rng, now, now + rng.uniform(15, 32), int(rng.integers(4))))
        now += rng.uniform(60, 110)
    return Plan(untold=tuple(stops), waits=True)


def parking(rng: np.random.Generator, seconds: float) -> Plan:
    """Vehicles that park, one here and one there, and some that only stop."""
    told: list[tuple[str, Act]] = []
    untold: list[Act] = []
    free = [0.0, 0.0, 0.0, 0.0]
    now = _FIRST
    while now + 110.0 < seconds:
        place = int(np.argmin([until + rng.uniform(0, 60) for until in free]))
        beside = [free[n] for n in (place - 1, place + 1) if 0 <= n < len(free)]
        begin = max(now, free[place] + 40.0)
        if begin < max(beside):
            # The places beside it are taken: only neighbours stand so close.
            now += 15.0
            continue
        if rng.random() < 0.7:
            end = begin + rng.uniform(105, 220)
            told.append(("parking", _vehicle(rng, begin, end, place)))
        else:
            end = begin + rng.uniform(15, 32)
            untold.append(_vehicle(rng, begin, end, place))
        free[place] = end
        now = begin + rng.uniform(40, 80)
    return Plan(tuple(told), tuple(untold))


def neighbours(rng: np.random.Generator, seconds: float) -> Plan:
    """A vehicle parks, a second one close behind it; the first leaves and another takes its place."""
    told: list[tuple[str, Act]] = []
    now = _FIRST
    while now + 260.0 < seconds:
        place = float(rng.uniform(-6.0, 4.0))
        gap = float(rng.uniform(4.4 + 0.7, 4.4 + 1.1))
        second = now + rng.uniform(20, 80)
        leaves = second + rng.uniform(75, 90)
        last = second + rng.uniform(150, 170)
        one, other = (int(number) for number in rng.choice(len(PAINTS), 2, replace=False))
        told.append(("parking", Parked(now, leaves, place, "car", one)))
        told.append(("parking", Parked(second, last, place + gap, "car", other)))
        now = last + 60.0
    return Plan(tuple(told))


def occlusion(rng: np.random.Generator, seconds: float) -> Plan:
    """A bus stands for a minute before a parked car: once before the rule tells, once after."""
    told: list[tuple[str, Act]] = []
    buses: list[Act] = []
    now, early = _FIRST, True
    while now + 230.0 < seconds:
        place = int(rng.integers(1, 3))
        told.append(("parking", _vehicle(rng, now, now + 210.0, place, kinds=("car",))))
        hidden = now + (18.0 if early else 110.0)
        buses.append(Parked(hidden, hidden + 60.0, _PLACES[place], "bus", int(rng.integers(8)), FAR_LANE))
        now, early = now + 290.0, not early
    closed = tuple((bus.begin - 12.0, bus.end + 4.0) for bus in buses)
    return Plan(tuple(told), tuple(buses), dwell=90.0, closed=closed)


def vendor(rng: np.random.Generator, seconds: float) -> Plan:
    """Vendors who sell for some minutes; people who chat, carts that only stop, a car at the kerb."""
    told: list[tuple[str, Act]] = []
    untold: list[Act] = []
    now = _FIRST + 20.0
    while now + 260.0 < seconds:
        begin, end = now, now + rng.uniform(230, 420)
        if end + 30.0 > seconds:
            break
        told.append(("vendor", Vendor(begin, end, _PLACES[int(rng.integers(4))], int(rng.integers(100)))))
        chat = end + 50.0
        untold += _chat(rng, chat, chat + rng.uniform(20, 45))
        brief = chat + 90.0
        untold.append(Vendor(brief, brief + 40.0, _PLACES[int(rng.integers(4))], int(rng.integers(100))))
        untold.append(_vehicle(rng, begin + 60.0, begin + 170.0, int(rng.integers(4))))
        now = brief + 130.0
    return Plan(tuple(told), tuple(untold), dwell=120.0, busy=0.8)


def frontage(rng: np.random.Generator, seconds: float) -> Plan:
    """Shops that put goods out for some minutes; people who stand before the window."""
    told: list[tuple[str, Act]] = []
    untold: list[Act] = []
    now = _FIRST + 40.0
    while now + 260.0 < seconds:
        begin, end = now, now + rng.uniform(220, 400)
        if end + 30.0 > seconds:
            break
        told.append(("frontage", Goods(begin, end, _PLACES[int(rng.integers(4))], int(rng.integers(100)))))
        window = end + 60.0
        untold += _chat(rng, window, window + rng.uniform(20, 50), WALK + 2.6)
        now = window + 150.0
    return Plan(tuple(told), tuple(untold), dwell=120.0, busy=0.8)


PLANS: dict[str, Callable[[np.random.Generator, float], Plan]] = {
    "traffic": traffic,
    "parking": parking,
    "neighbours": neighbours,
    "occlusion": occlusion,
    "vendor": vendor,
    "frontage": frontage,
}


def _vehicle(
    rng: np.random.Generator, begin: float, end: float, place: int, kinds: tuple[str, ...] = _KINDS
) -> Parked:
    kind = kinds[int(rng.integers(len(kinds)))]
    x = _PLACES[place] + float(rng.uniform(-0.5, 0.5))
    return Parked(begin, end, x, kind, int(rng.integers(len(PAINTS))))


def _chat(rng: np.random.Generator, begin: float, end: float, y: float = WALK) -> list[Act]:
    x = _PLACES[int(rng.integers(4))]
    return [
        Standing(begin + number, end + 2 * number, x + 0.8 * number, y, int(rng.integers(8)), 10 + number)
        for number in range(2)
    ]
