"""The comparison of a case's photographs as a background task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engine.effects import CaseFacts, Effect
from engine.settings import Settings
from engine.store import attachments, cases
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from handlers import photo_comparison, photos
from handlers.photo_comparison import Advice
from tests.conftest import MONDAY, SHANGHAI
from tests.handlers.conftest import StoredCase
from tests.vision.drawn_places import again, road, saved, street


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    return Settings(tmp_path, database.url, "127.0.0.1", 8000, SHANGHAI)


def test_the_same_place_after_the_work_is_found(
    database: Database, uow: UnitOfWork, settings: Settings, stored_case: StoredCase
) -> None:
    case_id = stored_case().id
    _add(uow, settings, case_id, saved(street(1)), "report", lon=108.9, lat=34.2)
    _add(uow, settings, case_id, saved(again(street(1), 2)), "handle", lon=108.9, lat=34.2001)

    found = _compare(database, uow, settings, case_id)

    assert (found.same_place, found.reused, found.metres) == ("yes", False, 11)


def test_a_photograph_of_another_case_is_reused(
    database: Database, uow: UnitOfWork, settings: Settings, stored_case: StoredCase
) -> None:
    case_id, other_id = stored_case().id, stored_case().id
    _add(uow, settings, case_id, saved(street(1)), "report")
    _add(uow, settings, case_id, saved(road(2)), "handle")
    _add(uow, settings, other_id, saved(road(2)), "check")

    found = _compare(database, uow, settings, case_id)

    assert (found.same_place, found.reused) == ("undecided", True)


def test_a_case_without_photographs_from_after_the_work_is_undecided(
    database: Database, uow: UnitOfWork, settings: Settings, stored_case: StoredCase
) -> None:
    case_id = stored_case().id
    _add(uow, settings, case_id, saved(street(1)), "report")

    found = _compare(database, uow, settings, case_id)

    assert (found.same_place, found.photographs) == ("undecided", [])


def test_a_dark_and_a_sharp_photograph_are_told_apart(
    database: Database, uow: UnitOfWork, settings: Settings, stored_case: StoredCase
) -> None:
    case_id = stored_case().id
    _add(uow, settings, case_id, saved(street(1)), "report")
    _add(uow, settings, case_id, saved((street(1) * 0.1).astype(np.uint8)), "handle")
    _add(uow, settings, case_id, saved(street(1)), "check")

    found = _compare(database, uow, settings, case_id)

    # The newest first.
    assert [one.dark for one in found.photographs] == [False, True]


def test_what_is_missing_or_damaged_is_left_out_and_stops_no_case(
    database: Database, uow: UnitOfWork, settings: Settings, stored_case: StoredCase
) -> None:
    case_id = stored_case().id
    _add(uow, settings, case_id, saved(street(1)), "report")
    for number, content in enumerate((b"", None)):
        row = _add(uow, settings, case_id, saved(street(number + 2)), "handle")
        path = photos.path_of(settings.photos, row["sha256"])
        path.unlink() if content is None else path.write_bytes(content)

    found = _compare(database, uow, settings, case_id)

    assert (found.same_place, found.photographs) == ("undecided", [])


def _add(
    uow: UnitOfWork,
    settings: Settings,
    case_id: int,
    content: bytes,
    purpose: str,
    lon: float | None = None,
    lat: float | None = None,
) -> dict[str, Any]:
    row = photos.store(settings.photos, content, purpose)
    given = {"case_id": case_id, "added_by": None, "added_at": uow.now, "lon": lon, "lat": lat}
    attachments.add(uow.conn, [{**row, **given}])
    return row


def _compare(database: Database, uow: UnitOfWork, settings: Settings, case_id: int) -> Advice:
    cv2.setNumThreads(1)
    row = cases.read(uow.conn, case_id)
    assert row is not None
    # A background task sees what was committed.
    uow.conn.commit()
    effect = Effect("task-1", 1, CaseFacts(row), MONDAY, database, settings)
    return photo_comparison.compare(effect)
