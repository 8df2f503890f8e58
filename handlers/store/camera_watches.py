"""What a watch reads and writes: the cameras of its group, who watches it, what is known of each camera, and its alarms."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from engine.store.rows import Row, every, first
from handlers.store.cameras import camera, camera_alarm, camera_state, camera_zone, vision_rule, watch

_state, _alarm = camera_state.c, camera_alarm.c

_NEWEST_ZONES = (
    select(camera_zone)
    .ext(distinct_on(camera_zone.c.camera_id, camera_zone.c.key))
    .order_by(camera_zone.c.camera_id, camera_zone.c.key, camera_zone.c.version.desc())
)
_NEWEST_RULES = (
    select(vision_rule)
    .ext(distinct_on(vision_rule.c.key))
    .order_by(vision_rule.c.key, vision_rule.c.version.desc())
)
_BEGUN = upsert(watch).values(
    group_no=bindparam("group"),
    epoch=1,
    began_at=bindparam("now"),
    seen_at=bindparam("now"),
    frames=0,
    late=0,
    cameras=0,
    load=0.0,
)
_TAKE = _BEGUN.on_conflict_do_update(
    index_elements=["group_no"],
    set_={
        "epoch": watch.c.epoch + 1,
        "began_at": _BEGUN.excluded["began_at"],
        "seen_at": _BEGUN.excluded["seen_at"],
    },
).returning(watch.c.epoch)
_HOLD = (
    update(watch)
    .where(watch.c.group_no == bindparam("of_group"), watch.c.epoch == bindparam("of_epoch"))
    .values(seen_at=bindparam("now"))
)
_TELL = _HOLD.values(
    frames=watch.c.frames + bindparam("more_frames"),
    late=watch.c.late + bindparam("more_late"),
    cameras=bindparam("count"),
    load=bindparam("share"),
)
_SAVED = ("content", "health", "view", "frame_at", "saved_at")
_SAVE = upsert(camera_state)
_SAVE = _SAVE.on_conflict_do_update(
    index_elements=["camera_id"],
    set_={
        **{name: _SAVE.excluded[name] for name in _SAVED},
        **{name: camera_state.c[name] + _SAVE.excluded[name] for name in ("frames", "late")},
    },
)
_END = (
    update(camera_alarm)
    .where(
        _alarm.camera_id == bindparam("of_camera"),
        _alarm.kind == bindparam("of_kind"),
        _alarm.ended_at.is_(None),
    )
    .values(ended_at=bindparam("at"))
)
_BEGIN = upsert(camera_alarm).on_conflict_do_nothing()


def groups(conn: Connection) -> dict[int, int]:
    """The groups that have a camera to watch, and how many."""
    found = select(camera.c.group_no, func.count().label("cameras")).where(camera.c.state == "active")
    found = found.group_by(camera.c.group_no).order_by(camera.c.group_no)
    return {row.group_no: row.cameras for row in conn.execute(found)}


def watched(conn: Connection) -> frozenset[int]:
    """All cameras that are watched or paused."""
    return frozenset(conn.execute(select(camera.c.id).where(camera.c.state != "removed")).scalars())


def sizes(conn: Connection) -> Mapping[int, int]:
    """How many cameras each group has, those included that are paused."""
    found = (
        select(camera.c.group_no, func.count().label("cameras"))
        .where(camera.c.state != "removed")
        .group_by(camera.c.group_no)
    )
    return {row.group_no: row.cameras for row in conn.execute(found)}


def of_group(conn: Connection, group_no: int) -> list[Row]:
    """The cameras of a group that are to be watched."""
    found = select(camera).where(camera.c.group_no == group_no, camera.c.state == "active")
    return every(conn.execute(found.order_by(camera.c.id)))


def one(conn: Connection, code: str) -> Row | None:
    """A camera by its code, unless it was removed."""
    return first(conn.execute(select(camera).where(camera.c.code == code, camera.c.state != "removed")))


def zones(conn: Connection, camera_ids: Sequence[int]) -> list[Row]:
    """The zones of cameras in their newest versions, without those that were removed."""
    newest = _NEWEST_ZONES.where(camera_zone.c.camera_id.in_(list(camera_ids))).subquery()
    return every(conn.execute(select(newest).where(newest.c.active)))


def rules(conn: Connection) -> list[Row]:
    """All rules in their newest versions, without those that were removed."""
    newest = _NEWEST_RULES.subquery()
    return every(conn.execute(select(newest).where(newest.c.active)))


def take(conn: Connection, group_no: int, now: datetime) -> int:
    """Begin a watch over a group; gives its epoch, and what an earlier one writes is refused from here on."""
    return int(conn.execute(_TAKE, {"group": group_no, "now": now}).scalar_one())


def hold(conn: Connection, group_no: int, epoch: int, now: datetime) -> bool:
    """Hold a watch until the end of the transaction; False if it is another's by now."""
    given = {"of_group": group_no, "of_epoch": epoch, "now": now}
    return conn.execute(_HOLD, given).rowcount == 1


