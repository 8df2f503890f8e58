"""Evidence of sightings: kept once, chained by camera, sealed, decided about, and removed when its time is over."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import update

from engine.actors import Actor
from engine.clock import SteppedClock
from engine.errors import Forbidden, NotFound
from engine.store import cases
from engine.store.database import Database
from handlers.evidence import keeping, retention, sealing
from handlers.store import evidence, sightings
from tests.handlers import sights
from tests.handlers.sights import Sights
from vision.errors import VisionError
from vision.evidence import keys
from vision.evidence.verify import verify, verify_chain
from vision.sighting import Sighting


@pytest.fixture
def road(database: Database, processes: Path, tmp_path: Path) -> Sights:
    return sights.installed(database, processes, tmp_path)


def seen(road: Sights, clock: SteppedClock, number: int = 1) -> tuple[int, Sighting]:
    """A sighting of a case of which no bundle was kept yet."""
    if not road.rows():
        road.sees(clock.now())
    with road.database.unit_of_work() as uow:
        first = sightings.of_id(uow.conn, road.rows()[0]["id"])
        assert first is not None
        row = {name: value for name, value in first.items() if name != "id"}
        sightings.add(uow.conn, {**row, "slot": f"n{number}"})
    return int(road.rows()[-1]["id"]), road.sighting(clock.now(), slot=f"n{number}")


def folders(road: Sights) -> list[Path]:
    """Those of all bundles."""
    return sorted(path.parent for path in road.settings.evidence.glob("*/*/manifest.json"))


def answered(road: Sights, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The sighting of a bundle with what was answered."""
    with road.database.unit_of_work() as uow:
        found = sightings.of_case(uow.conn, row["case_id"])
    return next(one for one in found if one["id"] == row["sighting_id"])


def kept(road: Sights, clock: SteppedClock, number: int = 1) -> Mapping[str, Any]:
    """The row of the bundle of an alarm."""
    sighting_id, sighting = seen(road, clock, number)
    keeping.keep(road.database, road.settings, sighting_id, sighting, None)
    return bundle_of(road, sighting_id)


def bundle_of(road: Sights, sighting_id: int) -> Mapping[str, Any]:
    with road.database.unit_of_work() as uow:
        row = evidence.of_sighting(uow.conn, sighting_id)
        assert row is not None
        return dict(row)


def ended(road: Sights, case_id: int, status: str, clock: SteppedClock) -> None:
    """Let a case have ended now."""
    with road.database.unit_of_work() as uow:
        values = {"status": status, "closed_at": clock.now()}
        uow.conn.execute(update(cases.case).where(cases.case.c.id == case_id).values(**values))


def test_the_bundle_of_a_sighting_verifies_and_says_what_was_seen(road: Sights, clock: SteppedClock) -> None:
    row = kept(road, clock)

    folder = keeping.folder_of(road.settings, row)
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    assert verify(folder, keys.of_home(road.settings.home)) == []
    assert (manifest["camera"]["code"], manifest["camera"]["notice"]) == (
        "61010200001320000001",
        "新城公告2026-3",
    )
    assert (manifest["zone"]["key"], manifest["rule"]["expression"]) == ("z1", 'stands("vehicle") >= dwell')
    assert [one["role"] for one in manifest["files"] if one["kind"] == "frame"] == [
        "before",
        "begin",
        "half",
        "alarm",
    ]


def test_asked_for_again_nothing_is_written(road: Sights, clock: SteppedClock) -> None:
    sighting_id, sighting = seen(road, clock)
    keeping.keep(road.database, road.settings, sighting_id, sighting, None)
    first, before = bundle_of(road, sighting_id), folders(road)

    keeping.keep(road.database, road.settings, sighting_id, sighting, None)

    assert bundle_of(road, sighting_id) == first
    assert folders(road) == before


