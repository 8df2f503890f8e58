"""Sightings: what a rule saw in a zone of a camera, from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vision.detect import Detection
from vision.frame import Box

#: What a sighting tells: that its rule is met, that it still is (once a while), that what was seen is gone.
Turn = Literal["alarm", "goes_on", "over"]


@dataclass(frozen=True)
class Still:
    """A frame that was kept for evidence.

    Attributes:
        role: ``before`` (the place without it), ``begin`` (when it first stood there), ``half`` (of its time) or ``alarm``.
        jpeg: the camera's own bytes where it sent JPEG, else encoded once from what was decoded.
        original: whether these are the camera's own bytes.
        sha256: of `jpeg`, in hexadecimal.
    """

    role: str
    at: datetime
    jpeg: bytes
    original: bool
    sha256: str


@dataclass(frozen=True)
class Sighting:
    """What a rule saw.

    Attributes:
        turn: see `Turn`.
        slot: names what stands there among all that stood in the zone; the same from its alarm until it is over, over a restart too.
        rule, rule_version, zone, zone_version: what was looked for and where.
        box: where it stands, as shares of the picture.
        began_at: since when it stands there.
        at: of this turn.
        verified: whether a detector agreed that it is what the rule looks for; a rule may do without.
        name, score: the class that the detector gave it and how sure it was; empty and 0 where none looked or none agreed.
        model, model_sha256: the detector that looked; empty where none did.
        detections: all that the detector saw in the zone at the alarm.
        stills: the frames that show it, in the order of their time; with the turn ``alarm`` only.
    """

    turn: Turn
    slot: str
    rule: str
    rule_version: int
    zone: str
    zone_version: int
    box: Box
    began_at: datetime
    at: datetime
    verified: bool
    name: str = ""
    score: float = 0.0
    model: str = ""
    model_sha256: str = ""
    detections: tuple[Detection, ...] = ()
    stills: tuple[Still, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it has stood there."""
        return (self.at - self.began_at).total_seconds()
