"""Rules in all their versions, and the zones that name them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import any_, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.engine import Connection

from engine.store.people import person
from engine.store.rows import Row, every
from handlers.store.cameras import camera, camera_zone, vision_rule

_NEWEST = (
    select(vision_rule)
    .ext(distinct_on(vision_rule.c.key))
    .order_by(vision_rule.c.key, vision_rule.c.version.desc())
)
_ZONES = (
    select(camera_zone)
    .ext(distinct_on(camera_zone.c.camera_id, camera_zone.c.key))
    .order_by(camera_zone.c.camera_id, camera_zone.c.key, camera_zone.c.version.desc())
    .subquery()
)


def newest(conn: Connection) -> list[Row]:
    """All rules in their newest versions, by key, those included that are switched off."""
    return every(conn.execute(_NEWEST))


def versions(conn: Connection, key: str) -> list[Row]:
    """All versions of a rule, the newest first, with ``by``: the name of who made it, where a person did."""
    found = (
        select(vision_rule, person.c.name.label("by"))
        .outerjoin(person, person.c.id == vision_rule.c.made_by)
        .where(vision_rule.c.key == key)
        .order_by(vision_rule.c.version.desc())
    )
    return every(conn.execute(found))


def counts(conn: Connection, unit_ids: Collection[int]) -> Mapping[str, int]:
    """How many zones of the cameras of units name each rule."""
    named = func.unnest(_ZONES.c.rules).label("rule")
    found = (
        select(named, func.count().label("zones"))
        .select_from(_ZONES)
        .join(camera, camera.c.id == _ZONES.c.camera_id)
        .where(_ZONES.c.active, camera.c.state != "removed", camera.c.unit_id.in_(list(unit_ids)))
        .group_by(named)
    )
    return {row.rule: row.zones for row in conn.execute(found)}


def uses(conn: Connection, key: str, unit_ids: Collection[int], most: int) -> list[Row]:
    """The zones of the cameras of units that name a rule, so many at most: ``camera_id``, ``camera_code``, ``camera_name``,
    ``camera_name_en``, ``key``, ``name``, ``type`` and ``dwell``.
    """
    found = (
        select(
            camera.c.id.label("camera_id"),
            camera.c.code.label("camera_code"),
            camera.c.name.label("camera_name"),
            camera.c.name_en.label("camera_name_en"),
            *(_ZONES.c.key, _ZONES.c.name, _ZONES.c.type, _ZONES.c.dwell),
        )
        .join(_ZONES, _ZONES.c.camera_id == camera.c.id)
        .where(_ZONES.c.active, literal(key) == any_(_ZONES.c.rules))
        .where(camera.c.state != "removed", camera.c.unit_id.in_(list(unit_ids)))
        .order_by(camera.c.code, _ZONES.c.key)
        .limit(most)
    )
    return every(conn.execute(found))
