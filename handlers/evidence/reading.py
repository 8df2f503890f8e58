"""Reading plates: what networks read on a vehicle is written into its bundle as advice; a person looks for themselves.

Only where the city has fetched the network of plate text, and only of what stands as a vehicle: nothing is decided by it, and nothing
is searched by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import structlog

from engine import apart
from engine.settings import Settings
from vision.detect import VEHICLES
from vision.errors import VisionError
from vision.evidence.bundle import frame_name
from vision.evidence.decision import manifest_of
from vision.frame import Box
from vision.sighting import Sighting

logger = structlog.get_logger()

#: What reading the plates of one sighting may take: bytes of address space, seconds of processor time.
MAX_MEMORY, MAX_SECONDS = 4 * 1024**3, 60
#: Where what stands is taken for a vehicle, though no detector has said so.
_ZONES = ("no_parking", "bus_lane")


@dataclass(frozen=True)
class Told:
    """A text that was read.

    Attributes:
        confidence: the highest of all frames in which it was read, 0 to 1.
        frames: in how many it was read, of those that were looked at.
    """

    text: str
    confidence: float
    frames: int
    looked_at: int


def advice(settings: Settings, sighting: Sighting, zone_type: str) -> Mapping[str, Any] | None:
    """What a manifest says of the plates of a sighting; None where nobody looked for any.

    It never fails: evidence is kept with or without it.
    """
    from vision.evidence.plates import ready

    if sighting.name not in VEHICLES and (sighting.name or zone_type not in _ZONES):
        return None
    # Before it came there is nothing of it to be read.
    frames = [
        (frame_name(number, still), still.jpeg)
        for number, still in enumerate(sighting.stills, 1)
        if still.role != "before"
    ]
    if not frames or not ready(settings.home):
        return None
    try:
        with apart.process(memory=MAX_MEMORY, seconds=MAX_SECONDS) as run:
            return run(read, settings.home, frames, sighting.box)
    except Exception as error:  # noqa: BLE001 - told in the log: evidence is kept whatever becomes of the advice
        logger.warning("no plate was read", slot=sighting.slot, reason=str(error) or type(error).__name__)
        return None


def read(home: Path, frames: Sequence[tuple[str, bytes]], box: Box) -> dict[str, Any]:
    """What a manifest says of the plates in some frames. Runs in a process of its own."""
    from vision.evidence.plates import Reader

    return Reader.of(home).advice(frames, box).statement()


def told(folder: Path) -> list[Told]:
    """What was read of a bundle, the surest first; nothing where nobody looked, or its files are gone."""
    try:
        said = orjson.loads(manifest_of(folder)).get("advice")
    except VisionError:
        return []
    found: dict[str, Told] = {}
    for one in said["plates"] if said else ():
        text, before = one["text"], found.get(one["text"])
        confidence = max(one["confidence"], before.confidence if before else 0.0)
        frames = (before.frames if before else 0) + 1
        found[text] = Told(text, confidence, frames, said["frames_looked_at"])
    return sorted(found.values(), key=lambda one: (-one.confidence, one.text))
