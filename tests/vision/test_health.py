"""The health of a camera by its pictures: what is told after how long, and what is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from vision.frame import Frame, Picture
from vision.health import Health

BEGIN = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)
Change = Callable[[Picture], Picture]


class Street:
    """A drawn street before one camera: houses, noise, and somebody who walks by."""

    def __init__(self) -> None:
        chance = np.random.default_rng(3)
        self._chance = chance
        self._empty: Picture = np.full((360, 640, 3), 110, np.uint8)
        for _ in range(60):
            left, top = int(chance.integers(0, 600)), int(chance.integers(0, 330))
            wide, high = int(chance.integers(10, 60)), int(chance.integers(10, 50))
            colour = chance.integers(20, 235, 3).tolist()
            cv2.rectangle(self._empty, (left, top), (left + wide, top + high), colour, -1)
        self.at = BEGIN
        self.health = Health()

    def see(self, count: int, change: Change = lambda picture: picture) -> list[set[str]]:
        """What is told with each of so many frames, five seconds apart."""
        told = []
        for _ in range(count):
            self.at += timedelta(seconds=5)
            left = int(self.at.timestamp()) * 3 % 600
            picture = self._empty.copy()
            picture[200:280, left : left + 30] = 30
            noisy = picture.astype(np.int16) + self._chance.integers(-4, 5, picture.shape, np.int16)
            shown = change(np.clip(noisy, 0, 255).astype(np.uint8))
            told.append(self.health.see(Frame(shown, self.at)))
        return told


def darker(share: float) -> Change:
    return lambda picture: (picture * share).astype(np.uint8)


def shifted(pixels: int) -> Change:
    return lambda picture: np.roll(picture, pixels, axis=1)


def blurred(picture: Picture) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 5), np.uint8)


def turned(picture: Picture) -> Picture:
    return np.ascontiguousarray(picture[::-1, ::-1])


@pytest.fixture
def street() -> Street:
    street = Street()
    street.see(12)
    return street


def test_camera_that_is_well_has_no_trouble() -> None:
    assert set().union(*Street().see(40)) == set()


@pytest.mark.parametrize(
    ("change", "name", "seconds"),
    [(darker(0.05), "dark", 30), (blurred, "blurred", 60), (shifted(60), "moved", 30), (turned, "moved", 30)],
)
def test_trouble_is_told_when_it_lasts_and_ends_when_it_is_gone(
    change: Change, name: str, seconds: int, street: Street
) -> None:
    told = street.see(20, change)
    after = street.see(20)

    quiet = next(place for place, names in enumerate(told) if names)
    assert seconds // 5 <= quiet <= seconds // 5 + 3
    assert told[-1] == {name}
    assert after[0] == {name}
    assert after[-1] == set()


def test_same_picture_again_and_again_is_frozen(street: Street) -> None:
    kept: list[Picture] = []

    def freeze(picture: Picture) -> Picture:
        kept.append(picture)
        return kept[0]

    told = street.see(20, freeze)
    after = street.see(1)

    assert told[10] == set()
    assert told[-1] == {"frozen"}
    assert after == [set()]


@pytest.mark.parametrize("change", [darker(0.05), blurred, shifted(60)])
def test_what_passes_within_seconds_is_not_told(change: Change, street: Street) -> None:
    assert street.see(4, change) + street.see(10) == [set()] * 14


@pytest.mark.parametrize(
    "change", [darker(0.5), lambda picture: cv2.convertScaleAbs(picture, alpha=1.4), shifted(4)]
)
def test_light_and_a_mast_that_sways_are_no_trouble(change: Change, street: Street) -> None:
    assert set().union(*street.see(30, change)) == set()


def test_state_goes_on_where_it_was(street: Street) -> None:
    street.see(20, shifted(60))

    street.health = Health(json.loads(json.dumps(street.health.state())))

    assert street.see(1, shifted(60)) == [{"moved"}]


def test_camera_whose_zones_were_drawn_anew_has_not_moved(street: Street) -> None:
    street.see(20, shifted(60))

    street.health.settle()

    assert set().union(*street.see(20, shifted(60))) == set()


@pytest.mark.parametrize(
    "state",
    [{"version": 9}, {"version": 1}, {"version": 1, "reference": "????", "last": "", "spells": {}}, {"x": 1}],
)
def test_state_that_cannot_be_read_begins_anew(state: dict[str, object], street: Street) -> None:
    street.health = Health(state)

    assert set().union(*street.see(12)) == set()


def test_state_is_small(street: Street) -> None:
    assert len(json.dumps(street.health.state())) < 40_000
