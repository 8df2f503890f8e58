"""The view of one camera: what its rules see at an instant, as a page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vision.frame import Box


@dataclass(frozen=True, slots=True)
class SlotView:
    """One slot as a page shows it.

    Attributes:
        state: ``there``, ``hidden`` or ``away``.
        zones: keys of those in which it stands.
        alarmed: whether a sighting of it was told.
    """

    key: str
    box: Box
    seconds: float
    state: str
    name: str
    score: float
    zones: tuple[str, ...]
    alarmed: bool


@dataclass(frozen=True, slots=True)
class View:
    """What the rules see at an instant.

    Attributes:
        at: of the last frame; None before there was one.
        learning: samples that are still wanted for the background; 0 once it is there.
        slots: what stands there.
        stationary: boxes of everything that stands still and did not use to, inside zones or not.
        gain, dx, dy: how the last frame was brought to the light and place of the background, in pixels of the work size.
        late: frames that were older than one before them, and were not looked at.
    """

    at: datetime | None
    learning: int
    slots: tuple[SlotView, ...]
    stationary: tuple[Box, ...]
    gain: float
    dx: float
    dy: float
    late: int
