"""Things in the street at one instant: vehicles, people, a vendor's cart, goods on the walk."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vision.frame import Box, Picture
from vision.made.brush import Colour, drawn, fill, hull, line, ring, shade, tinted, turns
from vision.made.solids import Solid, block, paint
from vision.made.view import Points, View

#: Length, width and height, metres.
MEASURES: dict[str, tuple[float, float, float]] = {
    "car": (4.4, 1.8, 1.45),
    "van": (4.9, 1.9, 1.95),
    "truck": (6.8, 2.3, 2.8),
    "bus": (11.0, 2.5, 3.1),
    "person": (0.5, 0.45, 1.72),
    "cart": (2.2, 1.1, 1.2),
    "umbrella": (2.5, 2.3, 2.7),
    "goods": (2.8, 1.2, 1.2),
}
VEHICLES = ("car", "van", "truck", "bus")
PAINTS: tuple[Colour, ...] = (
    (212, 214, 214),
    (42, 40, 40),
    (150, 152, 152),
    (56, 48, 168),
    (150, 92, 48),
    (90, 120, 60),
    (120, 190, 214),
    (96, 84, 72),
)

_SKIN: Colour = (128, 156, 196)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that stands or moves in the street.

    Attributes:
        kind: one of `MEASURES`.
        x, y: of its middle on the ground, metres.
        way: along the street, 1 to the right and -1 to the left.
        colour: its main colour.
        moving: vehicles that move have their lamps on at night; people swing their legs.
        seed: what makes it differ from others of its kind.
        share: how much of it is there, 0 to 1; goods are put out piece by piece.
    """

    kind: str
    x: float
    y: float
    way: int = 1
    colour: Colour = PAINTS[0]
    moving: bool = False
    seed: int = 0
    share: float = 1.0

    def box(self, view: View) -> Box:
        """The box around it in the picture, shadow apart."""
        long, wide, high = MEASURES[self.kind]
        return view.box(view.project(block(self.x, self.y, long, wide, 0.0, high).corners()))


def draw(picture: Picture, view: View, thing: Thing, shadows: float) -> None:
    """Draw a thing and its shadow.

    Args:
        shadows: how dark the shadow is, 0 (rain, night) to 1.
    """
    long = MEASURES[thing.kind][0]
    if thing.share <= 0.0 or not _in_sight(view, thing, long):
        return
    if thing.kind != "umbrella":
        _shadow(picture, view, thing, shadows)
    _PAINTERS[thing.kind](picture, view, thing)


def _in_sight(view: View, thing: Thing, long: float) -> bool:
    ends = view.project([(thing.x - long, thing.y, 1.0), (thing.x + long, thing.y, 1.0)])
    return bool(ends[1, 0] > 0 and ends[0, 0] < view.size[0])


def _shadow(picture: Picture, view: View, thing: Thing, shadows: float) -> None:
    """Below it and, in the sun, some way to its right and behind."""
    long, wide, high = MEASURES[thing.kind]
    under = block(thing.x, thing.y, long * 1.03, wide * 1.05, 0.0, 0.0).corners()[:4]
    shade(picture, view.project(under), 0.45)
    if shadows > 0.0:
        cast = np.concatenate((under, under + np.array((0.35, 0.22, 0.0)) * high))
        shade(picture, hull(view.project(cast)), 0.42 * shadows)


def _car(picture: Picture, view: View, thing: Thing) -> None:
    long, wide, high = MEASURES[thing.kind]
    x, y, way = thing.x, thing.y, thing.way
    waist = high * (0.58 if thing.kind == "car" else 0.5)
    paint(picture, view, block(x, y, long, wide, 0.28, waist), thing.colour, bands=4)
    _wheels(picture, view, thing, (-0.31, 0.31), 0.32)
    back, front = (-0.44, 0.2) if thing.kind == "car" else (-0.49, 0.3)
    low = sorted((x + way * back * long, x + way * front * long))
    high_ = sorted((x + way * (back + 0.08) * long, x + way * (front - 0.13) * long))
    cabin = Solid(
        (low[0], y - wide * 0.48, low[1], y + wide * 0.48),
        (high_[0], y - wide * 0.38, high_[1], y + wide * 0.38),
        waist,
        high,
    )
    paint(picture, view, cabin, tinted(thing.colour, 0.97), glass=("near", "left", "right"))
    middle = x + way * (back + front) / 2 * long
    post = ((middle, y - wide * 0.47, waist), (middle, y - wide * 0.39, high))
    line(picture, view.project(post), tinted(thing.colour, 0.7), max(round(view.scale(y) * 0.07), 1))
    _lamps(picture, view, thing, waist)


def _long_vehicle(picture: Picture, view: View, thing: Thing) -> None:
    long, wide, high = MEASURES[thing.kind]
    x, y, way = thing.x, thing.y, thing.way
    if thing.kind == "bus":
        paint(picture, view, block(x, y, long, wide, 0.35, 1.35), tinted(thing.colour, 0.8), bands=3)
        glazed = block(x, y, long, wide, 1.35, high)
        paint(picture, view, glazed, thing.colour, glass=("near", "left", "right"), bands=2)
        for share in np.linspace(-0.4, 0.4, 7):
            post = ((x + share * long, y - wide / 2, 1.4), (x + share * long, y - wide / 2, high - 0.25))
            line(picture, view.project(post), tinted(thing.colour, 0.8), 2)
    else:
        paint(
            picture,
            view,
            block(x - way * 0.14 * long, y, long * 0.7, wide, 0.7, high),
            (150, 156, 160),
            bands=4,
        )
        cab = block(x + way * 0.36 * long, y, long * 0.26, wide, 0.4, high * 0.8)
        paint(picture, view, cab, thing.colour, glass=("left", "right"), bands=3)
    _wheels(picture, view, thing, (-0.3, 0.33), 0.46)
    _lamps(picture, view, thing, 1.0)


