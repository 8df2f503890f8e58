"""Sightings as plain values, as a job carries them; their pictures travel beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from vision.detect import Detection
from vision.sighting import Sighting, Still


def to_plain(sighting: Sighting) -> dict[str, Any]:
    """All of a sighting but the bytes of its stills, as JSON can hold it."""
    plain = {one.name: getattr(sighting, one.name) for one in fields(Sighting)}
    plain |= {name: plain[name].isoformat() for name in ("began_at", "at")}
    plain["box"] = list(sighting.box)
    plain["detections"] = [[one.name, one.score, list(one.box)] for one in sighting.detections]
    plain["stills"] = [
        {"role": one.role, "at": one.at.isoformat(), "original": one.original, "sha256": one.sha256}
        for one in sighting.stills
    ]
    return plain


def from_plain(plain: Mapping[str, Any], picture: Callable[[int], bytes]) -> Sighting:
    """The sighting that `to_plain` wrote.

    Args:
        picture: gives the bytes of a still by its number.
    """
    values = dict(plain)
    values |= {name: datetime.fromisoformat(plain[name]) for name in ("began_at", "at")}
    values["box"] = tuple(plain["box"])
    values["detections"] = tuple(
        Detection(name, score, tuple(box)) for name, score, box in plain["detections"]
    )
    values["stills"] = tuple(
        Still(one["role"], datetime.fromisoformat(one["at"]), picture(number), one["original"], one["sha256"])
        for number, one in enumerate(plain["stills"])
    )
    return Sighting(**values)
