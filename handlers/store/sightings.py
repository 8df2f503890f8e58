"""Sightings: what a rule saw in a zone of a camera, the case that it became, and what a person answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    cast,
    column,
    exists,
    func,
    or_,
    select,
    table,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from engine.store.cases import case
from engine.store.metadata import identity, instant, metadata
from engine.store.people import person
from engine.store.rows import Row, every, first
from engine.store.work_items import work_item
from handlers.store.cameras import camera, camera_zone, vision_rule

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


_OF_SLOT = (
    select(sighting)
    .where(sighting.c.camera_id == bindparam("camera_id"))
    .where(sighting.c.rule_key == bindparam("rule_key"), sighting.c.slot == bindparam("slot"))
)
_PLACE = (
    func.coalesce(camera_zone.c.lon, camera.c.lon).label("lon"),
    func.coalesce(camera_zone.c.lat, camera.c.lat).label("lat"),
)
_CONTEXT = (
    select(
        camera.c.id.label("camera_id"),
        *(camera.c.name.label("camera_name"), camera.c.unit_id, camera.c.made),
        *_PLACE,
        *(camera_zone.c.auto_file, camera_zone.c.auto_score),
        *(vision_rule.c[name] for name in ("scheme", "kind", "category", "condition_no", "description_zh")),
    )
    .join(camera_zone, camera_zone.c.camera_id == camera.c.id)
    .join(
        vision_rule,
        and_(vision_rule.c.key == bindparam("rule_key"), vision_rule.c.version == bindparam("rule_version")),
    )
    .where(camera.c.id == bindparam("camera_id"))
    .where(camera_zone.c.key == bindparam("zone_key"), camera_zone.c.version == bindparam("zone_version"))
)
_HOLD = select(camera.c.id).where(camera.c.id == bindparam("camera_id")).with_for_update(key_share=True)
_ADD = upsert(sighting).on_conflict_do_nothing().returning(sighting.c.id)
_UNDER_WAY = (
    select(sighting.c.id, sighting.c.slot, sighting.c.box, sighting.c.over_at, sighting.c.case_id)
    .join(case, case.c.id == sighting.c.case_id)
    .where(sighting.c.camera_id == bindparam("camera_id"), sighting.c.zone_key == bindparam("zone_key"))
    .where(case.c.status == "open")
    .order_by(sighting.c.alarm_at.desc())
)
_ANSWER = (
    update(sighting)
    .where(sighting.c.case_id == bindparam("of_case"))
    .values(
        answer=bindparam("given"),
        reason=bindparam("why"),
        answered_at=bindparam("at"),
        answered_by=bindparam("by"),
    )
)
_TELL = (
    update(sighting)
    .where(sighting.c.id == bindparam("of_sighting"))
    .values(last_at=bindparam("last"), over_at=bindparam("over"))
)
_OF_CASE = (
    select(
        sighting,
        camera.c.code.label("camera_code"),
        camera.c.name.label("camera_name"),
        camera.c.notice,
        person.c.name.label("answered_by_name"),
    )
    .join(camera, camera.c.id == sighting.c.camera_id)
    .outerjoin(person, person.c.id == sighting.c.answered_by)
    .where(sighting.c.case_id == bindparam("of_case"))
    .order_by(sighting.c.id)
)
_RIGHT = func.count().filter(sighting.c.answer == "yes").label("right")
_WRONG = func.count().filter(sighting.c.answer == "no").label("wrong")


def of_slot(conn: Connection, camera_id: int, rule_key: str, slot: str) -> Row | None:
    """The sighting of a slot."""
    return first(conn.execute(_OF_SLOT, {"camera_id": camera_id, "rule_key": rule_key, "slot": slot}))


def of_id(conn: Connection, sighting_id: int) -> Row | None:
    """A sighting."""
    return first(conn.execute(select(sighting).where(sighting.c.id == sighting_id)))


def context(conn: Connection, camera_id: int, zone: tuple[str, int], rule: tuple[str, int]) -> Row | None:
    """What a report of a sighting needs of its camera, its zone and its rule, the last two by key and version; ``lon`` and ``lat`` are the zone's own, if it has any."""
    names = ("zone_key", "zone_version", "rule_key", "rule_version")
    given = dict(zip(names, (*zone, *rule), strict=True))
    return first(conn.execute(_CONTEXT, {"camera_id": camera_id, **given}))


def hold_camera(conn: Connection, camera_id: int) -> None:
    """Let no other sighting of a camera open or join a case until the end of the transaction."""
    conn.execute(_HOLD, {"camera_id": camera_id})


def add(conn: Connection, row: Mapping[str, Any]) -> bool:
    """Insert a sighting; False if it is there already."""
    return conn.execute(_ADD, row).first() is not None


