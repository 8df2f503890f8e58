"""Placements: what is written when a case goes to a crew, with the reason in words that any language can be made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.store.units import Unit

#: How far apart two cases of a crew are placed when nothing is between them.
STEP = 1024.0


@dataclass(frozen=True)
class Placement:
    """A case with a crew.

    Attributes:
        place: in the order of the crew.
        arrival: when it is expected there.
        metres: from where it is before, in a straight line.
        in_hand: how many cases it has before this one.
        kept: whether a person chose the crew.
        others: what else is to be said of the choice, as reasons.
    """

    case_id: int
    crew: Unit
    place: float
    arrival: datetime
    metres: int
    in_hand: int
    at: datetime
    kept: bool = False
    others: Sequence[Mapping[str, Any]] = ()

    @property
    def reason(self) -> dict[str, Any]:
        """Why this crew, as one reason of a decision."""
        return {
            "what": "crew",
            "crew": self.crew.code,
            "name": self.crew.name_zh,
            "name_en": self.crew.name_en,
            "metres": self.metres,
            "in_hand": self.in_hand,
            "arrival": self.arrival.isoformat(),
        }

    @property
    def row(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "case_id": self.case_id,
            "crew_id": self.crew.id,
            "place": self.place,
            "arrival": self.arrival,
            "metres": self.metres,
            "placed_at": self.at,
            "kept": self.kept,
            "reasons": [self.reason, *self.others],
        }


def place_between(waiting: Sequence[Mapping[str, Any]], gap: int) -> float:
    """A place in a crew's order behind so many of the placements that wait for it."""
    before = waiting[gap - 1]["place"] if gap else None
    after = waiting[gap]["place"] if gap < len(waiting) else None
    if before is None:
        return 0.0 if after is None else float(after - STEP)
    return float(before + STEP if after is None else (before + after) / 2.0)