def _wheels(picture: Picture, view: View, thing: Thing, places: tuple[float, ...], radius: float) -> None:
    long, wide, _ = MEASURES[thing.kind]
    for share in places:
        centre = (thing.x + share * long, thing.y - wide / 2 - 0.01, radius)
        fill(picture, view.project(ring(centre, radius, (0, 2))), (30, 28, 28))
        fill(picture, view.project(ring(centre, radius * 0.55, (0, 2), 8)), (136, 138, 138))


def _lamps(picture: Picture, view: View, thing: Thing, waist: float) -> None:
    long, wide, _ = MEASURES[thing.kind]
    for end, colour in ((0.5, (200.0, 232.0, 240.0)), (-0.5, (40.0, 36.0, 170.0))):
        x = thing.x + thing.way * end * long
        near = thing.y - wide / 2
        corners = ((x, near, waist - 0.3), (x, near + 0.35, waist - 0.3), (x, near + 0.35, waist - 0.1))
        fill(picture, view.project((*corners, (x, near, waist - 0.1))), colour)


def _person(picture: Picture, view: View, thing: Thing) -> None:
    height = 1.58 + 0.26 * (thing.seed % 7) / 6
    swing = 0.32 * math.sin(thing.x * 4.2 + thing.seed) if thing.moving else 0.07
    foot, hip, neck, head = view.project(
        [(thing.x, thing.y, height * share) for share in (0.0, 0.47, 0.82, 0.92)]
    )
    metre = view.scale(thing.y)
    trousers = tinted(PAINTS[(thing.seed * 5 + 1) % len(PAINTS)], 0.55)
    for side in (-1.0, 1.0):
        end = foot + np.array((side * swing * metre, 0.0))
        line(picture, np.array((hip, (hip + end) / 2, end)), trousers, max(round(0.15 * metre), 1))
    broad = np.array((0.23 * metre, 0.0))
    body = np.array((hip - broad * 0.8, hip + broad * 0.8, neck + broad, neck - broad))
    fill(picture, body, thing.colour)
    fill(picture, np.array((body[1], body[2], (neck + hip) / 2)), tinted(thing.colour, 0.8))
    for side in (-1.0, 1.0):
        hand = (hip + neck) / 2 + (side * 0.28 * metre - side * swing * 0.6 * metre, 0.15 * metre)
        line(
            picture,
            np.array((neck + side * broad, hand)),
            tinted(thing.colour, 0.85),
            max(round(0.1 * metre), 1),
        )
    fill(picture, _disc(head, 0.13 * metre), _SKIN)
    fill(picture, _disc(head - (0.0, 0.05 * metre), 0.11 * metre), (36, 34, 34))


def _disc(centre: Points, radius: float) -> Points:
    return centre + radius * turns(10)


def _cart(picture: Picture, view: View, thing: Thing) -> None:
    long, wide, _ = MEASURES["cart"]
    _wheels(picture, view, thing, (-0.32, 0.32), 0.34)
    paint(picture, view, block(thing.x, thing.y, long, wide, 0.5, 0.85), thing.colour, bands=2)
    for aside, behind, high, radius, colour in _fruits(thing.seed):
        centre = (thing.x + aside * long, thing.y + behind * wide, high)
        fill(picture, view.project(ring(centre, radius, (0, 2), 8)), colour)


@lru_cache(maxsize=64)
def _fruits(seed: int) -> tuple[tuple[float, float, float, float, Colour], ...]:
    """What lies on a cart: where, as shares of its length and width, how high, how large, and its colour."""
    rng = np.random.default_rng(seed)
    places = rng.uniform((-0.45, -0.4, 0.85, 0.08), (0.45, 0.4, 1.1, 0.16), (16, 4)).tolist()
    return tuple((*place, drawn(rng, (30, 60, 120), (90, 200, 240))) for place in places)


def _umbrella(picture: Picture, view: View, thing: Thing) -> None:
    line(picture, view.project(((thing.x, thing.y, 0.9), (thing.x, thing.y, 2.6))), (120, 120, 118), 2)
    rim = view.project(ring((thing.x, thing.y, 2.1), 1.2, (0, 1), 8))
    tip = view.project([(thing.x, thing.y, 2.7)])[0]
    for place in range(8):
        light = 1.0 if place % 2 else 0.72
        fill(picture, np.array((rim[place], rim[(place + 1) % 8], tip)), tinted(thing.colour, light))


def _goods(picture: Picture, view: View, thing: Thing) -> None:
    """Boxes and a rack before a shop, the farther ones first."""
    rng = np.random.default_rng(thing.seed)
    long, wide, _ = MEASURES["goods"]
    for number in range(6):
        x = thing.x + (number % 3 - 1) * long / 3
        y = thing.y + (0.25 if number < 3 else -0.25) * wide
        high = rng.uniform(0.35, 0.7) + (0.5 if number < 3 else 0.0)
        colour = drawn(rng, (50, 60, 70), (170, 200, 230))
        if number < 6 * thing.share:
            paint(picture, view, block(x, y, long / 3.6, wide / 2.3, 0.0, high), colour, bands=2)


_PAINTERS: dict[str, Callable[[Picture, View, Thing], None]] = {
    "car": _car,
    "van": _car,
    "truck": _long_vehicle,
    "bus": _long_vehicle,
    "person": _person,
    "cart": _cart,
    "umbrella": _umbrella,
    "goods": _goods,
}
