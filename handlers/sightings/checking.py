"""Service task: before the check a fresh still of the camera in view is put to the case, if there is one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog

from engine import errands
from engine.case import Case
from engine.errors import GridcaseError
from engine.settings import Settings
from engine.store.database import Database
from engine.tasks import service_task
from handlers.cameras.stills import Stills
from handlers.evidence import stills
from handlers.sightings.seen import in_view
from vision.photo import PhotoError

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
    """Put the newest still of a camera to a case, sealed, unless it is old or no picture."""
    newest = Stills(settings).newest(camera_id)
    with database.unit_of_work() as uow:
        now = uow.now
    if newest is None or now - newest.at > FRESH:
        logger.info("no fresh still of this camera", camera=camera_id, case_id=case_id)
        return
    try:
        stills.keep(database, settings, case_id, stills.Taken(camera_id, "check", newest.at, newest.read()))
    except (GridcaseError, PhotoError) as error:
        logger.warning("this still cannot be kept", camera=camera_id, case_id=case_id, error=str(error))
