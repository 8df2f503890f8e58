"""The comparison of photographs in the process of a case: asked for when the work is done, carried out by the worker, waited for by nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engine import work
from engine.actors import SYSTEM
from engine.deployment import deploy, read_folder
from engine.log import data_of
from engine.reports import keep_photos
from engine.settings import Settings
from engine.store import incidents, log_entries, work_items
from engine.store.database import Database
from handlers import photos
from handlers.reporting import ReportInput, submit
from handlers.scenarios.town import Town, build
from tests.conftest import SHANGHAI
from tests.engine.workers import run_all
from tests.vision.drawn_places import again, road, saved, street

BEFORE = saved(street(3))
#: A street in other colours and with other fronts.
ELSEWHERE = saved(np.ascontiguousarray((255 - street(14))[:, :, [1, 2, 0]]))


@pytest.fixture
def town(database: Database, processes: Path) -> Town:
    with database.unit_of_work() as uow:
        built = build(uow, processes / "case" / "scenarios" / "city")
        deploy(uow, read_folder(processes / "case"), SYSTEM)
    return built


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    return Settings(tmp_path, database.url, "127.0.0.1", 8000, SHANGHAI)


def handled(town: Town, database: Database, settings: Settings, key: str, after: list[bytes]) -> int:
    """A case reported with a photograph, handled with others, which waits for its check."""
    lon, lat = town.places["西一路"]
    given = ReportInput(
        channel="citizen",
        kind="event",
        category="0405",
        description="货架占道",
        lon=lon,
        lat=lat,
        submission_key=key,
    )
    before = photos.store(settings.photos, BEFORE, "report")
    with database.unit_of_work() as uow:
        case_id = submit(uow, given).id
        keep_photos(uow, case_id, [before], SYSTEM)
    for decision in ("accept", "file"):
        does(town, database, case_id, decision)
    does(town, database, case_id, "done", [photos.store(settings.photos, one, "handle") for one in after])
    return case_id


def does(
    town: Town,
    database: Database,
    case_id: int,
    decision: str,
    photographs: list[dict[str, Any]] | None = None,
) -> None:
    item = waiting(database, case_id)
    actor = town.actors[item["role"], item["unit_id"]]
    with database.unit_of_work() as uow:
        work.complete(uow, item["id"], actor, {"decision": decision}, photos=photographs or ())


def waiting(database: Database, case_id: int) -> Any:
    with database.unit_of_work() as uow:
        (item,) = work_items.open_of_case(uow.conn, case_id)
    return item


def found(database: Database, case_id: int) -> list[dict[str, Any]]:
    """What the log says of each comparison."""
    with database.unit_of_work() as uow:
        said = [data_of(row) for row in log_entries.of_case(uow.conn, case_id) if row["action"] == "service"]
    return [one["result"] for one in said if one["task"] == "vision.compare"]


def test_every_handled_case_has_its_photographs_compared_by_the_worker(
    town: Town, database: Database, settings: Settings
) -> None:
    cv2.setNumThreads(1)
    place = street(3)
    pairs = {
        "same": [saved(again(place, 2))],
        "other": [ELSEWHERE],
        "bare": [saved(road(2))],
        "reused": [BEFORE],
        "dark": [saved((place * 0.1).astype(np.uint8))],
        "blurred": [saved(np.asarray(cv2.blur(place, (25, 25)), np.uint8))],
        "none": [],
    }
    cases = {key: handled(town, database, settings, key, after) for key, after in pairs.items()}
    # Nobody waits for it.
    assert {waiting(database, case_id)["element_id"] for case_id in cases.values()} == {"check"}

    run_all(database, settings=settings)

    results = {key: found(database, case_id)[0] for key, case_id in cases.items()}
    places = {key: results[key]["same_place"] for key in ("same", "other", "bare", "reused", "none")}
    marked = {
        name: {key for key, one in results.items() if one[name]} for name in ("reused", "dark", "blurred")
    }
    assert places == {
        "same": "yes",
        "other": "no",
        "bare": "undecided",
        "reused": "yes",
        "none": "undecided",
    }
    assert marked == {"reused": {"reused"}, "dark": {"dark"}, "blurred": {"blurred"}}
    with database.unit_of_work() as uow:
        assert incidents.listed(uow.conn, None, limit=5) == []


def test_a_case_ends_whether_its_photographs_were_compared_or_not(
    town: Town, database: Database, settings: Settings
) -> None:
    case_id = handled(town, database, settings, "early", [saved(street(2))])

    for decision in ("passed", "close"):
        does(town, database, case_id, decision)
    run_all(database, settings=settings)

    with database.unit_of_work() as uow:
        (end,) = (row for row in log_entries.of_case(uow.conn, case_id) if row["action"] == "ended")
        assert incidents.listed(uow.conn, None, limit=5) == []
    assert (end["element_id"], data_of(end)["outcome"]) == ("closed", "closed")


def test_a_case_that_was_compared_ends_at_its_end(town: Town, database: Database, settings: Settings) -> None:
    case_id = handled(town, database, settings, "late", [saved(again(street(3), 2))])
    run_all(database, settings=settings)

    for decision in ("passed", "close"):
        does(town, database, case_id, decision)

    with database.unit_of_work() as uow:
        (end,) = (row for row in log_entries.of_case(uow.conn, case_id) if row["action"] == "ended")
    assert (end["element_id"], data_of(end)["outcome"]) == ("closed", "closed")
