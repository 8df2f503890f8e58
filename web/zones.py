"""Zones as the page of a camera shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.store.unit_of_work import UnitOfWork
from handlers.store import camera_watches
from web.zone_forms import hours_text, outline_text


@dataclass(frozen=True)
class ShownZone:
    """A zone on a page.

    Attributes:
        outline: its corners as the form has them.
        points: its corners in thousandths, for SVG.
        hours: as the form has them.
    """

    row: Mapping[str, Any]
    outline: str
    points: str
    hours: str


def zones_of(uow: UnitOfWork, camera_id: int) -> list[ShownZone]:
    """The zones of a camera in their newest versions, by key."""
    rows = sorted(camera_watches.zones(uow.conn, [camera_id]), key=lambda row: row["key"])
    return [
        ShownZone(
            row=row,
            outline=outline_text(row["outline"]),
            points=" ".join(f"{x * 1000:.1f},{y * 1000:.1f}" for x, y in row["outline"]),
            hours=hours_text(row["hours"]),
        )
        for row in rows
    ]