def test_bundles_of_a_camera_written_at_the_same_time_are_one_chain(
    road: Sights, clock: SteppedClock
) -> None:
    found = [seen(road, clock, number) for number in (1, 2, 3)]
    begin, before = threading.Barrier(3), folders(road)

    def one(sighting_id: int, sighting: Sighting) -> None:
        begin.wait()
        keeping.keep(road.database, road.settings, sighting_id, sighting, None)

    threads = [threading.Thread(target=one, args=each) for each in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    numbers = sorted(bundle_of(road, each[0])["number"] for each in found)
    assert verify_chain(folders(road), keys.of_home(road.settings.home)) == []
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    assert len(folders(road)) == len(before) + 3


def test_a_clip_that_is_none_keeps_nothing(road: Sights, clock: SteppedClock) -> None:
    sighting_id, sighting = seen(road, clock)
    before = folders(road)

    with pytest.raises(VisionError) as refused:
        keeping.keep(road.database, road.settings, sighting_id, sighting, b"no film")

    assert refused.value.field == "clip"
    assert folders(road) == before


def test_the_evidence_of_nothing_is_not_there(road: Sights, clock: SteppedClock) -> None:
    with pytest.raises(NotFound):
        keeping.keep(road.database, road.settings, 4711, road.sighting(clock.now()), None)


def test_a_decision_is_added_and_signed_once(road: Sights, clock: SteppedClock) -> None:
    row = kept(road, clock)
    road.does(row["case_id"], decision="yes")
    said = answered(road, row)

    first = keeping.decide(road.database, road.settings, row["sighting_id"], said)
    second = keeping.decide(road.database, road.settings, row["sighting_id"], said)

    folder = keeping.folder_of(road.settings, row)
    decision = orjson.loads((folder / "decision.json").read_bytes())
    assert first == second
    assert (decision["answer"], decision["manifest_sha256"]) == ("yes", row["digest"])
    assert verify(folder, keys.of_home(road.settings.home)) == []


def test_what_is_removed_cannot_be_decided_about(road: Sights, clock: SteppedClock) -> None:
    row = kept(road, clock)
    said = answered(road, row)
    with road.database.unit_of_work() as uow:
        evidence.remove(uow.conn, row["id"], uow.now)

    with pytest.raises(FileNotFoundError):
        keeping.decide(road.database, road.settings, row["sighting_id"], said)


@pytest.mark.parametrize("role", ["reviewer", "shift_leader", "supervisor"])
def test_those_who_decide_about_the_case_open_it_and_are_written_down(
    road: Sights, clock: SteppedClock, role: str
) -> None:
    row = kept(road, clock)
    actor = somebody(road, role)

    with road.database.unit_of_work() as uow:
        sealing.unseal(uow, row["id"], actor, "01-before.jpg")

    with road.database.unit_of_work() as uow:
        (view,) = evidence.views(uow.conn, row["id"])
    assert (view["what"], view["at"]) == ("01-before.jpg", clock.now())


def test_an_acceptor_sees_the_case_and_not_its_originals(road: Sights, clock: SteppedClock) -> None:
    row = kept(road, clock)

    with road.database.unit_of_work() as uow:
        sealing.visible(uow, row["id"], somebody(road, "acceptor"))
        with pytest.raises(Forbidden):
            sealing.unseal(uow, row["id"], somebody(road, "acceptor"), "zip")


def test_a_reviewer_of_another_unit_finds_nothing(road: Sights, clock: SteppedClock) -> None:
    row = kept(road, clock)
    elsewhere = somebody(road, "reviewer", "XC-SZ")

    with road.database.unit_of_work() as uow, pytest.raises(NotFound):
        sealing.unseal(uow, row["id"], elsewhere, "zip")


def somebody(road: Sights, role: str, unit: str = "XC") -> Actor:
    """A person with a role at a unit, the camera's district unless another is named."""
    assert road.town is not None
    person_id = next(iter(road.town.actors.values())).person_id
    return Actor(person_id, "x", frozenset({(role, road.town.units.by_code[unit].id)}))


@pytest.mark.parametrize(
    ("status", "answer", "days", "there"),
    [
        ("open", "yes", 4000, True),
        ("closed", "yes", 179, True),
        ("closed", "yes", 181, False),
        ("rejected", "no", 29, True),
        ("rejected", "no", 31, False),
    ],
)
def test_files_are_kept_for_their_time_and_the_row_for_ever(
    road: Sights, clock: SteppedClock, status: str, answer: str, days: int, there: bool
) -> None:
    row = kept(road, clock)
    with road.database.unit_of_work() as uow:
        sightings.answer(uow.conn, row["case_id"], answer=answer, reason="", at=uow.now, by=None)
    if status != "open":
        ended(road, row["case_id"], status, clock)
    clock.advance(timedelta(days=days))

    removed = retention.remove_over(road.database, road.settings)

    after = bundle_of(road, row["sighting_id"])
    assert keeping.folder_of(road.settings, row).exists() is there
    assert (after["removed_at"] is None) is there
    assert (after["digest"], removed > 0) == (row["digest"], not there)


def test_what_a_writer_left_behind_is_removed_after_a_while(road: Sights, clock: SteppedClock) -> None:
    row = kept(road, clock)
    stray = road.settings.evidence / str(road.camera_id) / "0123456789abcdef"
    stray.mkdir()
    for path in (stray, keeping.folder_of(road.settings, row)):
        os.utime(path, times=(0, 0))

    assert retention.remove_over(road.database, road.settings) == 1

    assert not stray.exists()
    assert keeping.folder_of(road.settings, row).exists()
