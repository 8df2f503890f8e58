"""Cameras of the city: where their pictures come from, their zones, the rules, the watches over them, and their trouble."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from engine.store.metadata import identity, instant, metadata

#: The name under which a change of cameras, zones or rules is told to those who watch.
REVISION = "cameras"

#: How a camera gives its pictures.
SOURCES = ("snapshot", "rtsp", "hls", "files")

camera = Table(
    "camera",
    metadata,
    identity(),
    # The city's own code; 20 digits where it follows GB/T 28181.
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    # The platform whose reviewers answer for what it sees.
    Column("unit_id", BigInteger, ForeignKey("unit.id"), nullable=False),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("source", Text, nullable=False),  # one of SOURCES
    # Without name and password, which are apart and are never shown.
    Column("url", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("password", Text, nullable=False),
    # Seconds from one picture to the next.
    Column("interval", Double, nullable=False),
    # The cameras of a group are watched by one job.
    Column("group_no", Integer, nullable=False),
    Column("state", Text, nullable=False),  # active | paused | removed
    # Drawn by the product; whatever it sees is made, and says so.
    Column("made", Boolean, nullable=False),
    # Under which notice to the public it films (Administrative Penalty Law, article 41); empty where none is registered.
    Column("notice", Text, nullable=False),
    instant("added_at"),
    UniqueConstraint("code"),
    Index("ix_camera_group_no", "group_no"),
    Index("ix_camera_unit_id", "unit_id"),
)

camera_zone = Table(
    "camera_zone",
    metadata,
    # Rows are only added: a zone that is edited gets its next version, one that is removed a version that is not active.
    Column("camera_id", BigInteger, ForeignKey("camera.id"), primary_key=True),
    # By which sightings name it: the camera's own, stable over its versions.
    Column("key", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("active", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),  # one of vision.zones.ZONE_TYPES
    Column("outline", JSONB, nullable=False),  # [[x, y], ...] as shares of the picture
    Column("rules", ARRAY(Text), nullable=False),
    Column("hours", JSONB, nullable=False),  # [{"begin": "07:00", "end": "22:00", "days": [0, 1]}, ...]
    Column("dwell", Double, nullable=False),
    Column("grace", Double, nullable=False),
    # Whether a sighting that a detector verified with this score at least is filed without a person.
    Column("auto_file", Boolean, nullable=False),
    Column("auto_score", Double, nullable=False),
    # Where on the map what stands in it is, if that is elsewhere than the camera.
    Column("lon", Double),
    Column("lat", Double),
    instant("made_at"),
    Column("made_by", BigInteger, ForeignKey("person.id")),
)

vision_rule = Table(
    "vision_rule",
    metadata,
    # Rows are only added: a rule that is edited gets its next version. The product's own are seeded from vision/data.
    Column("key", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("active", Boolean, nullable=False),
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("zone_types", ARRAY(Text), nullable=False),
    Column("classes", ARRAY(Text), nullable=False),
    Column("expression", Text, nullable=False),
    Column("dwell", Double, nullable=False),
    Column("verify", Boolean, nullable=False),
    # What a sighting is reported as.
    Column("scheme", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("condition_no", Integer),
    Column("description_zh", Text, nullable=False),
    Column("description_en", Text, nullable=False),
    instant("made_at"),
    Column("made_by", BigInteger, ForeignKey("person.id")),
)

camera_state = Table(
    "camera_state",
    metadata,
    # What the watch knows of a camera, kept each minute so that another one can go on.
    Column("camera_id", BigInteger, ForeignKey("camera.id", ondelete="CASCADE"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("health", LargeBinary, nullable=False),
    # What the rules see now, for the page: `vision.watching.View` as JSON.
    Column("view", JSONB, nullable=False),
    instant("frame_at", nullable=True),
    Column("frames", BigInteger, nullable=False),
    Column("late", BigInteger, nullable=False),
    instant("saved_at"),
    # While somebody looks at it, its view is kept with every picture.
    instant("looked_until", nullable=True),
)

camera_alarm = Table(
    "camera_alarm",
    metadata,
    identity(),
    Column("camera_id", BigInteger, ForeignKey("camera.id", ondelete="CASCADE"), nullable=False),
    # dark | frozen | blurred | moved, or a kind of vision.sources.SourceTrouble.
    Column("kind", Text, nullable=False),
    Column("detail", Text, nullable=False),
    instant("began_at"),
    instant("ended_at", nullable=True),
    Index(
        "uq_camera_alarm_open", "camera_id", "kind", unique=True, postgresql_where=text("ended_at IS NULL")
    ),
)

watch = Table(
    "watch",
    metadata,
    # One row for each group of cameras: who watches it. Each watch takes the next epoch; what an earlier one writes is refused.
    Column("group_no", Integer, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),
    Column("job_id", BigInteger),
    instant("began_at", nullable=True),
    instant("seen_at", nullable=True),
    Column("frames", BigInteger, nullable=False),
    Column("late", BigInteger, nullable=False),
    # How many cameras it watches, and the share of one processor that this takes.
    Column("cameras", Integer, nullable=False),
    Column("load", Double, nullable=False),
)
