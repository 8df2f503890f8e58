"""Pictures of cameras on a case: public copies for those who see it, originals sealed, every look written down, all gone in time."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import update

import vision.evidence.public
from engine.actors import Actor
from engine.clock import SteppedClock
from engine.errors import Forbidden, NotFound
from engine.settings import Settings
from engine.store import attachments, cases
from engine.store.database import Database
from engine.store.rows import Row
from handlers import photos
from handlers.evidence import publishing, retention, sealing, stills
from handlers.store import evidence, sealed_stills
from tests.handlers import sights
from tests.handlers.sights import Sights

#: What stands for a picture of which faces and plates are blurred.
BLURRED = 5


@pytest.fixture
def road(database: Database, processes: Path, tmp_path: Path) -> Sights:
    return sights.installed(database, processes, tmp_path)


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that take every picture for a face."""

    def copies(_settings: Settings, source: Path, target: Path, names: list[str]) -> set[str]:
        for name in names:
            assert (source / name).is_file()
            (target / name).write_bytes(sights.picture(BLURRED))
        return set(names)

    monkeypatch.setattr(vision.evidence.public, "ready", lambda _home: True)
    monkeypatch.setattr(publishing, "copies", copies)


def seen(road: Sights, clock: SteppedClock) -> Row:
    """The bundle of a sighting."""
    road.sees(clock.now())
    with road.database.unit_of_work() as uow:
        row = evidence.of_sighting(uow.conn, road.rows()[0]["id"])
    assert row is not None
    return row


def still(road: Sights, clock: SteppedClock, case_id: int) -> Row:
    """A still that was put to a case."""
    taken = stills.Taken(road.camera_id, "check", clock.now(), sights.picture(200))
    stills.keep(road.database, road.settings, case_id, taken)
    with road.database.unit_of_work() as uow:
        (row,) = sealed_stills.of_case(uow.conn, case_id)
    return row


def photographs(road: Sights, case_id: int) -> list[tuple[str, int]]:
    """What the photographs of a case are for, and the shade of each."""
    with road.database.unit_of_work() as uow:
        rows = attachments.of_case(uow.conn, case_id)
    return [(row["purpose"], shade(road, row)) for row in rows]


def shade(road: Sights, row: Mapping[str, Any]) -> int:
    content = photos.path_of(road.settings.photos, row["sha256"]).read_bytes()
    with Image.open(io.BytesIO(content)) as image:
        pixel = image.convert("RGB").getpixel((5, 5))
    assert isinstance(pixel, tuple)
    return int(pixel[0])


def sealed(road: Sights, case_id: int) -> tuple[int, int]:
    with road.database.unit_of_work() as uow:
        found = evidence.sealed(uow.conn, case_id)
    return found["pictures"], found["unpublished"]


def somebody(road: Sights, role: str, unit: str = "XC") -> Actor:
    """A person with a role at a unit, the camera's district unless another is named."""
    assert road.town is not None
    person_id = next(iter(road.town.actors.values())).person_id
    return Actor(person_id, "x", frozenset({(role, road.town.units.by_code[unit].id)}))


def test_a_case_gets_the_blurred_copies_of_its_sighting_once(
    road: Sights, clock: SteppedClock, networks: None
) -> None:
    row = seen(road, clock)
    assert (photographs(road, row["case_id"]), sealed(road, row["case_id"])) == ([], (4, 4))

    for _ in range(2):
        publishing.publish(road.database, road.settings, row["id"])

    shown = photographs(road, row["case_id"])
    assert [purpose for purpose, _ in shown] == ["before", "begin", "half", "alarm"]
    assert all(abs(shade - BLURRED) <= 2 for _, shade in shown)
    assert sealed(road, row["case_id"]) == (4, 0)


def test_without_networks_no_picture_of_a_camera_comes_to_a_case(road: Sights, clock: SteppedClock) -> None:
    row = seen(road, clock)
    put = still(road, clock, row["case_id"])

    publishing.publish(road.database, road.settings, row["id"])
    publishing.publish_still(road.database, road.settings, put["id"])

    assert photographs(road, row["case_id"]) == []
    assert publishing.publish_missing(road.database, road.settings) == 0
    assert sealed(road, row["case_id"]) == (5, 5)


