"""Sightings: what a rule saw in a zone of a camera, the case that it became, and what a person answered."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from engine.store.metadata import identity, instant, metadata
from handlers.store.cameras import camera_zone

#: What a reviewer may answer: it is what the rule looks for, it is not, nobody can tell yet.
ANSWERS = ("yes", "no", "keep")

sighting = Table(
    "sighting",
    metadata,
    identity(),
    Column("camera_id", BigInteger, ForeignKey("camera.id"), nullable=False),
    Column("zone_key", Text, nullable=False),
    Column("zone_version", Integer, nullable=False),
    Column("rule_key", Text, nullable=False),
    Column("rule_version", Integer, nullable=False),
    # Names what stands there among all that stood in the zone: `vision.sighting.Sighting.slot`.
    Column("slot", Text, nullable=False),
    Column("box", JSONB, nullable=False),
    instant("began_at"),
    instant("alarm_at"),
    # When it was last told to be there, and when it was gone.
    instant("last_at"),
    instant("over_at", nullable=True),
    Column("verified", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("score", Double, nullable=False),
    Column("model", Text, nullable=False),
    Column("model_sha256", Text, nullable=False),
    Column("detections", JSONB, nullable=False),  # [{"name", "score", "box"}, ...]
    # The case that it opened or joined; null until then.
    Column("case_id", BigInteger, ForeignKey("case.id")),
    Column("joined", Boolean, nullable=False),
    # Filed without a person, for the zone said so.
    Column("certain", Boolean, nullable=False),
    Column("answer", Text),  # one of ANSWERS
    Column("reason", Text, nullable=False),
    instant("answered_at", nullable=True),
    Column("answered_by", BigInteger, ForeignKey("person.id")),
    ForeignKeyConstraint(
        ["camera_id", "zone_key", "zone_version"],
        [camera_zone.c.camera_id, camera_zone.c.key, camera_zone.c.version],
        name="fk_sighting_zone_camera_zone",
    ),
    # The same alarm told twice is one sighting.
    UniqueConstraint("camera_id", "rule_key", "slot"),
    Index("ix_sighting_case_id", "case_id"),
    Index("ix_sighting_place", "camera_id", "zone_key", "alarm_at"),
)
