"""A worker that is killed while it watches: within seconds another process watches its cameras, and no two do."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import text

from engine.actors import unit_tree
from engine.store.database import Database
from handlers.cameras import registry
from tests.faults.conftest import Tell
from tests.installation import Installation, wait_until

MOST_SECONDS = 15.0


@dataclass(frozen=True)
class Found:
    """What was found after the worker had been killed.

    Attributes:
        seconds: from the kill until another watch had taken a picture.
        before, after: the watch then and later.
        children: processes of the first watch that were left.
        stopped: seconds that an orderly stop took.
    """

    seconds: float
    before: Any
    after: Any
    children: list[int]
    stopped: float


@pytest.fixture(scope="module")
def city(installation: Installation) -> Iterator[Installation]:
    """The installation with one camera of two drawn stills."""
    folder = installation.settings.camera_files / "corner"
    folder.mkdir(parents=True)
    for number in range(2):
        picture = np.random.default_rng(number).integers(0, 255, (90, 160, 3), np.uint8)
        assert cv2.imwrite(str(folder / f"{number}.jpg"), picture)
    with installation.database() as database, database.unit_of_work() as uow:
        unit = next(unit for unit in unit_tree(uow).by_id.values() if unit.is_platform)
        place = {"lon": 108.94, "lat": 34.26, "unit_id": unit.id}
        values = {"code": "corner", "name": "路口", "source": "files", "url": "corner", "interval": 0.5}
        camera_id = registry.add(uow, {**place, **values})
    yield installation
    with installation.database() as database, database.unit_of_work() as uow:
        registry.set_state(uow, camera_id, "removed")


@pytest.fixture(scope="module")
def found(city: Installation) -> Found:
    """The program runs and watches; its worker is killed, with nobody to tell its watch."""
    up = city.start("up")
    with city.database() as database:
        wait_until(lambda: _frames(database) > 2, lambda: f"nobody watches\n{city.output()[-4000:]}")
        before, taken = _watch(database), _frames(database)
        (watcher,) = _children(city.parts()["worker"])
        children = [watcher, *_children(watcher)]

        os.kill(city.parts()["worker"], signal.SIGKILL)
        killed = time.monotonic()
        wait_until(
            lambda: _watch(database).epoch > before.epoch and _frames(database) > taken,
            lambda: f"nobody\n{city.output()[-4000:]}",
        )
        seconds = time.monotonic() - killed
        after = _watch(database)
    wait_until(lambda: not any(map(_lives, children)), lambda: f"they live: {children}")

    stopping = time.monotonic()
    city.stop(up)
    left = [one for one in children if _lives(one)]
    return Found(seconds, before, after, left, time.monotonic() - stopping)


def _watch(database: Database) -> Any:
    with database.unit_of_work() as uow:
        return uow.conn.execute(text("SELECT epoch, frames FROM watch")).first()


def _frames(database: Database) -> int:
    row = _watch(database)
    return 0 if row is None else int(row.frames)


def _children(pid: int) -> list[int]:
    """The processes that a process started and that live still."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_its_cameras_are_watched_again_within_fifteen_seconds(found: Found, tell: Tell) -> None:
    tell(f"a killed worker's cameras were watched again after {found.seconds:.1f} s")

    assert found.seconds < MOST_SECONDS


def test_it_is_another_watch(found: Found) -> None:
    assert found.after.epoch == found.before.epoch + 1


def test_nothing_of_the_first_is_left(found: Found) -> None:
    assert found.children == []


def test_an_orderly_stop_waits_for_no_watch(found: Found, city: Installation) -> None:
    assert found.stopped < 20.0
    assert "did not end in time" not in city.output()