def set_case(conn: Connection, camera_id: int, rule_key: str, slot: str, case_id: int) -> None:
    """Say which case a sighting opened."""
    key = (sighting.c.camera_id, sighting.c.rule_key, sighting.c.slot)
    statement = update(sighting).where(tuple_(*key) == (camera_id, rule_key, slot))
    conn.execute(statement.values(case_id=case_id))


def under_way(conn: Connection, camera_id: int, zone_key: str) -> list[Row]:
    """The sightings in a zone whose cases are under way, the last first: ``slot``, ``box``, ``over_at``, ``case_id``."""
    return every(conn.execute(_UNDER_WAY, {"camera_id": camera_id, "zone_key": zone_key}))


def answer(conn: Connection, case_id: int, *, answer: str, reason: str, at: datetime, by: int | None) -> None:
    """Write what was answered on the sightings of a case."""
    conn.execute(_ANSWER, {"of_case": case_id, "given": answer, "why": reason, "at": at, "by": by})


def unanswered(conn: Connection, camera_id: int) -> int:
    """How many sightings of a camera wait for an answer still."""
    statement = (
        select(func.count())
        .select_from(sighting)
        .join(case, case.c.id == sighting.c.case_id)
        .where(sighting.c.camera_id == camera_id, ~sighting.c.joined, ~sighting.c.certain)
        .where(sighting.c.answer.is_(None), case.c.status == "open")
    )
    return int(conn.execute(statement).scalar_one())


def made_waiting(conn: Connection, units: Sequence[int]) -> list[Row]:
    """The cameras of units that draw what they show, each with how many of its sightings wait: ``id``, ``name``, ``name_en``, ``waiting``."""
    statement = (
        select(camera.c.id, camera.c.name, camera.c.name_en, func.count().label("waiting"))
        .join(sighting, sighting.c.camera_id == camera.c.id)
        .join(case, case.c.id == sighting.c.case_id)
        .where(camera.c.made, camera.c.state == "active", camera.c.unit_id.in_(list(units)))
        .where(~sighting.c.joined, ~sighting.c.certain, sighting.c.answer.is_(None), case.c.status == "open")
        .group_by(camera.c.id)
        .order_by(camera.c.code)
    )
    return every(conn.execute(statement))


def tell(conn: Connection, sighting_id: int, *, last_at: datetime, over_at: datetime | None) -> None:
    """Keep when something was last told to be there, and when it was gone."""
    conn.execute(_TELL, {"of_sighting": sighting_id, "last": last_at, "over": over_at})


def of_case(conn: Connection, case_id: int) -> list[Row]:
    """The sightings of a case, with ``camera_code``, ``camera_name``, ``notice`` and ``answered_by_name``, in the order in which they came."""
    return every(conn.execute(_OF_CASE, {"of_case": case_id}))


def places(conn: Connection) -> list[Row]:
    """Where the cameras that are watched look: ``id``, ``code``, ``lon``, ``lat``, of each zone that has a place of its own too."""
    newest = (
        select(camera_zone)
        .ext(distinct_on(camera_zone.c.camera_id, camera_zone.c.key))
        .order_by(camera_zone.c.camera_id, camera_zone.c.key, camera_zone.c.version.desc())
        .subquery()
    )
    of_zones = (
        select(camera.c.id, camera.c.code, newest.c.lon, newest.c.lat)
        .join(newest, newest.c.camera_id == camera.c.id)
        .where(newest.c.active, newest.c.lon.is_not(None), newest.c.lat.is_not(None))
    )
    own = select(camera.c.id, camera.c.code, camera.c.lon, camera.c.lat)
    active = camera.c.state == "active"
    return every(conn.execute(own.where(active).union_all(of_zones.where(active))))


def answers_of(conn: Connection, rule_key: str, rule_version: int, model_sha256: str) -> tuple[int, int]:
    """How many sightings of a version of a rule that a model verified were answered with yes and with no."""
    wanted = (
        sighting.c.rule_key == rule_key,
        sighting.c.rule_version == rule_version,
        sighting.c.model_sha256 == model_sha256,
        sighting.c.verified,
        ~sighting.c.joined,
    )
    right, wrong = conn.execute(select(_RIGHT, _WRONG).where(*wanted)).one()
    return right, wrong


