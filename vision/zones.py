"""Zones: the parts of a camera's picture that a rule looks at, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time

import numpy as np

from vision.errors import VisionError
from vision.frame import Box

#: What a zone is: where no vehicle may stand, nobody may sell, the front of shops, a lane for buses.
ZONE_TYPES = ("no_parking", "no_vending", "frontage", "bus_lane")
MAX_CORNERS = 60

Outline = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of the week, in the city's own time.

    Attributes:
        days: of the week, Monday is 0; all without any.
        begin, end: of the day; a part that ends before it begins lasts past midnight, and counts to the day it began.
    """

    begin: time
    end: time
    days: frozenset[int] = frozenset()

    def hold(self, at: datetime) -> bool:
        """Whether they hold at an instant, given in the city's time zone."""
        now = at.time().replace(tzinfo=None)
        today = not self.days or at.weekday() in self.days
        if self.begin <= self.end:
            return today and self.begin <= now < self.end
        yesterday = not self.days or (at.weekday() - 1) % 7 in self.days
        return (today and now >= self.begin) or (yesterday and now < self.end)


@dataclass(frozen=True)
class Zone:
    """A polygon in the picture of one camera, in one version: what is edited gets the next one.

    Attributes:
        key: by which sightings name it, stable over its versions.
        type: one of `ZONE_TYPES`.
        outline: its corners as shares of the picture's width and height, 0 to 1, not closed.
        rules: the keys of the rules that look at it.
        dwell: seconds that something must stand in it; 0 for what its rule says.
        grace: seconds for which something may be hidden or away without its time beginning anew.
        hours: when it holds; always without any.

    Raises:
        VisionError: it is no zone; names the field.
    """

    key: str
    type: str
    outline: Outline
    rules: tuple[str, ...] = ()
    dwell: float = 0.0
    grace: float = 60.0
    hours: tuple[Hours, ...] = field(default=())
    version: int = 1

    def __post_init__(self) -> None:
        """See that it is a zone."""
        if self.type not in ZONE_TYPES:
            raise VisionError("Use one of %(known)s.", field="type", known=", ".join(ZONE_TYPES))
        if not 3 <= len(self.outline) <= MAX_CORNERS:
            raise VisionError("Draw 3 to %(most)d corners.", field="outline", most=MAX_CORNERS)
        if not all(0.0 <= value <= 1.0 for corner in self.outline for value in corner):
            raise VisionError("Keep all corners inside the picture.", field="outline")
        if self.area <= 0.0:
            raise VisionError("Draw corners that do not lie on one line.", field="outline")
        if not 0.0 <= self.dwell <= 86400.0:
            raise VisionError("Give 0 to 86400 seconds.", field="dwell")
        if not 0.0 <= self.grace <= 3600.0:
            raise VisionError("Give 0 to 3600 seconds.", field="grace")

    @property
    def area(self) -> float:
        """The share of the picture that it covers."""
        # Late, here and below: the web process knows zones, and looks at no picture until somebody draws one.
        import cv2

        return float(cv2.contourArea(np.asarray(self.outline, dtype=np.float32)))

    def holds(self, at: datetime) -> bool:
        """Whether it holds at an instant, given in the city's time zone."""
        return not self.hours or any(one.hold(at) for one in self.hours)

    def has(self, x: float, y: float) -> bool:
        """Whether a point of the picture lies in it; its border belongs to it."""
        import cv2

        outline = np.asarray(self.outline, dtype=np.float32)
        return bool(cv2.pointPolygonTest(outline, (float(x), float(y)), False) >= 0)

    def has_foot(self, box: Box) -> bool:
        """Whether what fills a box stands in it: the middle of its lower edge, slightly above."""
        return self.has((box[0] + box[2]) / 2, box[3] - 0.1 * (box[3] - box[1]))
