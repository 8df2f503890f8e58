"""The demonstration's camera: a made scene as a folder of stills that is played over and over by the clock."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import cv2

from vision.frame import Picture
from vision.made.acts import Parked, Vendor
from vision.made.light import Weather
from vision.made.plans import Plan
from vision.made.scene import Scene
from vision.zones import Zone

#: What every still says. Its pages say it in the reader's language.
LABEL = "MADE SCENE"
#: Length of the loop and seconds from one still to the next.
SECONDS, EVERY = 240.0, 1.0
#: Seconds after which the demonstration's rules tell: who looks at it does not wait for minutes.
PARKED_FOR, SOLD_FOR = 12.0, 20.0

_RAIN = (200.0, 232.0)
_SIZE = (640, 360)
_QUALITY = 62

#: Something comes to stand every forty seconds: whenever one begins to watch, there is a sighting within a minute.
PLAN = Plan(
    told=(
        ("parking", Parked(10.0, 52.0, -4.5, "car", 3)),
        ("parking", Parked(50.0, 92.0, 5.0, "van", 0)),
        ("parking", Parked(90.0, 132.0, -1.5, "car", 5)),
        ("vendor", Vendor(124.0, 186.0, 8.0, seed=4)),
        ("parking", Parked(166.0, 208.0, -4.5, "car", 4)),
        ("parking", Parked(206.0, 230.0, 4.5, "van", 1)),
    ),
    busy=0.8,
)
#: A dusk and its end, then clouds that bring the rain.
_COURSE = (
    (0.0, 1.0),
    (88.0, 1.0),
    (110.0, 0.72),
    (150.0, 0.72),
    (165.0, 1.0),
    (180.0, 1.0),
    (200.0, 0.84),
    (232.0, 0.84),
    (239.0, 1.0),
    (SECONDS, 1.0),
)
_DRY = Weather(noise=1.2, course=_COURSE)
_WET = Weather(ambient=0.84, rain=0.8, noise=1.4)


@dataclass(frozen=True)
class CameraPlan:
    """What was written.

    Attributes:
        zones: to be watched; what is drawn no detector knows, so they name rules that do without one.
        seconds: after which it begins anew.
        every: seconds from one still to the next.
    """

    zones: tuple[Zone, ...]
    seconds: float
    every: float


def write(folder: Path, seed: int = 1) -> CameraPlan:
    """Write the stills of the demonstration's camera; a folder that is there already is replaced.

    The names are in the order of time; shown one each `EVERY` seconds, the last goes over into the first.

    Raises:
        OSError: the folder cannot be written.
    """
    dry, wet = (Scene(PLAN, seed, _SIZE, weather, SECONDS, period=SECONDS) for weather in (_DRY, _WET))
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for number in range(round(SECONDS / EVERY)):
        seconds = number * EVERY
        scene = wet if _RAIN[0] <= seconds < _RAIN[1] else dry
        (unfinished / f"{number:04d}.jpg").write_bytes(_jpeg(scene.frame(seconds)))
    if folder.exists():
        shutil.rmtree(folder)
    unfinished.rename(folder)
    return plan(dry)


def plan(scene: Scene | None = None) -> CameraPlan:
    """The zones and the times of the demonstration's camera."""
    scene = scene or Scene(PLAN, size=_SIZE)
    watched = {
        "parking": (("standing",), PARKED_FOR),
        "vendor": (("vendor",), SOLD_FOR),
    }
    zones = tuple(
        replace(zone, rules=watched[zone.key][0], dwell=watched[zone.key][1], grace=20.0)
        for zone in scene.zones
        if zone.key in watched
    )
    return CameraPlan(zones, SECONDS, EVERY)


def _jpeg(picture: Picture) -> bytes:
    """A picture that says what it is."""
    scale = picture.shape[1] / 1280
    (wide, high), _ = cv2.getTextSize(LABEL, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    edge = round(8 * scale)
    cv2.rectangle(picture, (0, 0), (wide + 2 * edge, high + 2 * edge), (32, 32, 32), -1)
    cv2.putText(
        picture,
        LABEL,
        (edge, high + edge),
        cv2.FONT_HERSHEY_SIMPLEX,
        scale,
        (240, 240, 240),
        1,
        cv2.LINE_AA,
    )
    done, coded = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
    assert done
    return coded.tobytes()
