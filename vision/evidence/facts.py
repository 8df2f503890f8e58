"""Facts: what a manifest says of a sighting besides its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from vision.evidence.layout import digest, written
from vision.sighting import Sighting
from vision.zones import Zone


@dataclass(frozen=True)
class CameraFacts:
    """A camera as it stood when the sighting was made.

    Attributes:
        lon, lat: in WGS-84 degrees.
        notice: under which notice to the public it films (Administrative Penalty Law, article 41); empty where none is registered.
        made: whether its pictures are drawn.
    """

    code: str
    name: str
    name_en: str
    lon: float
    lat: float
    notice: str = ""
    made: bool = False


@dataclass(frozen=True)
class Facts:
    """What a bundle proves.

    Attributes:
        rule: the rule in plain values, as it stood: key, version, expression, dwell and what else it has.
        made_at: when the bundle is made.
        zone_name: the name of the city's time zone, such as ``Asia/Shanghai``.
        clock_offset: by how many seconds the camera's clock was ahead, where it tells its time; None where it does not.
        software: name and version of the program.
        advice: what networks read that nobody examined; None where none looked.
    """

    camera: CameraFacts
    zone: Zone
    rule: Mapping[str, Any]
    sighting: Sighting
    made_at: datetime
    time_zone: str
    software: str
    clock_offset: float | None = None
    advice: Mapping[str, Any] | None = None

    def statement(self) -> dict[str, Any]:
        """The facts as the manifest has them; zone, rule and model each with their hash, and one over all three."""
        seen = self.sighting
        zone, rule = _zone(self.zone), dict(self.rule)
        model = {"key": seen.model, "sha256": seen.model_sha256} if seen.model else None
        return {
            "camera": asdict(self.camera),
            "zone": {**zone, "sha256": digest(written(zone))},
            "rule": {**rule, "sha256": digest(written(rule))},
            "model": model,
            "configuration_sha256": digest(written([zone, rule, model])),
            "sighting": {
                "slot": seen.slot,
                "box": list(seen.box),
                "began_at": seen.began_at.isoformat(),
                "at": seen.at.isoformat(),
                "seconds": round(seen.seconds, 3),
                "verified": seen.verified,
                "name": seen.name,
                "score": round(seen.score, 6),
                "detections": [asdict(one) for one in seen.detections],
            },
            "clock": {"time_zone": self.time_zone, "camera_ahead_seconds": self.clock_offset},
            "advice": self.advice,
            "made_at": self.made_at.isoformat(),
            "software": self.software,
        }


def _zone(zone: Zone) -> dict[str, Any]:
    hours = [
        {"begin": f"{one.begin:%H:%M}", "end": f"{one.end:%H:%M}", "days": sorted(one.days)}
        for one in zone.hours
    ]
    return {
        "key": zone.key,
        "version": zone.version,
        "type": zone.type,
        "outline": [list(corner) for corner in zone.outline],
        "rules": list(zone.rules),
        "dwell": zone.dwell,
        "grace": zone.grace,
        "hours": hours,
    }
