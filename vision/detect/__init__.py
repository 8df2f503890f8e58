"""Detectors: networks that say what is in a picture and where; any of them behind one protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from vision.frame import Box, Picture

#: The classes by which rules speak, whatever a model calls them; the class map of a model leads its own names here.
CLASSES = ("person", "bicycle", "motorcycle", "car", "bus", "truck", "tricycle", "stall", "goods", "umbrella")
#: What counts as a vehicle that is parked.
VEHICLES = frozenset({"car", "bus", "truck"})


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing in a picture.

    Attributes:
        name: its class; one of `CLASSES`, or one that only the model's own class map knows.
        score: how sure the model is, 0 to 1.
        box: where.
    """

    name: str
    score: float
    box: Box


class Detector(Protocol):
    """Finds things in pictures.

    Attributes:
        key: the name of its model in the registry.
        digest: SHA-256 of the model's file, in hexadecimal; evidence names it.
    """

    key: str
    digest: str

    def detect(self, picture: Picture, at_least: float = 0.3) -> Sequence[Detection]:
        """What is in a picture, the surest first; boxes of one class do not overlap by more than about a half.

        Args:
            picture: of any size.
            at_least: the score below which nothing is told.
        """
