"""A town with one camera over 西一路, what it might see, and the people who look at it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import insert

from engine import work
from engine.actors import SYSTEM, Actor
from engine.deployment import deploy, read_folder
from engine.settings import Settings
from engine.store import instances, log_entries, work_items
from engine.store.database import Database
from handlers.scenarios.town import Town, build
from handlers.sightings.opening import take
from handlers.store import cameras
from handlers.store.cameras import camera, camera_zone, vision_rule
from vision.sighting import Sighting, Still

BOX = (0.40, 0.50, 0.60, 0.80)
ELSEWHERE = (0.05, 0.50, 0.25, 0.80)
MODEL = "ab" * 32


def picture(shade: int) -> bytes:
    """A JPEG of one colour."""
    stream = io.BytesIO()
    Image.new("RGB", (64, 36), (shade, shade, 90)).save(stream, "JPEG")
    return stream.getvalue()


@dataclass
class Sights:
    """A camera at work.

    Attributes:
        town: whose people act; None where they act by its pages only.
        camera_id: of the one camera.
    """

    database: Database
    settings: Settings
    town: Town | None
    camera_id: int

    def sighting(self, at: datetime, turn: Any = "alarm", **other: Any) -> Sighting:
        """What the rule of parking saw at an instant, five minutes after it began."""
        stills = [
            Still(role, at - timedelta(minutes=9 - 3 * n), jpeg, True, sha256(jpeg).hexdigest())
            for n, role in enumerate(("before", "begin", "half", "alarm"))
            for jpeg in [picture(20 * n + 10)]
        ]
        given = {
            "slot": "s1",
            "rule": "parking",
            "rule_version": 1,
            "zone": "z1",
            "zone_version": 1,
            "box": BOX,
            "began_at": at - timedelta(minutes=5),
            "verified": True,
            "name": "car",
            "score": 0.9,
            "model": "nanodet",
            "model_sha256": MODEL,
            "stills": tuple(stills) if turn == "alarm" else (),
        }
        return Sighting(turn=turn, at=at, **{**given, **other})

    def sees(self, at: datetime, turn: Any = "alarm", clip: bytes | None = None, **other: Any) -> None:
        """Let the receiver take a sighting."""
        take(self.database, self.settings, self.camera_id, self.sighting(at, turn, **other), clip)

    def rows(self) -> list[Mapping[str, Any]]:
        """All sightings, with their cases' number, status, stage and channel."""
        with self.database.unit_of_work() as uow:
            found = uow.conn.exec_driver_sql(
                "SELECT s.*, c.status, c.stage, c.channel, c.platform_id, c.category FROM sighting s"
                ' LEFT JOIN "case" c ON c.id = s.case_id ORDER BY s.id'
            )
            return [dict(one) for one in found.mappings()]

    def log(self, case_id: int) -> list[str]:
        """The actions in the log of a case."""
        with self.database.unit_of_work() as uow:
            return [one["action"] for one in log_entries.of_case(uow.conn, case_id)]

    def item(self, case_id: int) -> Mapping[str, Any]:
        """The one work item that waits."""
        with self.database.unit_of_work() as uow:
            (found,) = work_items.open_of_case(uow.conn, case_id)
            return found

    def does(self, case_id: int, **values: Any) -> None:
        """Let whoever it is offered to complete the work item that waits."""
        item = self.item(case_id)
        with self.database.unit_of_work() as uow:
            work.complete(uow, item["id"], self.actor(item["role"], item["unit_id"]), values)

    def actor(self, role: str, unit_id: int | None = None) -> Actor:
        """Somebody of the town with a role."""
        assert self.town is not None, "somebody acts only in a town"
        held = [
            one for (name, unit), one in self.town.actors.items() if name == role and unit_id in (None, unit)
        ]
        return held[0]

    def stage(self, case_id: int) -> str:
        """The stage of a case."""
        with self.database.unit_of_work() as uow:
            row = instances.of_case(uow.conn, case_id)
            assert row is not None
            return str(row["stage"])


def add_camera(database: Database, unit_id: int, lon: float, lat: float, **zone: Any) -> int:
    """A camera of a unit at a place, with one zone and the rule of parking; gives its identifier.

    Args:
        zone: columns of the zone that differ.
    """
    with database.unit_of_work() as uow:
        added = uow.conn.execute(
            insert(camera).returning(camera.c.id),
            {
                "code": "61010200001320000001",
                "name": "西一路东口",
                "name_en": "Xiyi Road East",
                "unit_id": unit_id,
                "lon": lon,
                "lat": lat,
                "source": "files",
                "url": "road",
                "login": "",
                "password": "",
                "interval": 5.0,
                "group_no": 1,
                "state": "active",
                "made": False,
                "notice": "新城公告2026-3",
                "added_at": uow.now,
            },
        )
        camera_id = int(added.scalar_one())
        uow.conn.execute(
            insert(camera_zone),
            {
                "camera_id": camera_id,
                "key": "z1",
                "version": 1,
                "active": True,
                "name": "东口禁停区",
                "type": "no_parking",
                "outline": [[0.0, 0.4], [1.0, 0.4], [1.0, 1.0], [0.0, 1.0]],
                "rules": ["parking"],
                "hours": [],
                "dwell": 180.0,
                "grace": 60.0,
                "auto_file": False,
                "auto_score": 0.8,
                "lon": None,
                "lat": None,
                "made_at": uow.now,
                "made_by": None,
                **zone,
            },
        )
        uow.conn.execute(
            insert(vision_rule),
            {
                "key": "parking",
                "version": 1,
                "active": True,
                "title_zh": "机动车违停",
                "title_en": "Parked vehicle",
                "zone_types": ["no_parking"],
                "classes": ["car"],
                "expression": 'stands("vehicle") >= dwell',
                "dwell": 180.0,
                "verify": True,
                "scheme": "gb30428",
                "kind": "event",
                "category": "0409",
                "condition_no": None,
                "description_zh": "机动车停放在禁停区",
                "description_en": "A vehicle stands where none may",
                "made_at": uow.now,
                "made_by": None,
            },
        )
        uow.changed(cameras.REVISION)
    return camera_id


def installed(database: Database, processes: Path, home: Path, **zone: Any) -> Sights:
    """The town of the scenarios with a camera of its district 新城区, one zone and the rule of parking.

    Args:
        zone: columns of the zone that differ.
    """
    with database.unit_of_work() as uow:
        town = build(uow, processes / "case" / "scenarios" / "city")
        deploy(uow, read_folder(processes / "case"), SYSTEM)
    lon, lat = town.places["西一路"]
    camera_id = add_camera(database, town.units.by_code["XC"].id, lon, lat, **zone)
    settings = Settings.from_environment({"GRIDCASE_HOME": str(home)})
    return Sights(database, settings, town, camera_id)
