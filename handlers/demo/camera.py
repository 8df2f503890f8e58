"""The camera of the demonstration: a made street, played by the clock, and watched as a real one would be.

Whatever it shows is drawn, and says so. No detector knows drawn vehicles, so what its rules see goes to the reviewers unverified.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.actors import unit_tree
from engine.settings import Settings
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.cameras import registry

CODE, FOLDER = "MADE-0001", "made-street"
#: Of the platform that answers for it, which has a reviewer.
DISTRICT = "610102"
_NAMES = {"name": "制作画面·演示街道", "name_en": "Made scene: demonstration street"}
_ZONE_NAMES = {"parking": "禁停路段（制作）", "vendor": "禁止摆卖区（制作）"}


def set_up(database: Database, settings: Settings) -> None:
    """Draw the stills of the made street, and add the camera that shows them, with its zones."""
    # It takes OpenCV, which nothing else of the demonstration needs.
    from vision.made import camera

    settings.camera_files.mkdir(parents=True, exist_ok=True)
    plan = camera.write(settings.camera_files / FOLDER)
    with database.unit_of_work() as uow:
        camera_id = registry.add(uow, {**_NAMES, **_place(uow), **_source(plan.every)})
        for zone in plan.zones:
            drawn = {name: asdict(zone)[name] for name in ("key", "type", "rules", "dwell", "grace")}
            outline = [list(corner) for corner in zone.outline]
            name = _ZONE_NAMES.get(zone.key, zone.key)
            registry.save_zone(
                uow, camera_id, {**drawn, "rules": list(zone.rules), "outline": outline, "name": name}
            )


def _source(every: float) -> dict[str, Any]:
    notice = "制作画面，不拍摄任何人"
    source = {"source": "files", "url": FOLDER, "interval": every}
    return {**source, "code": CODE, "made": True, "notice": notice}


def _place(uow: UnitOfWork) -> dict[str, Any]:
    """A place in the middle of the district's first cell, and the platform that answers for it."""
    platform = next(
        unit for unit in unit_tree(uow).by_id.values() if unit.is_platform and unit.area_code == DISTRICT
    )
    cell = next(one for one in city.layers(uow).layers.cells if one.code.startswith(DISTRICT))
    at = cell.polygon.representative_point()
    return {"unit_id": platform.id, "lon": round(at.x, 6), "lat": round(at.y, 6)}
