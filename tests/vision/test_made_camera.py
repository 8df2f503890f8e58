"""The demonstration's camera: stills of a made street that loop by the clock, and what is told of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.vision.watching import BEGAN
from vision import rules
from vision.frame import Frame, Picture
from vision.made import camera
from vision.made.camera import CameraPlan
from vision.made.scene import Scene
from vision.sighting import Sighting
from vision.watching import Watcher


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CameraPlan]:
    """The stills, written over an older folder."""
    folder = tmp_path_factory.mktemp("made") / "stills"
    folder.mkdir()
    (folder / "old.jpg").write_bytes(b"old")
    return folder, camera.write(folder)


@pytest.fixture(scope="module")
def stills(written: tuple[Path, CameraPlan]) -> list[Picture]:
    return [np.asarray(cv2.imread(str(path)), dtype=np.uint8) for path in sorted(written[0].iterdir())]


def seen(stills: list[Picture], plan: CameraPlan, begin: int, count: int) -> list[tuple[int, Sighting]]:
    """The alarms of a watch that begins at a still, each with the stills that were seen before it."""
    watcher = Watcher(plan.zones, rules.shipped(), None)
    told = []
    for number in range(count):
        frame = Frame(stills[(begin + number) % len(stills)], BEGAN + timedelta(seconds=number * plan.every))
        told += [(number, sighting) for sighting in watcher.see(frame) if sighting.turn == "alarm"]
    return told


def test_the_stills_are_as_many_as_the_loop_is_long_and_small(written: tuple[Path, CameraPlan]) -> None:
    folder, plan = written
    files = sorted(folder.iterdir())

    assert len(files) == plan.seconds / plan.every
    assert sum(path.stat().st_size for path in files) < 6_000_000


def test_every_still_says_that_it_is_made(stills: list[Picture]) -> None:
    label = stills[0][:18, :96].astype(int)

    assert label.max() > 200
    assert all(np.abs(still[:18, :96].astype(int) - label).mean() < 4.0 for still in stills)


def test_writing_it_again_replaces_it(written: tuple[Path, CameraPlan]) -> None:
    folder = written[0]

    assert not (folder / "old.jpg").exists()
    assert [path.name for path in folder.parent.iterdir()] == ["stills"]


def test_the_end_of_the_loop_goes_over_into_its_beginning() -> None:
    scene = Scene(camera.PLAN, 1, seconds=camera.SECONDS, period=camera.SECONDS)

    for seconds in (0.0, 0.5):
        now, then = (
            [thing for thing in scene.things(at) if abs(thing.x) < 40.0]
            for at in (seconds, seconds + camera.SECONDS)
        )
        assert [thing.kind for thing in now] == [thing.kind for thing in then]
        assert [thing.x for thing in now] == pytest.approx([thing.x for thing in then])


def test_what_happens_is_told_once_a_loop(stills: list[Picture], written: tuple[Path, CameraPlan]) -> None:
    plan = written[1]

    told = seen(stills, plan, 235, 2 * len(stills))

    expected = 2 * [
        ("parking", 22),
        ("parking", 62),
        ("parking", 102),
        ("vendor", 144),
        ("parking", 178),
        ("parking", 218),
    ]
    assert [sighting.zone for _, sighting in told] == [zone for zone, _ in expected]
    for (number, _), (_, due) in zip(told, expected, strict=True):
        assert due - 2 <= (235 + number) % len(stills) <= due + 5


@pytest.mark.parametrize("begin", [8, 45, 88, 122, 162, 204])
def test_whenever_a_watch_begins_it_tells_something_within_a_minute(
    stills: list[Picture], written: tuple[Path, CameraPlan], begin: int
) -> None:
    assert seen(stills, written[1], begin, 62)