def tell(conn: Connection, group_no: int, epoch: int, now: datetime, counts: Mapping[str, Any]) -> bool:
    """Hold a watch and tell what it did since the last time (``more_frames``, ``more_late``, ``count``, ``share``)."""
    return conn.execute(_TELL, {"of_group": group_no, "of_epoch": epoch, "now": now, **counts}).rowcount == 1


def all_watches(conn: Connection) -> list[Row]:
    """All watches, by group."""
    return every(conn.execute(select(watch).order_by(watch.c.group_no)))


def states(conn: Connection, camera_ids: Sequence[int]) -> dict[int, Row]:
    """What is known of cameras, by camera."""
    if not camera_ids:
        return {}
    found = every(conn.execute(select(camera_state).where(_state.camera_id.in_(list(camera_ids)))))
    return {row["camera_id"]: row for row in found}


def save_states(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what is known of cameras; ``frames`` and ``late`` are added to what they were."""
    if rows:
        conn.execute(_SAVE, sorted((dict(row) for row in rows), key=lambda one: one["camera_id"]))


def forget_health(conn: Connection, camera_id: int) -> None:
    """Forget how a camera used to look."""
    conn.execute(update(camera_state).where(_state.camera_id == camera_id).values(health=b""))


def look(conn: Connection, camera_id: int, until: datetime) -> bool:
    """Say that somebody looks at a camera until then; False if nothing is known of it yet."""
    statement = update(camera_state).where(_state.camera_id == camera_id).values(looked_until=until)
    return conn.execute(statement).rowcount == 1


def looked_at(conn: Connection, group_no: int, now: datetime) -> frozenset[int]:
    """The cameras of a group that somebody looks at now."""
    statement = (
        select(_state.camera_id)
        .join(camera, and_(camera.c.id == _state.camera_id, camera.c.group_no == group_no))
        .where(_state.looked_until > now)
    )
    return frozenset(conn.execute(statement).scalars())


def open_alarms(conn: Connection, camera_ids: Sequence[int]) -> list[Row]:
    """The alarms of cameras that have not ended."""
    if not camera_ids:
        return []
    found = select(camera_alarm).where(_alarm.camera_id.in_(list(camera_ids)), _alarm.ended_at.is_(None))
    return every(conn.execute(found.order_by(_alarm.camera_id, _alarm.began_at)))


def begin_alarms(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Open alarms (``camera_id``, ``kind``, ``detail``, ``began_at``); one that is open stays as it is."""
    if rows:
        conn.execute(_BEGIN, [{"ended_at": None, **row} for row in rows])


def end_alarms(conn: Connection, ended: Collection[tuple[int, str]], at: datetime) -> None:
    """End open alarms: camera and kind of each."""
    if ended:
        given = [{"of_camera": one, "of_kind": kind, "at": at} for one, kind in sorted(ended)]
        conn.execute(_END, given)


def end_alarms_of_unwatched(conn: Connection, at: datetime) -> int:
    """End the alarms of cameras that are watched no more; gives how many."""
    unwatched = select(camera.c.id).where(camera.c.state != "active")
    statement = (
        update(camera_alarm)
        .where(_alarm.ended_at.is_(None), _alarm.camera_id.in_(unwatched))
        .values(ended_at=at)
    )
    return conn.execute(statement).rowcount


def forget_alarms(conn: Connection, before: datetime) -> int:
    """Remove alarms that ended before an instant; gives how many."""
    return conn.execute(camera_alarm.delete().where(_alarm.ended_at < before)).rowcount
