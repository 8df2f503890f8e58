"""Photographs that no case took go after two days; all others stay."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest

from engine import jobs
from engine.clock import SteppedClock
from engine.housekeeping import chore, chores, clean_up
from engine.log import GENESIS
from engine.settings import Settings
from engine.store import attachments, cases, units
from engine.store.database import Database
from handlers import photos
from handlers.leftovers import KEPT_FOR, remove_leftovers
from tests.conftest import SHANGHAI
from tests.handlers.test_photos import files, jpeg


@pytest.fixture
def settings(tmp_path: Path, database: Database) -> Settings:
    return Settings(tmp_path, database.url, "127.0.0.1", 8000, SHANGHAI)


def _age(settings: Settings, database: Database, age: timedelta) -> None:
    """Make everything in the folder as old."""
    instant = (database.clock.now() - age).timestamp()
    for path in settings.photos.rglob("*"):
        os.utime(path, (instant, instant))


@pytest.fixture
def taken(database: Database, settings: Settings) -> str:
    """The hash of a photograph that a case has."""
    row = photos.store(settings.photos, jpeg("green"), "report")
    with database.unit_of_work() as uow:
        unit = {"code": "city", "name_zh": "城", "name_en": "City", "kind": "city", "is_platform": True}
        case = {
            "platform_id": units.save(uow.conn, unit),
            "number": "20261123000001",
            "status": "open",
            "stage": "collecting",
            "channel": "citizen",
            "scheme": "gb30428",
            "kind": "event",
            "category": "0101",
            "description": "",
            "address": "",
            "lon": 108.9,
            "lat": 34.2,
            "opened_at": uow.now,
            "rework_count": 0,
            "priority": 0,
            "log_seq": 0,
            "log_hash": GENESIS,
        }
        attachments.add(uow.conn, [{**row, "case_id": cases.add(uow.conn, case), "added_at": uow.now}])
    return str(row["sha256"])


def test_what_no_case_took_goes_with_its_thumbnail(
    database: Database, settings: Settings, taken: str
) -> None:
    photos.store(settings.photos, jpeg("red"), "report")
    half_written = settings.photos / taken[:2] / ".incoming-x"
    half_written.write_bytes(b"")
    _age(settings, database, KEPT_FOR + timedelta(minutes=1))

    removed = remove_leftovers(database, settings)

    assert removed == 3
    assert files(settings.photos) == {f"{taken}.jpg", f"{taken}.small.jpg"}


def test_what_may_still_be_named_stays(database: Database, settings: Settings, taken: str) -> None:
    photos.store(settings.photos, jpeg("red"), "report")
    _age(settings, database, KEPT_FOR - timedelta(minutes=1))

    assert remove_leftovers(database, settings) == 0
    assert len(files(settings.photos)) == 4


def test_what_is_uploaded_again_is_new_again(
    database: Database, settings: Settings, taken: str, clock: SteppedClock
) -> None:
    photos.store(settings.photos, jpeg("red"), "report")
    _age(settings, database, timedelta(days=3))
    row = photos.store(settings.photos, jpeg("red"), "report")
    # The clock of the test stands, that of the files goes on.
    stored = photos.path_of(settings.photos, row["sha256"]).stat().st_mtime
    clock.advance(timedelta(seconds=stored - clock.now().timestamp()))

    remove_leftovers(database, settings)

    assert photos.path_of(settings.photos, row["sha256"]).exists()
    assert photos.path_of(settings.photos, row["sha256"], thumbnail=True).exists()


def test_a_database_that_knows_of_no_photograph_is_no_reason_to_remove_any(
    database: Database, settings: Settings
) -> None:
    photos.store(settings.photos, jpeg("red"), "report")
    _age(settings, database, timedelta(days=30))

    assert remove_leftovers(database, settings) == 0
    assert len(files(settings.photos)) == 2


def test_it_is_one_of_the_chores_of_the_night(database: Database, settings: Settings, taken: str) -> None:
    photos.store(settings.photos, jpeg("red"), "report")
    _age(settings, database, timedelta(days=3))
    app = jobs.job_app(database)
    with database.unit_of_work() as uow:
        jobs.enqueue(uow, app, "housekeeping.clean_up")

    async def work() -> None:
        async with app.open_async():
            await app.run_worker_async(
                wait=False,
                install_signal_handlers=False,
                delete_jobs="successful",
                additional_context={"database": database, "settings": settings},
            )

    asyncio.run(work())

    assert len(files(settings.photos)) == 2


def test_a_chore_that_fails_keeps_no_other_from_being_done(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr("engine.housekeeping._chores", dict(chores()))

    @chore("a")
    def fail(_database: Database, _settings: Settings) -> int:
        raise OSError("no such disk")

    @chore("b")
    def succeed(_database: Database, _settings: Settings) -> int:
        done.append("b")
        return 1

    with pytest.raises(ExceptionGroup):
        clean_up(database, settings)

    assert done == ["b"]
