"""Service task: before the check a fresh still of the camera in view is put to the case, if there is one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog

from engine import errands
from engine.actors import SYSTEM
from engine.case import Case
from engine.errors import GridcaseError
from engine.reports import keep_photos
from engine.settings import Settings
from engine.store import instances
from engine.store.database import Database
from engine.tasks import service_task
from handlers import photos
from handlers.cameras.stills import Stills
from handlers.sightings.seen import in_view

logger = structlog.get_logger()

#: An older still says nothing about the work.
FRESH = timedelta(minutes=5)


@service_task("vision.still", title={"zh": "调取监控画面", "en": "Take a still of the camera in view"})
def still(case: Case) -> dict[str, Any] | None:
    """Have a fresh still of the camera that sees the place put to the case; which camera that is, or None.

    The case waits for nothing: a camera that is away holds up no check.
    """
    camera = in_view(case.uow, case.lon, case.lat)
    if camera is None:
        return None
    errands.put(case.uow, "sightings.still", case_id=case.id, camera_id=camera["id"])
    return {"camera": camera["code"]}


@errands.errand("sightings.still")
def attach(database: Database, settings: Settings, case_id: int, camera_id: int) -> None:
    """Put the newest still of a camera to a case, unless it is old or no picture."""
    newest = Stills(settings).newest(camera_id)
    with database.unit_of_work() as uow:
        now = uow.now
    if newest is None or now - newest.at > FRESH:
        logger.info("no fresh still of this camera", camera=camera_id, case_id=case_id)
        return
    try:
        row = photos.store(settings.photos, newest.read(), "check")
    except GridcaseError as error:
        logger.warning("this still cannot be kept", camera=camera_id, case_id=case_id, error=str(error))
        return
    with database.unit_of_work() as uow:
        found = instances.of_case(uow.conn, case_id, lock=True)
        if found is None or found["status"] != "open":
            return
        keep_photos(uow, case_id, [{**row, "taken_at": newest.at.isoformat()}], SYSTEM)
        case = Case(uow, found, SYSTEM)
        case.record("still", None, {"camera": camera_id, "photos": [row["sha256"]]})
        case.save()