def answers_by_week(conn: Connection, unit_ids: Sequence[int], since: datetime, time_zone: str) -> list[Row]:
    """Answers to the sightings of cameras of units since an instant, by ``week`` (its Monday), camera, rule and model.

    Sightings that joined a case that was there count with it.
    """
    local = func.timezone(time_zone, sighting.c.alarm_at)
    week = cast(func.date_trunc("week", local), Date).label("week")
    by = (week, camera.c.code, camera.c.name, camera.c.name_en, sighting.c.rule_key, sighting.c.model)
    statement = (
        select(
            week,
            camera.c.code.label("camera_code"),
            *(camera.c.name.label("camera_name"), camera.c.name_en.label("camera_name_en")),
            *(sighting.c.rule_key, sighting.c.model),
            *(_RIGHT, _WRONG),
        )
        .join(camera, camera.c.id == sighting.c.camera_id)
        .where(camera.c.unit_id.in_(list(unit_ids)), sighting.c.alarm_at >= since, ~sighting.c.joined)
        .where(sighting.c.answer.in_(("yes", "no")))
        .group_by(*by)
        .order_by(week)
    )
    return every(conn.execute(statement))


def answered(conn: Connection, after: int, most: int) -> list[Row]:
    """Sightings that were answered with yes or no, with their cameras, in the order of their ``id``, so many at most."""
    statement = (
        select(sighting, camera.c.code.label("camera_code"))
        .join(camera, camera.c.id == sighting.c.camera_id)
        .where(sighting.c.id > after, sighting.c.answer.in_(("yes", "no")))
        .order_by(sighting.c.id)
        .limit(most)
    )
    return every(conn.execute(statement))


def _offered(role: str, unit_ids: Sequence[int], person_id: int | None) -> Any:
    """The open work items of a role at units that nobody else has."""
    return and_(
        work_item.c.state == "open",
        work_item.c.role == role,
        work_item.c.unit_id.in_(list(unit_ids)),
        or_(work_item.c.assignee_id.is_(None), work_item.c.assignee_id == person_id),
    )


def to_review(
    conn: Connection,
    role: str,
    unit_ids: Sequence[int],
    person_id: int | None,
    besides: Sequence[int],
    most: int,
    waited: datetime,
) -> list[Row]:
    """What waits for the review of somebody: first what they have themselves, then the most urgent, then the oldest.

    Each with its work item (``item_id``, ``item_version``), case, camera, zone (``outline``) and rule.

    Args:
        besides: work items that are left out.
        waited: an alarm since then waits for its evidence, if that is not there yet.
    """
    # The table of evidence knows this one.
    bundle = table("evidence_bundle", column("sighting_id"))
    kept = exists().where(bundle.c.sighting_id == sighting.c.id)
    statement = (
        select(
            sighting,
            work_item.c.id.label("item_id"),
            work_item.c.version.label("item_version"),
            work_item.c.due_at.label("due_at"),
            *(case.c.number, case.c.address, case.c.scheme, case.c.kind, case.c.category),
            *(case.c.lon, case.c.lat, case.c.platform_id),
            *(camera.c.code.label("camera_code"), camera.c.name.label("camera_name")),
            *(camera.c.name_en.label("camera_name_en"), camera.c.made),
            *(camera_zone.c.name.label("zone_name"), camera_zone.c.outline),
            *(vision_rule.c.title_zh, vision_rule.c.title_en),
        )
        .join(case, case.c.id == work_item.c.case_id)
        .join(sighting, and_(sighting.c.case_id == case.c.id, ~sighting.c.joined))
        .join(camera, camera.c.id == sighting.c.camera_id)
        .join(
            camera_zone,
            and_(
                camera_zone.c.camera_id == sighting.c.camera_id,
                camera_zone.c.key == sighting.c.zone_key,
                camera_zone.c.version == sighting.c.zone_version,
            ),
        )
        .join(
            vision_rule,
            and_(vision_rule.c.key == sighting.c.rule_key, vision_rule.c.version == sighting.c.rule_version),
        )
        .where(_offered(role, unit_ids, person_id), work_item.c.id.not_in(list(besides)))
        .where(or_(kept, work_item.c.created_at <= waited))
        .order_by(work_item.c.assignee_id.is_(None), work_item.c.priority.desc(), work_item.c.id)
        .limit(most)
    )
    return every(conn.execute(statement))


def waiting(conn: Connection, role: str, unit_ids: Sequence[int], person_id: int | None) -> int:
    """How many wait for the review of somebody."""
    statement = (
        select(func.count())
        .select_from(work_item)
        .join(sighting, and_(sighting.c.case_id == work_item.c.case_id, ~sighting.c.joined))
        .where(_offered(role, unit_ids, person_id))
    )
    return int(conn.execute(statement).scalar_one())


def answered_since(conn: Connection, person_id: int, since: datetime) -> int:
    """How many sightings somebody answered since an instant."""
    statement = select(func.count()).select_from(sighting)
    wanted = (sighting.c.answered_by == person_id, sighting.c.answered_at >= since, ~sighting.c.joined)
    return int(conn.execute(statement.where(*wanted)).scalar_one())
