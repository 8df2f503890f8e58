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
from vision.evidence.verify import bundles_in, verify, verify_chain
from vision.sighting import Sighting

_PLACES = ((0.1, 0.5, 0.2, 0.6), (0.4, 0.5, 0.5, 0.6), (0.7, 0.5, 0.8, 0.6))


@pytest.fixture
def road(database: Database, processes: Path, tmp_path: Path) -> Sights:
    return sights.installed(database, processes, tmp_path)


def seen(road: Sights, clock: SteppedClock, number: int = 1) -> tuple[int, Sighting]:
    """An alarm at a place of its own, that has its row and its case."""
    sighting = road.sighting(clock.now(), slot=f"s{number}", box=_PLACES[number - 1])
    road.sees(clock.now(), slot=f"s{number}", box=_PLACES[number - 1])
    return int(road.rows()[-1]["id"]), sighting


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
    assert (row["number"], row["digest"]) == (1, row["digest"])


def test_asked_for_again_nothing_is_written(road: Sights, clock: SteppedClock) -> None:
    sighting_id, sighting = seen(road, clock)
    keeping.keep(road.database, road.settings, sighting_id, sighting, None)
    first = bundle_of(road, sighting_id)

    keeping.keep(road.database, road.settings, sighting_id, sighting, None)

    assert bundle_of(road, sighting_id) == first
    assert len(bundles_in(road.settings.evidence)) == 1


def test_bundles_of_a_camera_written_at_the_same_time_are_one_chain(
    road: Sights, clock: SteppedClock
) -> None:
    found = [seen(road, clock, number) for number in (1, 2, 3)]
    begin = threading.Barrier(3)

    def one(sighting_id: int, sighting: Sighting) -> None:
        begin.wait()
        keeping.keep(road.database, road.settings, sighting_id, sighting, None)

    threads = [threading.Thread(target=one, args=each) for each in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    folders = bundles_in(road.settings.evidence)
    assert verify_chain(folders, keys.of_home(road.settings.home)) == []
    assert sorted(bundle_of(road, each[0])["number"] for each in found) == [1, 2, 3]
    assert len(folders) == 3


def test_a_clip_that_is_none_keeps_nothing(road: Sights, clock: SteppedClock) -> None:
    sighting_id, sighting = seen(road, clock)

    with pytest.raises(VisionError) as refused:
        keeping.keep(road.database, road.settings, sighting_id, sighting, b"no film")

    assert refused.value.field == "clip"
    assert not list(road.settings.evidence.glob("**/*.jpg"))


def test_the_evidence_of_nothing_is_not_there(road: Sights, clock: SteppedClock) -> None:
    with pytest.raises(NotFound):
        keeping.keep(road.database, road.settings, 4711, road.sighting(clock.now()), None)


def test_a_decision_is_added_and_signed_once(road: Sights, clock: SteppedClock) -> None:
    row = kept(road, clock)
    road.does(row["case_id"], decision="yes")
    with road.database.unit_of_work() as uow:
        (answered,) = sightings.of_case(uow.conn, row["case_id"])

    first = keeping.decide(road.database, road.settings, row["sighting_id"], answered)
    second = keeping.decide(road.database, road.settings, row["sighting_id"], answered)

    folder = keeping.folder_of(road.settings, row)
    decision = orjson.loads((folder / "decision.json").read_bytes())
    assert first == second
    assert (decision["answer"], decision["manifest_sha256"]) == ("yes", row["digest"])
    assert verify(folder, keys.of_home(road.settings.home)) == []


def test_what_is_removed_cannot_be_decided_about(road: Sights, clock: SteppedClock) -> None:
    row = kept(road, clock)
    with road.database.unit_of_work() as uow:
        (answered,) = sightings.of_case(uow.conn, row["case_id"])
        evidence.remove(uow.conn, row["id"], uow.now)

    with pytest.raises(FileNotFoundError):
        keeping.decide(road.database, road.settings, row["sighting_id"], answered)


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
    held = somebody(road, "reviewer")
    assert road.town is not None
    elsewhere = Actor(held.person_id, "x", frozenset({("reviewer", road.town.units.by_code["XC-SZ"].id)}))

    with road.database.unit_of_work() as uow, pytest.raises(NotFound):
        sealing.unseal(uow, row["id"], elsewhere, "zip")


def somebody(road: Sights, role: str) -> Actor:
    """A person with a role at the camera's district."""
    assert road.town is not None
    person_id = next(iter(road.town.actors.values())).person_id
    return Actor(person_id, "x", frozenset({(role, road.town.units.by_code["XC"].id)}))


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
    assert (after["digest"], removed) == (row["digest"], 0 if there else 1)


def test_what_a_writer_left_behind_is_removed_after_a_while(road: Sights, clock: SteppedClock) -> None:
    row = kept(road, clock)
    stray = road.settings.evidence / str(road.camera_id) / "0123456789abcdef"
    stray.mkdir()
    for path in (stray, keeping.folder_of(road.settings, row)):
        os.utime(path, times=(0, 0))

    assert retention.remove_over(road.database, road.settings) == 1

    assert not stray.exists()
    assert keeping.folder_of(road.settings, row).exists()
