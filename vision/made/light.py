"""Light and weather over a made scene: dusk, sudden changes, night with lamps, rain, a shaking pole, a noisy sensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Picture
from vision.made.brush import SHIFT, fill, fixed
from vision.made.street import KERB, LAMPS
from vision.made.things import MEASURES, VEHICLES, Thing
from vision.made.view import View

#: The light of the night is worked out in a picture this much smaller: it has no edges.
_COARSE = 4
#: The light maps hold shares in percent, so that what a lamp shines on can be brighter than by day.
_FULL = 100.0


@dataclass(frozen=True)
class Weather:
    """What lies over a scene.

    Attributes:
        ambient: how bright it is without lamps, 0 to 1.
        course: how the light changes: seconds and shares of the brightness, in between on straight lines; after the last
            it begins anew.
        rain: how hard it rains, 0 to 1.
        shake: how far the picture is moved at the most, in pixels of 640 to a row.
        noise: the standard deviation of the sensor's noise, grey levels.
    """

    ambient: float = 1.0
    course: tuple[tuple[float, float], ...] = ()
    rain: float = 0.0
    shake: float = 0.0
    noise: float = 3.0

    @property
    def shadows(self) -> float:
        """How dark shadows are, 0 to 1."""
        return 0.0 if self.rain or self.ambient < 0.5 else 1.0


#: Ten minutes of a dusk of 30 % over a minute and a half, jumps of 25 % up and down, and a dawn.
_CHANGES = (
    (0.0, 1.0),
    (120.0, 1.0),
    (210.0, 0.7),
    (329.9, 0.7),
    (330.0, 0.875),
    (449.9, 0.875),
    (450.0, 0.7),
    (510.0, 0.7),
    (570.0, 1.0),
    (600.0, 1.0),
)

WEATHERS = {
    "day": Weather(),
    "light": Weather(course=_CHANGES),
    "night": Weather(ambient=0.24, noise=5.0),
    "rain": Weather(ambient=0.82, rain=1.0, noise=4.0),
    "shake": Weather(shake=1.6),
}


def brightness(weather: Weather, seconds: float) -> float:
    """How bright the whole picture is at an instant, as a share of what it is at first."""
    if not weather.course:
        return 1.0
    instants, shares = zip(*weather.course, strict=True)
    return float(np.interp(seconds % instants[-1], instants, shares))


class Sky:
    """The weather over the pictures of one view; pictures of the same instant get the same.

    Args:
        seed: of its noise and rain.
    """

    def __init__(self, view: View, weather: Weather, seed: int) -> None:
        self._view = view
        self._weather = weather
        self._seed = seed
        columns, rows = view.size
        rng = np.random.default_rng((seed, 7))
        field = rng.normal(0.0, weather.noise, (rows + 64, columns + 64, 3))
        # The three colours of a pixel share most of their noise, as they do in a picture that was compressed.
        mixed = 0.7 * field[..., :1] + 0.6 * field
        # Bytes that are added and bytes that are taken away take a tenth of the time of numbers with a sign.
        self._brighter = np.rint(np.maximum(mixed, 0.0)).astype(np.uint8)
        self._darker = np.rint(np.maximum(-mixed, 0.0)).astype(np.uint8)
        self._lamps = self._street_lamps() if weather.ambient < 0.5 else None

    def over(self, picture: Picture, things: Sequence[Thing], seconds: float) -> Picture:
        """A picture as the sensor gives it."""
        rng = np.random.default_rng((self._seed, round(seconds * 1000)))
        if self._lamps is not None:
            picture = self._lit(picture, self._lamps, things)
        light = self._weather.ambient if self._lamps is None else 1.0
        light *= brightness(self._weather, seconds)
        if light != 1.0:
            picture = _array(cv2.convertScaleAbs(picture, alpha=light))
        if self._weather.rain:
            self._rain(picture, rng)
        if self._weather.shake:
            picture = self._shaken(picture, rng)
        columns, rows = self._view.size
        top, left = (int(value) for value in rng.integers(0, 64, 2))
        window = (slice(top, top + rows), slice(left, left + columns))
        return _array(cv2.subtract(cv2.add(picture, self._brighter[window]), self._darker[window]))

    def _street_lamps(self) -> NDArray[np.float32]:
        columns, rows = (side // _COARSE for side in self._view.size)
        level = np.full((rows, columns, 3), self._weather.ambient * _FULL, dtype=np.float32)
        across, down = np.meshgrid(np.arange(columns), np.arange(rows))
        for x in LAMPS:
            foot, head = self._view.project([(x, KERB - 1.3, 0.0), (x, KERB - 1.3, 6.4)]) / _COARSE
            metre = self._view.scale(KERB) / _COARSE
            for (u, v), wide, high, strength in ((foot, 7.0, 3.2, 58.0), (head, 0.7, 0.7, 150.0)):
                distance = ((across - u) / (wide * metre)) ** 2 + ((down - v) / (high * metre)) ** 2
                level += (strength * np.exp(-distance))[..., None] * np.array((0.72, 0.9, 1.0))
        return level.astype(np.float32)

    def _lit(self, picture: Picture, lamps: NDArray[np.float32], things: Sequence[Thing]) -> Picture:
        """By the street's lamps and those of the vehicles that move."""
        level = lamps.copy()
        beams = np.zeros_like(level)
        for thing in things:
            if thing.kind in VEHICLES and thing.moving:
                self._headlights(beams, thing)
        level += cv2.blur(beams, (9, 9))
        shares = cv2.resize(
            np.minimum(level, 255.0).astype(np.uint8), self._view.size, interpolation=cv2.INTER_LINEAR
        )
        return _array(cv2.multiply(picture, shares, scale=1 / _FULL))

    def _headlights(self, beams: NDArray[np.float32], thing: Thing) -> None:
        half = MEASURES[thing.kind][0] / 2
        front = thing.x + thing.way * half
        for reach, spread, strength in ((11.0, 2.2, 45.0), (5.0, 1.3, 60.0)):
            far = front + thing.way * reach
            cone = self._view.ground(
                (
                    (front, thing.y - 0.7),
                    (far, thing.y - spread),
                    (far, thing.y + spread),
                    (front, thing.y + 0.7),
                )
            )
            layer = np.zeros_like(beams)
            fill(layer, cone / _COARSE, (strength * 0.9, strength * 0.97, strength))
            beams += layer
        rear = self._view.project([(thing.x - thing.way * half, thing.y, 0.7)])[0] / _COARSE
        cv2.circle(beams, (int(rear[0]), int(rear[1])), 2, (10.0, 10.0, 110.0), -1)

    def _rain(self, picture: Picture, rng: np.random.Generator) -> None:
        """Streaks of drops, and a wet road that glitters."""
        columns, rows = self._view.size
        drops = picture.copy()
        count = round(90 * self._weather.rain)
        places = rng.uniform((0, 0), (columns, rows), (count, 2))
        lengths = rng.uniform(0.02, 0.05, count) * rows
        ends = places + lengths[:, None] * (0.16, 1.0)
        streaks = list(fixed(np.stack((places, ends), axis=1)))
        cv2.polylines(drops, streaks, False, (205, 205, 205), 1, cv2.LINE_AA, SHIFT)
        cv2.addWeighted(drops, 0.55, picture, 0.45, 0.0, dst=picture)
        ground = int(self._view.ground(((0.0, KERB),))[0, 1])
        sparks = rng.uniform((0, ground), (columns, rows), (count, 2)).astype(np.intp)
        picture[sparks[:, 1], sparks[:, 0]] = 215

    def _shaken(self, picture: Picture, rng: np.random.Generator) -> Picture:
        reach = self._weather.shake * self._view.size[0] / 640
        dx, dy = (float(value) for value in rng.uniform(-reach, reach, 2))
        moved = np.array(((1.0, 0.0, dx), (0.0, 1.0, dy)))
        return _array(cv2.warpAffine(picture, moved, self._view.size, borderMode=cv2.BORDER_REPLICATE))


def _array(picture: object) -> Picture:
    return np.asarray(picture, dtype=np.uint8)
