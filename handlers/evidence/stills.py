"""Stills: pictures of a camera that are put to a case without a sighting, kept as they came and sealed like evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from engine import errands
from engine.actors import SYSTEM
from engine.case import Case
from engine.settings import Settings
from engine.store import instances
from engine.store.database import Database
from handlers.store import sealed_stills
from vision.evidence import bundle
from vision.photo import clean


@dataclass(frozen=True)
class Taken:
    """A picture that a camera took.

    Attributes:
        purpose: what it shows of a case (`handlers.photos.PURPOSES`).
    """

    camera_id: int
    purpose: str
    at: datetime
    jpeg: bytes


def folder_of(settings: Settings) -> Path:
    """Where the stills of all cases lie."""
    return settings.evidence.parent / "stills"


def path_of(settings: Settings, row: Mapping[str, Any]) -> Path:
    """Where a still lies; it is there unless it was removed.

    Args:
        row: of `handlers.store.sealed_stills`.
    """
    return folder_of(settings) / str(row["case_id"]) / f"{row['sha256']}.jpg"


def keep(database: Database, settings: Settings, case_id: int, taken: Taken) -> None:
    """Put a picture to a case that is under way, sealed; its public copy is made a moment later.

    Raises:
        vision.photo.PhotoError: it is no picture; nothing was kept.
    """
    clean(taken.jpeg)
    digest = hashlib.sha256(taken.jpeg).hexdigest()
    path = path_of(settings, {"case_id": case_id, "sha256": digest})
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        incoming = path.with_name(f".{digest}")
        incoming.unlink(missing_ok=True)
        bundle.put(incoming, taken.jpeg)
        incoming.replace(path)
        bundle.settle(path.parent)
    with database.unit_of_work() as uow:
        found = instances.of_case(uow.conn, case_id, lock=True)
        # A file that no row names is removed by the night's housekeeping.
        if found is None or found["status"] != "open":
            return
        row = {
            "case_id": case_id,
            "camera_id": taken.camera_id,
            "sha256": digest,
            "purpose": taken.purpose,
            "taken_at": taken.at,
            "kept_at": uow.now,
        }
        still_id = sealed_stills.add(uow.conn, row)
        if still_id is None:
            return
        case = Case(uow, found, SYSTEM)
        case.record("still", None, {"camera": taken.camera_id, "sha256": digest})
        case.save()
        errands.put(uow, "evidence.publish_still", still_id=still_id)
