"""Keeping: the bundle of a sighting is written, and takes its place in the chain of its camera.

A bundle is written outside of any transaction, at the place in the chain that is free then. Whether it still is, is seen under a lock on
the camera, in the transaction that notes it: if another one was quicker, it is written anew behind that.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog
from PIL import Image

from engine import errands
from engine.errors import Conflict, NotFound
from engine.messages import Message
from engine.settings import Settings
from engine.store.database import Database
from engine.store.rows import Row
from handlers.cameras.reading import rule_of, zone_of
from handlers.evidence import reading
from handlers.store import evidence, sightings
from vision.evidence import layout
from vision.evidence.bundle import Bundle, Link, write
from vision.evidence.decision import decide as add_decision
from vision.evidence.facts import CameraFacts, Facts
from vision.evidence.keys import Signer
from vision.sighting import Sighting

logger = structlog.get_logger()

#: So many times another bundle of the same camera may be quicker; then the caller tries again later.
ATTEMPTS = 5

#: What a manifest says of a rule.
_RULE = (
    *("key", "version", "title_zh", "title_en", "zone_types", "classes", "expression", "dwell", "verify"),
    *("scheme", "kind", "category", "condition_no"),
)


def folder_of(settings: Settings, row: Mapping[str, Any]) -> Path:
    """Where the files of a bundle lie."""
    return settings.evidence / str(row["folder"])


def keep(
    database: Database, settings: Settings, sighting_id: int, sighting: Sighting, clip: bytes | None
) -> None:
    """Write the bundle of a sighting and note it; once, however often it is asked for.

    Raises:
        NotFound: there is no such sighting, or not its camera, zone or rule.
        Conflict: other bundles of the camera were quicker each time; try again.
        vision.errors.VisionError: a frame or the clip cannot be used; nothing is kept.
    """
    advice: Mapping[str, Any] | None = None
    for attempt in range(ATTEMPTS):
        with database.unit_of_work() as uow:
            if evidence.of_sighting(uow.conn, sighting_id) is not None:
                return
            row = sightings.of_id(uow.conn, sighting_id)
            if row is None:
                raise NotFound(Message("There is no sighting %(id)s.", id=sighting_id))
            basis = _basis(uow.conn, row)
        if attempt == 0:
            advice = reading.advice(settings, sighting, basis[1]["type"])
        with database.unit_of_work() as uow:
            facts = _facts(database, sighting, uow.now, basis, advice)
            link = _free(evidence.head(uow.conn, row["camera_id"]))
        folder = settings.evidence / str(row["camera_id"]) / secrets.token_hex(8)
        bundle = write(folder, facts, sighting.stills, clip, Signer.of(settings.home), link)
        if _noted(database, settings, row, bundle, link):
            return
        shutil.rmtree(folder)
    raise Conflict(Message("Other evidence of this camera was kept at the same time: try again."))


def decide(database: Database, settings: Settings, sighting_id: int, row: Mapping[str, Any]) -> str:
    """Add to the bundle of a sighting what was decided about it; gives the SHA-256 of the decision, which binds the bundle's.

    Added twice it is there once: what was decided first.

    Args:
        row: of `handlers.store.sightings.of_case`.

    Raises:
        FileNotFoundError: there is no bundle, or its files are gone.
    """
    with database.unit_of_work() as uow:
        found = evidence.of_sighting(uow.conn, sighting_id)
        now = uow.now
    if found is None or found["removed_at"] is not None:
        raise FileNotFoundError(f"the evidence of sighting {sighting_id}")
    folder = folder_of(settings, found)
    path = folder / layout.DECISION
    if not path.is_file():
        answer = "certain" if row["certain"] and row["answer"] is None else str(row["answer"] or "")
        by, at = str(row["answered_by_name"] or ""), row["answered_at"] or now
        add_decision(folder, answer, by, at, row["reason"], Signer.of(settings.home))
    return layout.digest(path.read_bytes())


def _basis(conn: Any, row: Row) -> tuple[Row, Row, Row]:
    zone, rule = (row["zone_key"], row["zone_version"]), (row["rule_key"], row["rule_version"])
    found = evidence.basis(conn, row["camera_id"], zone, rule)
    if found is None:
        raise NotFound(Message("There is no camera %(id)s with this zone and rule.", id=row["camera_id"]))
    return found


def _facts(
    database: Database,
    sighting: Sighting,
    now: datetime,
    basis: tuple[Row, Row, Row],
    advice: Mapping[str, Any] | None,
) -> Facts:
    camera, zone, rule = basis
    return Facts(
        camera=CameraFacts(
            code=camera["code"],
            name=camera["name"],
            name_en=camera["name_en"],
            lon=camera["lon"],
            lat=camera["lat"],
            notice=camera["notice"],
            made=camera["made"],
        ),
        zone=zone_of(zone, {rule["key"]: rule_of(rule)}),
        rule={name: rule[name] for name in _RULE},
        sighting=sighting,
        made_at=now,
        time_zone=database.time_zone.key,
        software=f"gridcase {version('gridcase')}",
        advice=advice,
    )


def _free(head: Row | None) -> Link:
    return Link() if head is None else Link(head["number"] + 1, head["digest"])


def _size(folder: Path, said: Mapping[str, Any]) -> dict[str, int]:
    """Width and height of a frame in pixels."""
    if said["kind"] != "frame":
        return {}
    with Image.open(folder / said["name"]) as image:
        return {"width": image.width, "height": image.height}


def _noted(database: Database, settings: Settings, row: Row, bundle: Bundle, link: Link) -> bool:
    """Note a bundle at its place in the chain; False if that is taken."""
    files = [{**one, **_size(bundle.folder, one), "public": False} for one in bundle.files]
    with database.unit_of_work() as uow:
        sightings.hold_camera(uow.conn, row["camera_id"])
        if evidence.of_sighting(uow.conn, row["id"]) is not None:
            shutil.rmtree(bundle.folder)
            return True
        if _free(evidence.head(uow.conn, row["camera_id"])) != link:
            return False
        bundle_id = evidence.add(
            uow.conn,
            {
                "sighting_id": row["id"],
                "camera_id": row["camera_id"],
                "number": link.number,
                "digest": bundle.digest,
                "previous": link.previous,
                "folder": str(bundle.folder.relative_to(settings.evidence)),
                "files": files,
                "made_at": uow.now,
                "removed_at": None,
                "stamped_at": None,
                "stamp_trouble": "",
            },
        )
        errands.put(uow, "evidence.publish", bundle_id=bundle_id)
        if settings.tsa is not None:
            errands.put(uow, "evidence.stamp", lock="evidence.stamp", bundle_id=bundle_id)
    logger.info("evidence kept", sighting=row["id"], camera=row["camera_id"], number=link.number)
    return True
