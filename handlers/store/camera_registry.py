"""Cameras, zones and rules as they are entered and changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from engine.store.rows import Row, every, first
from handlers.store.cameras import camera, camera_zone, vision_rule


def all_cameras(conn: Connection) -> list[Row]:
    """All cameras that were not removed, by code."""
    return every(conn.execute(select(camera).where(camera.c.state != "removed").order_by(camera.c.code)))


def of_code(conn: Connection, code: str) -> Row | None:
    """A camera by its code, those included that were removed."""
    return first(conn.execute(select(camera).where(camera.c.code == code)))


def of_id(conn: Connection, camera_id: int) -> Row | None:
    """A camera."""
    return first(conn.execute(select(camera).where(camera.c.id == camera_id)))


def add(conn: Connection, row: Mapping[str, Any]) -> int:
    """Insert a camera; gives its number."""
    return int(conn.execute(insert(camera).values(**row).returning(camera.c.id)).scalar_one())


def change(conn: Connection, camera_id: int, values: Mapping[str, Any]) -> bool:
    """Write some columns of a camera; False if there is none."""
    return conn.execute(update(camera).where(camera.c.id == camera_id).values(**values)).rowcount == 1


def zone(conn: Connection, camera_id: int, key: str) -> Row | None:
    """A zone in its newest version, or None."""
    found = select(camera_zone).where(camera_zone.c.camera_id == camera_id, camera_zone.c.key == key)
    return first(conn.execute(found.order_by(camera_zone.c.version.desc()).limit(1)))


def add_zone(conn: Connection, row: Mapping[str, Any]) -> None:
    """Insert a version of a zone."""
    conn.execute(insert(camera_zone).values(**row))


def add_rules(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert versions of rules that are not there yet; gives how many were not."""
    statement = upsert(vision_rule).values(list(rows)).on_conflict_do_nothing().returning(vision_rule.c.key)
    return len(conn.execute(statement).all())
