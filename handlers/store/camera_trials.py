"""Marks: what somebody answered to what a trial of rules would have told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    cast,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from engine.store.metadata import instant, metadata
from engine.store.rows import Row, every
from handlers.store.cameras import camera, camera_zone, vision_rule

ANSWERS = ("yes", "no")
#: What names the thing that a mark is about: the same one, tried again, is marked once.
KEY = ("camera_id", "zone_key", "rule_key", "rule_version", "model_sha256", "began_at", "place")

trial_mark = Table(
    "trial_mark",
    metadata,
    Column("camera_id", BigInteger, ForeignKey("camera.id"), nullable=False),
    Column("zone_key", Text, nullable=False),
    Column("zone_version", Integer, nullable=False),
    Column("rule_key", Text, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("model", Text, nullable=False),
    # Empty where no detector looked.
    Column("model_sha256", Text, nullable=False),
    Column("verified", Boolean, nullable=False),
    instant("began_at"),
    # The middle of its box in twentieths of the picture, as "x,y": of things that came at once, which one.
    Column("place", Text, nullable=False),
    instant("alarm_at"),
    Column("answer", Text, nullable=False),  # one of ANSWERS
    instant("marked_at"),
    Column("marked_by", BigInteger, ForeignKey("person.id")),
    PrimaryKeyConstraint(*KEY),
    ForeignKeyConstraint(
        ["camera_id", "zone_key", "zone_version"],
        [camera_zone.c.camera_id, camera_zone.c.key, camera_zone.c.version],
        name="fk_trial_mark_zone_camera_zone",
    ),
    ForeignKeyConstraint(
        ["rule_key", "rule_version"],
        [vision_rule.c.key, vision_rule.c.version],
        name="fk_trial_mark_rule_vision_rule",
    ),
)

_MARK = upsert(trial_mark)
_MARK = _MARK.on_conflict_do_update(
    index_elements=list(KEY),
    set_={
        name: _MARK.excluded[name]
        for name in ("zone_version", "verified", "alarm_at", "answer", "marked_at", "marked_by")
    },
)


def mark(conn: Connection, row: Mapping[str, Any]) -> None:
    """Keep a mark; one of the same thing is replaced."""
    conn.execute(_MARK, row)


def answers(conn: Connection, camera_id: int) -> dict[tuple[Any, ...], str]:
    """The answers to what was tried of a camera, by `KEY`."""
    found = select(trial_mark).where(trial_mark.c.camera_id == camera_id)
    return {tuple(row[name] for name in KEY): row["answer"] for row in every(conn.execute(found))}


def answers_by_week(conn: Connection, unit_ids: Sequence[int], since: datetime, time_zone: str) -> list[Row]:
    """Answers as `handlers.store.sightings.answers_by_week` has them, of trials."""
    local = func.timezone(time_zone, trial_mark.c.alarm_at)
    week = cast(func.date_trunc("week", local), Date).label("week")
    by = (week, camera.c.code, camera.c.name, camera.c.name_en, trial_mark.c.rule_key, trial_mark.c.model)
    statement = (
        select(
            week,
            camera.c.code.label("camera_code"),
            *(camera.c.name.label("camera_name"), camera.c.name_en.label("camera_name_en")),
            *(trial_mark.c.rule_key, trial_mark.c.model),
            func.count().filter(trial_mark.c.answer == "yes").label("right"),
            func.count().filter(trial_mark.c.answer == "no").label("wrong"),
        )
        .join(camera, camera.c.id == trial_mark.c.camera_id)
        .where(camera.c.unit_id.in_(list(unit_ids)), trial_mark.c.alarm_at >= since)
        .group_by(*by)
        .order_by(week)
    )
    return every(conn.execute(statement))
