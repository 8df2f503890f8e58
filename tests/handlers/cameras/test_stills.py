"""Stills: the newest and those of the last hours are there, and never more than the bounds."""

from __future__ import annotations

import errno
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from engine.errors import NotFound
from engine.settings import Settings
from handlers.cameras import stills
from handlers.cameras.stills import Stills
from tests.conftest import MONDAY

MINUTE = timedelta(minutes=1)


@pytest.fixture
def kept(tmp_path: Path) -> Stills:
    return Stills(replace(Settings.from_environment({}), home=tmp_path))


def test_the_newest_is_the_last_that_was_kept(kept: Stills) -> None:
    for number in range(3):
        kept.keep(7, MONDAY + number * MINUTE, b"%d" % number, recent=False)

    newest = kept.newest(7)

    assert newest is not None
    assert (newest.at, newest.read()) == (MONDAY + 2 * MINUTE, b"2")
    assert kept.recent(7) == []


def test_of_a_camera_that_was_never_seen_there_is_nothing(kept: Stills) -> None:
    assert (kept.newest(7), kept.recent(7)) == (None, [])


def test_those_of_the_last_hours_come_in_their_order(kept: Stills) -> None:
    for number in (2, 0, 1):
        kept.keep(7, MONDAY + number * MINUTE, b"%d" % number, recent=True)

    assert [(one.at, one.read()) for one in kept.recent(7)] == [
        ((MONDAY + number * MINUTE).astimezone(UTC), b"%d" % number) for number in range(3)
    ]


def test_the_oldest_are_removed(kept: Stills, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stills, "MOST", 2)
    for number in range(4):
        kept.keep(7, MONDAY + number * MINUTE, b"%d" % number, recent=True)

    assert [one.read() for one in kept.recent(7)] == [b"2", b"3"]


def test_no_camera_takes_more_than_its_bytes(kept: Stills, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stills, "MAX_BYTES", 250)
    for number in range(4):
        kept.keep(7, MONDAY + number * MINUTE, b"x" * 100, recent=True)

    assert len(kept.recent(7)) == 2


def test_one_that_was_removed_meanwhile_is_not_found(kept: Stills) -> None:
    kept.keep(7, MONDAY, b"1", recent=True)
    (still,) = kept.recent(7)
    still.path.unlink()

    with pytest.raises(NotFound):
        still.read()


def test_those_of_cameras_that_are_gone_are_removed(kept: Stills) -> None:
    for camera in (7, 8):
        kept.keep(camera, MONDAY, b"1", recent=True)

    assert kept.forget_others({8}) == 1
    assert (kept.newest(7), len(kept.recent(8))) == (None, 1)


def test_nobody_else_on_the_machine_may_read_them(kept: Stills) -> None:
    kept.keep(7, MONDAY, b"1", recent=True)

    assert {one.path.stat().st_mode & 0o077 for one in kept.recent(7)} == {0}


def test_a_still_that_the_disk_does_not_take_leaves_nothing(
    kept: Stills, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr("os.utime", full)

    with pytest.raises(OSError, match="no space"):
        kept.keep(7, MONDAY, b"x", recent=True)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
