"""Opening: a sighting that its rule is met opens a case, or joins the one that is under way for what stands there."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import structlog

from engine.actors import SYSTEM
from engine.case import Case
from engine.errors import NotFound
from engine.messages import Message
from engine.reports import Report, open_case
from engine.settings import Settings
from engine.store import instances
from engine.store.database import Database
from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.cameras.receivers import receiver
from handlers.evidence import keeping
from handlers.locate import GridPlace
from handlers.sightings import holding, precision
from handlers.store import sightings
from vision.errors import VisionError
from vision.frame import overlap
from vision.sighting import Sighting

PROCESS = "sighting"
#: That something still stands there is told in the log of its case once in so long.
STILL_THERE = timedelta(minutes=30)
#: What stands where something stood that has not left is the same, though its slot has another name by now.
SAME_PLACE = 0.5

logger = structlog.get_logger()


@receiver
def take(
    database: Database, settings: Settings, camera_id: int, sighting: Sighting, clip: bytes | None
) -> None:
    """Take what a watch saw, at least once and in the order of its turns for one slot.

    Its pictures are evidence, and sealed: their public copies come to the case once they are made.

    Raises:
        NotFound: there is no such camera, zone or rule.
    """
    if sighting.turn == "alarm":
        _open(database, settings, camera_id, sighting)
        _keep(database, settings, camera_id, sighting, clip)
        return
    with database.unit_of_work() as uow:
        known = sightings.of_slot(uow.conn, camera_id, sighting.rule, sighting.slot)
        if known is not None and known["case_id"] is not None:
            _tell(uow, known, sighting)


def _open(database: Database, settings: Settings, camera_id: int, sighting: Sighting) -> None:
    """Let an alarm that was not told before open or join a case."""
    with database.unit_of_work() as uow:
        if sightings.of_slot(uow.conn, camera_id, sighting.rule, sighting.slot) is not None:
            return
        seen = sightings.context(
            uow.conn,
            camera_id,
            (sighting.zone, sighting.zone_version),
            (sighting.rule, sighting.rule_version),
        )
    if seen is None:
        raise NotFound(Message("There is no camera %(id)s with this zone and rule.", id=camera_id))
    with database.unit_of_work() as uow:
        sightings.hold_camera(uow.conn, camera_id)
        if seen["made"] and holding.is_full(uow, camera_id):
            logger.info("no more made sightings until some are answered", camera=camera_id)
            return
        _alarm(uow, seen, sighting)


def _keep(
    database: Database, settings: Settings, camera_id: int, sighting: Sighting, clip: bytes | None
) -> None:
    """Keep the evidence of an alarm that was taken; without its clip, where that is none."""
    with database.unit_of_work() as uow:
        known = sightings.of_slot(uow.conn, camera_id, sighting.rule, sighting.slot)
    if known is None:
        return
    try:
        keeping.keep(database, settings, known["id"], sighting, clip)
    except VisionError as error:
        if clip is None:
            raise
        logger.warning("this clip cannot be kept", camera=camera_id, error=str(error))
        keeping.keep(database, settings, known["id"], sighting, None)


def _alarm(uow: UnitOfWork, seen: Row, sighting: Sighting) -> None:
    row = _row(uow, seen, sighting)
    case_id = _open_here(uow, seen, sighting)
    if case_id is not None:
        if sightings.add(uow.conn, {**row, "case_id": case_id, "joined": True}):
            _record(uow, case_id, "sighting_joined", sighting)
        return
    if not sightings.add(uow.conn, row):
        return
    opened = open_case(
        uow,
        _report(uow, seen, sighting),
        SYSTEM,
        process_key=PROCESS,
        variables={"confirmed": row["certain"]},
    )
    sightings.set_case(uow.conn, seen["camera_id"], sighting.rule, sighting.slot, opened.id)


def _open_here(uow: UnitOfWork, seen: Row, sighting: Sighting) -> int | None:
    """The case under way of the same slot of the camera and zone, or of what stands at the same place and has not left."""
    for one in sightings.under_way(uow.conn, seen["camera_id"], sighting.zone):
        same = one["slot"] == sighting.slot
        if same or (one["over_at"] is None and overlap(tuple(one["box"]), sighting.box) >= SAME_PLACE):
            return int(one["case_id"])
    return None


def _row(uow: UnitOfWork, seen: Row, sighting: Sighting) -> dict[str, Any]:
    return {
        "camera_id": seen["camera_id"],
        "zone_key": sighting.zone,
        "zone_version": sighting.zone_version,
        "rule_key": sighting.rule,
        "rule_version": sighting.rule_version,
        "slot": sighting.slot,
        "box": list(sighting.box),
        "began_at": sighting.began_at,
        "alarm_at": sighting.at,
        "last_at": sighting.at,
        "over_at": None,
        "verified": sighting.verified,
        "name": sighting.name,
        "score": sighting.score,
        "model": sighting.model,
        "model_sha256": sighting.model_sha256,
        "detections": [asdict(one) for one in sighting.detections],
        "case_id": None,
        "joined": False,
        "certain": _certain(uow, seen, sighting),
        "answer": None,
        "reason": "",
        "answered_at": None,
        "answered_by": None,
    }


def _certain(uow: UnitOfWork, seen: Row, sighting: Sighting) -> bool:
    """Whether no person need look: the zone says so, a detector is sure, and what it says of this rule has proved right."""
    if not (seen["auto_file"] and sighting.verified and sighting.score >= seen["auto_score"]):
        return False
    return precision.of_rule(uow, sighting.rule, sighting.rule_version, sighting.model_sha256).enough


def _report(uow: UnitOfWork, seen: Row, sighting: Sighting) -> Report:
    place = city.place(uow, seen["lon"], seen["lat"])
    minutes = max(1, round(sighting.seconds / 60))
    return Report(
        platform_id=seen["unit_id"],
        channel="camera",
        scheme=seen["scheme"],
        kind=seen["kind"],
        category=seen["category"],
        condition_no=seen["condition_no"],
        description=f"{'【制作画面】' if seen['made'] else ''}{seen['camera_name']}：{seen['description_zh']}，已停留 {minutes} 分钟",
        address=city.address_of(place) if place else seen["camera_name"],
        lon=seen["lon"],
        lat=seen["lat"],
        submission_key=f"sighting:{seen['camera_id']}:{sighting.rule}:{sighting.slot}"[:200],
        place=asdict(GridPlace.of(place)) if place else {},
    )


def _tell(uow: UnitOfWork, known: Row, sighting: Sighting) -> None:
    """Keep what a further turn says of a sighting that has its case."""
    if sighting.turn == "over":
        if known["over_at"] is None:
            sightings.tell(uow.conn, known["id"], last_at=sighting.at, over_at=sighting.at)
            _record(uow, known["case_id"], "sighting_over", sighting)
    elif sighting.at - known["last_at"] >= STILL_THERE:
        sightings.tell(uow.conn, known["id"], last_at=sighting.at, over_at=None)
        _record(uow, known["case_id"], "sighting_goes_on", sighting)


def _record(uow: UnitOfWork, case_id: int, action: str, sighting: Sighting) -> None:
    """Say in the log of a case, and of that into which it was merged, what its camera saw; ended ones are left in peace."""
    row = instances.of_case(uow.conn, case_id, lock=True)
    if row is None or row["status"] != "open":
        return
    case = Case(uow, row, SYSTEM)
    data = {"rule": sighting.rule, "zone": sighting.zone, "minutes": round(sighting.seconds / 60)}
    case.record(action, None, data)
    case.save()
