"""Stamping: a real authority on loopback, and others that answer nothing of use; evidence stands with or without."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import time_stamping
from engine.clock import SteppedClock
from engine.store.database import Database
from handlers.evidence import keeping, stamping, verifying
from handlers.store import evidence
from tests import authority as authorities
from tests.authority import Authority
from tests.handlers import sights
from tests.handlers.sights import Sights
from vision.evidence import layout, stamp
from vision.evidence.decision import manifest_of
from vision.evidence.stamp import StampError

HTML, REPLY = "text/html", "application/timestamp-reply"


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    with authorities.serving(authorities.made(tmp_path / "authority")) as found:
        yield found


@pytest.fixture
def road(
    database: Database, processes: Path, tmp_path: Path, clock: SteppedClock, authority: Authority
) -> Sights:
    """A camera that saw one thing, whose bundle waits for its stamp."""
    road = sights.installed(database, processes, tmp_path / "city")
    settings = replace(road.settings, tsa=time_stamping.read(authority.url, str(authority.root)))
    road = replace(road, settings=settings)
    road.sees(clock.now())
    return road


def bundle(road: Sights) -> Mapping[str, Any]:
    """The row of the bundle."""
    with road.database.unit_of_work() as uow:
        (row,) = evidence.of_camera(uow.conn, road.camera_id)
        return row


def stamped(road: Sights) -> None:
    """Do the errand."""
    stamping.put_stamp(road.database, road.settings, bundle(road)["id"])


def jobs(database: Database) -> list[Mapping[str, Any]]:
    """The errands that wait for the authority."""
    with database.unit_of_work() as uow:
        found = uow.conn.exec_driver_sql(
            "SELECT lock, args FROM procrastinate_jobs WHERE args->>'name' = 'evidence.stamp'"
        )
        return [dict(one) for one in found.mappings()]


def test_a_bundle_is_stamped_after_it_was_kept(road: Sights, authority: Authority) -> None:
    (job,) = jobs(road.database)

    stamped(road)

    row = bundle(road)
    assert job["lock"] == "evidence.stamp"
    assert job["args"]["values"] == {"bundle_id": row["id"]}
    assert (row["stamped_at"] is not None, row["stamp_trouble"]) == (True, "")
    assert (keeping.folder_of(road.settings, row) / layout.STAMP).is_file()
    assert verifying.problems_of(road.settings, row) == []


def test_a_stamp_that_was_taken_away_is_missed(road: Sights, authority: Authority) -> None:
    stamped(road)
    row = bundle(road)
    for name in (layout.STAMP, layout.signature_of(layout.STAMP)):
        (keeping.folder_of(road.settings, row) / name).unlink()

    assert [file for file, _ in verifying.problems_of(road.settings, row)] == [layout.STAMP]


def test_what_is_stamped_is_not_stamped_again_though_it_was_not_noted(
    road: Sights, authority: Authority
) -> None:
    stamped(road)
    row = bundle(road)
    stamped(road)
    with road.database.unit_of_work() as uow:
        evidence.set_stamp(uow.conn, row["id"], None, "away")

    stamped(road)

    assert bundle(road)["stamped_at"] == row["stamped_at"]
    assert len(authority.queries) == 1


def test_an_authority_that_gives_no_stamp_is_noted_and_asked_again(
    road: Sights, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = manifest_of(keeping.folder_of(road.settings, bundle(road)))
    good = authority.stamp(stamp.request(manifest).content)
    useless: dict[str, list[tuple[int, str, bytes]]] = {
        "no_stamp": [(200, HTML, b"<html>login</html>"), (200, REPLY, b"0" * 200_000)],
        "away": [(302, HTML, b""), (500, HTML, b"broken")],
        "wrong": [
            (200, REPLY, authority.stamp(stamp.request(b"another manifest").content)),
            # Of this manifest, and of another request.
            (200, REPLY, good),
            (200, REPLY, good[:-1] + bytes([good[-1] ^ 1])),
        ],
    }

    for kind, answers in useless.items():
        for answer in answers:
            authority.answer = answer
            with pytest.raises(StampError):
                stamped(road)
            row = bundle(road)
            assert (row["stamped_at"], row["stamp_trouble"]) == (None, kind), answer
            assert verifying.problems_of(road.settings, row) == []
    authority.stall = threading.Event()
    with monkeypatch.context() as quick:
        quick.setattr(stamping, "TIMEOUT", 0.3)
        with pytest.raises(StampError):
            stamped(road)
    assert bundle(road)["stamp_trouble"] == "away"

    # None of them led it elsewhere, and when it does its work, the night has it stamped.
    assert len(authority.queries) == 8
    authority.stall.set()
    authority.answer = authority.stall = None
    assert stamping.stamp_missing(road.database, road.settings) == 1
    assert (bundle(road)["stamp_trouble"], bundle(road)["stamped_at"] is None) == ("", False)


def test_the_night_stops_asking_an_authority_that_is_away(
    road: Sights, authority: Authority, clock: SteppedClock
) -> None:
    road.sees(clock.now() + timedelta(hours=1), slot="s2", box=sights.ELSEWHERE)
    authority.answer = (500, "text/html", b"")

    assert stamping.stamp_missing(road.database, road.settings) == 0

    assert len(authority.queries) == 1


def test_without_an_authority_nothing_is_asked(road: Sights, authority: Authority) -> None:
    without = replace(road, settings=replace(road.settings, tsa=None))

    stamped(without)

    assert stamping.stamp_missing(without.database, without.settings) == 0
    assert authority.queries == []