def test_what_had_no_copy_gets_one_in_the_night_once_the_networks_are_there(
    road: Sights, clock: SteppedClock, networks: None
) -> None:
    row = seen(road, clock)
    still(road, clock, row["case_id"])

    done = [publishing.publish_missing(road.database, road.settings) for _ in range(2)]

    assert done == [2, 0]
    assert [purpose for purpose, _ in photographs(road, row["case_id"])][-1] == "check"
    assert all(abs(shade - BLURRED) <= 2 for _, shade in photographs(road, row["case_id"]))


def test_a_still_goes_to_no_case_that_has_ended(road: Sights, clock: SteppedClock) -> None:
    case_id = seen(road, clock)["case_id"]
    ended(road, case_id, clock)

    stills.keep(
        road.database,
        road.settings,
        case_id,
        stills.Taken(road.camera_id, "check", clock.now(), sights.picture(200)),
    )

    with road.database.unit_of_work() as uow:
        assert sealed_stills.of_case(uow.conn, case_id) == []


@pytest.mark.parametrize("role", ["reviewer", "shift_leader", "supervisor"])
def test_those_who_decide_about_the_case_open_a_still_and_are_written_down(
    road: Sights, clock: SteppedClock, role: str
) -> None:
    row = still(road, clock, seen(road, clock)["case_id"])

    with road.database.unit_of_work() as uow:
        sealing.unseal_still(uow, row["id"], somebody(road, role))

    with road.database.unit_of_work() as uow:
        (view,) = sealed_stills.views(uow.conn, row["case_id"])
    assert (view["still_id"], view["at"]) == (row["id"], clock.now())


@pytest.mark.parametrize(
    ("role", "unit", "error"),
    [
        ("acceptor", "XC", Forbidden),
        ("collector", "XC", NotFound),
        ("dispatcher", "XC", Forbidden),
        ("reviewer", "XC-SZ", NotFound),
        ("handler", "XC-SZ", NotFound),
    ],
)
def test_nobody_else_opens_a_still(
    road: Sights, clock: SteppedClock, role: str, unit: str, error: type[Exception]
) -> None:
    row = still(road, clock, seen(road, clock)["case_id"])

    with road.database.unit_of_work() as uow, pytest.raises(error):
        sealing.unseal_still(uow, row["id"], somebody(road, role, unit))

    with road.database.unit_of_work() as uow:
        assert sealed_stills.views(uow.conn, row["case_id"]) == []


def ended(road: Sights, case_id: int, clock: SteppedClock) -> None:
    with road.database.unit_of_work() as uow:
        values = {"status": "closed", "closed_at": clock.now()}
        uow.conn.execute(update(cases.case).where(cases.case.c.id == case_id).values(**values))


@pytest.mark.parametrize(("days", "there"), [(179, True), (181, False)])
def test_stills_and_copies_go_when_the_time_of_the_evidence_is_over(
    road: Sights, clock: SteppedClock, networks: None, days: int, there: bool
) -> None:
    case_id = seen(road, clock)["case_id"]
    row = still(road, clock, case_id)
    publishing.publish_missing(road.database, road.settings)
    ended(road, case_id, clock)
    clock.advance(timedelta(days=days))

    removed = retention.remove_over(road.database, road.settings)

    assert removed == (0 if there else 2)
    assert stills.path_of(road.settings, row).exists() is there
    assert len(photographs(road, case_id)) == (5 if there else 0)
    assert sealed(road, case_id) == ((5, 0) if there else (0, 0))


def test_a_still_that_no_case_has_is_removed_after_a_while(road: Sights, clock: SteppedClock) -> None:
    row = still(road, clock, seen(road, clock)["case_id"])
    kept = stills.path_of(road.settings, row)
    stray = kept.with_name(f"{'0' * 64}.jpg")
    stray.write_bytes(b"x")
    clock.advance(timedelta(days=3650))

    retention.remove_over(road.database, road.settings)

    assert (kept.exists(), stray.exists()) == (True, False)
