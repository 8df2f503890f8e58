"""A district with cameras whose pictures are drawn as they are asked for, and a patrol that is led by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import insert

from engine.clock import SteppedClock
from engine.settings import Settings
from engine.store import units
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from handlers.cameras import receivers, registry
from handlers.cameras.eyes import Eye, Known
from handlers.cameras.patrol import Patrol
from handlers.cameras.reading import Watched
from handlers.store import catalogue as catalogues
from tests.engine.workers import run_all
from vision.frame import Box, Frame, Picture
from vision.sighting import Sighting
from vision.sources import Camera, Limits, SourceTrouble

WIDE, HIGH = 320, 180
#: What stands in the zone once something does.
THING: Box = (0.4, 0.5, 0.6, 0.75)
WHOLE = [[0.05, 0.05], [0.95, 0.05], [0.95, 0.95], [0.05, 0.95]]
#: Seconds that something stands there until the rule is met.
DWELL = 20.0
#: Seconds until a watcher knows the background.
LEARNT = 15
SECOND = timedelta(seconds=1)


def ground(seed: int) -> Picture:
    """A street without anything in it."""
    noise = np.random.default_rng(seed).integers(60, 190, (HIGH // 4, WIDE // 4, 3), np.uint8)
    return np.asarray(cv2.resize(noise, (WIDE, HIGH), interpolation=cv2.INTER_CUBIC), np.uint8)


@dataclass
class Scene:
    """What a camera shows.

    Attributes:
        thing: from when to when something stands in its zone.
        trouble: raised instead of a picture, while it is set.
        taken: when pictures were taken.
    """

    picture: Picture
    thing: tuple[datetime, datetime] | None = None
    trouble: SourceTrouble | None = None
    taken: list[datetime] = field(default_factory=list)
    closed: int = 0

    def show(self, at: datetime) -> Frame:
        self.taken.append(at)
        if self.trouble is not None:
            raise self.trouble
        picture = self.picture.copy()
        if self.thing is not None and self.thing[0] <= at < self.thing[1]:
            left, top, right, bottom = (
                round(side * size) for side, size in zip(THING, (WIDE, HIGH, WIDE, HIGH), strict=True)
            )
            cv2.rectangle(picture, (left, top), (right, bottom), (20, 20, 230), -1)
            cv2.rectangle(picture, (left + 8, top + 8), (right - 8, top + 16), (240, 240, 240), -1)
        # The noise of a sensor.
        flicker = np.random.default_rng(int(at.timestamp())).integers(0, 5, picture.shape, np.uint8)
        return Frame(np.asarray(cv2.add(picture, flicker), np.uint8), at)


class DrawnCamera(Camera):
    """A camera of a scene."""

    def __init__(self, watched: Watched, scene: Scene) -> None:
        super().__init__(watched.source, Limits(retry_seconds=1.0), None)
        self.scene = scene

    def _next(self, at: datetime) -> Frame:
        return self.scene.show(at)

    def close(self) -> None:
        super().close()
        self.scene.closed += 1


@dataclass
class Street:
    """Cameras with their scenes, and patrols over their first group.

    Attributes:
        cameras: numbers by code.
        scenes: by code.
        taken: what the receiver was given.
    """

    database: Database
    clock: SteppedClock
    settings: Settings
    cameras: dict[str, int] = field(default_factory=dict)
    scenes: dict[str, Scene] = field(default_factory=dict)
    taken: list[tuple[int, Sighting, bytes | None]] = field(default_factory=list)
    seconds: float = 0.0
    opened: int = 0

    def add(self, code: str, **values: Any) -> int:
        """A camera with one zone, that covers nearly all of its picture."""
        with self.database.unit_of_work() as uow:
            self.cameras[code] = add_camera(uow, code, **values)
            registry.save_zone(uow, self.cameras[code], ZONE)
        self.scenes[code] = Scene(ground(len(self.scenes)))
        return self.cameras[code]

    def patrol(self, **given: Any) -> Patrol:
        """A patrol that took up its cameras; further arguments are its own."""
        found = Patrol(self.database, self.settings, 1, self.open_eye, lambda: self.seconds, **given)
        found.take_up()
        return found

    def open_eye(self, watched: Watched, known: Known | None, told: frozenset[str]) -> Eye:
        self.opened += 1
        camera = DrawnCamera(watched, self.scenes[watched.code])
        return Eye(watched, camera, known=known, told=told, timezone=self.database.time_zone)

    def go(self, patrol: Patrol, seconds: float, submit: Callable[..., object] | None = None) -> None:
        """Let time pass, second by second; looks are done at once."""
        for _ in range(round(seconds)):
            self.seconds += 1.0
            self.clock.advance(timedelta(seconds=1))
            patrol.turn(submit or _at_once, 0.0)

    def parks(self, code: str = "a", after: float = LEARNT, until: float = 600.0) -> None:
        """Let something come to stand before a camera, so many seconds from now."""
        now = self.clock.now()
        self.scenes[code].thing = now + after * SECOND, now + until * SECOND

    def rows(self, statement: str) -> list[Any]:
        """What a query finds."""
        from sqlalchemy import text

        with self.database.unit_of_work() as uow:
            return list(uow.conn.execute(text(statement)))

    def run_jobs(self) -> list[str]:
        """Have the jobs done; the turns of all that was taken by now."""
        run_all(self.database, settings=self.settings)
        return [one.turn for _, one, _ in self.taken]


def _at_once(function: Callable[..., object], *given: object) -> None:
    function(*given)


ZONE: dict[str, Any] = {
    "key": "kerb",
    "name": "路边",
    "type": "no_parking",
    "outline": WHOLE,
    "rules": ["standing"],
    "dwell": DWELL,
    "grace": 10.0,
}


def add_camera(uow: UnitOfWork, code: str, **values: Any) -> int:
    """A camera of the district."""
    unit: dict[str, Any] = {
        "code": "west",
        "name_zh": "西区",
        "name_en": "West",
        "kind": "district",
        "parent_id": None,
    }
    unit |= {"is_platform": True, "area_code": "610102", "unit_type": None}
    unit_id = units.save(uow.conn, unit)
    uow.changed("units")
    given = {
        "name": f"摄像头 {code}",
        "lon": 108.9,
        "lat": 34.2,
        "url": code,
        "source": "files",
        "interval": 1.0,
    }
    return registry.add(uow, {**given, "code": code, "unit_id": unit_id, **values})


def with_categories(uow: UnitOfWork) -> None:
    """Give the city those categories of its catalogue of which the rules of the product speak, each with one condition."""
    names = ("major_zh", "major_en", "name_zh", "name_en", "unit_type")
    codes = ("0401", "0405", "0409")
    rows = [{"scheme": "gb30428", "kind": "event", "code": code} for code in codes]
    uow.conn.execute(
        insert(catalogues.category),
        [{**row, "major_code": "04", **dict.fromkeys(names, "-")} for row in rows],
    )
    texts = ("condition_zh", "condition_en", "closing_zh", "closing_en", "unit_type")
    conditions = {"condition_no": 1, "limit": 4, "unit_of_time": "work_hour", **dict.fromkeys(texts, "-")}
    uow.conn.execute(insert(catalogues.standard), [{**row, **conditions} for row in rows])
    uow.changed(catalogues.REVISION)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(Settings.from_environment({}), home=tmp_path)


@pytest.fixture
def street(
    database: Database, clock: SteppedClock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Street:
    """A street without cameras, whose receiver takes all."""
    found = Street(database, clock, settings)
    monkeypatch.setattr(receivers, "_receivers", [])

    @receivers.receiver
    def take(
        database: Database, settings: Settings, camera_id: int, sighting: Sighting, clip: bytes | None
    ) -> None:
        found.taken.append((camera_id, sighting, clip))

    return found
