"""Slots: what stands there, what hides it, and what is gone; and how one looks back for its beginning."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest

from tests.vision.drawn import BEGAN, bus, car, street
from vision.frame import Picture
from vision.gate.background import Background
from vision.gate.blobs import blobs
from vision.gate.planes import planes, work_size
from vision.lookback import Lookback, likeness
from vision.slots import MOST, Slot, Slots, is_over

SIZE = work_size((320, 180))


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


class Place:
    """A background, and the slot of a car that has come to stand before it."""

    def __init__(self) -> None:
        self.background = Background(planes(street(), SIZE))
        self.slots = Slots((SIZE[1], SIZE[0]))
        foreground = self.background.see(planes(car(street()), SIZE), 2.0, None)
        slot = self.slots.add(blobs(foreground.differs)[0], at(0), at(2), foreground.planes.y)
        assert slot is not None
        self.slot: Slot = slot

    def see(self, picture: Picture, seconds: float) -> str:
        foreground = self.background.see(planes(picture, SIZE), 2.0, self.slots.kept())
        self.slots.see(foreground, at(seconds))
        return self.slot.state


@pytest.mark.parametrize("light", [1.0, 1.3, 0.6])
def test_it_is_there_in_whatever_light(light: float) -> None:
    place = Place()
    picture = np.clip(car(street()) * light, 0, 255).astype(np.uint8)

    assert place.see(picture, 10) == "there"


def test_it_is_hidden_behind_what_passes_and_there_again() -> None:
    place = Place()

    assert place.see(bus(car(street())), 20) == "hidden"
    assert place.see(car(street()), 22) == "there"
    assert place.slot.missing_at is None


def test_it_is_away_when_the_street_is_seen() -> None:
    place = Place()

    assert place.see(street(), 20) == "away"
    assert place.slot.missing_at == at(20)


def test_another_car_at_its_place_is_not_it() -> None:
    place = Place()
    other = street()
    other[108:136, 96:160] = np.indices((28, 64)).sum(0)[..., None] % 16 * 15

    assert place.see(other, 20) == "hidden"


def test_a_passing_absence_keeps_its_time_and_a_long_one_ends_it() -> None:
    place = Place()
    place.see(street(), 100)

    assert not is_over(place.slot, at(150), grace=60.0, interval=2.0)
    assert is_over(place.slot, at(170), grace=60.0, interval=2.0)


def test_what_had_only_just_come_is_not_waited_for() -> None:
    place = Place()
    place.see(street(), 4)

    assert is_over(place.slot, at(14), grace=60.0, interval=2.0)


def test_who_has_left_is_not_waited_for_but_who_is_hidden_is() -> None:
    place = Place()
    place.slot.name = "person"
    hidden = place.see(bus(car(street())), 50)
    waited = is_over(place.slot, at(60), grace=60.0, interval=1.0)
    gone = place.see(street(), 100)

    assert (hidden, waited, gone) == ("there", False, "away")
    assert not is_over(place.slot, at(104), grace=60.0, interval=1.0)
    assert is_over(place.slot, at(105), grace=60.0, interval=1.0)


def test_what_hides_it_may_come_and_leave_beside_the_minute_it_stands() -> None:
    place = Place()
    place.see(bus(car(street())), 100)

    assert not is_over(place.slot, at(172), grace=60.0, interval=2.0)
    assert is_over(place.slot, at(190), grace=60.0, interval=2.0)


def test_what_stands_there_explains_its_pixels_and_no_others() -> None:
    place = Place()
    two = car(car(street()), 0.55, (90, 40, 30))
    foreground = place.background.see(planes(two, SIZE), 2.0, place.slots.kept())
    place.slots.see(foreground, at(10))

    rest = blobs(place.slots.unexplained(foreground.differs, foreground.planes.y))

    assert [round(blob.box[0], 2) for blob in rest] == [0.55]


def test_the_background_is_kept_behind_what_stands_or_is_hidden() -> None:
    place = Place()
    kept = place.slots.kept()
    place.see(street(), 20)

    assert kept is not None
    assert kept[SIZE[1] * 65 // 100, SIZE[0] * 2 // 5] == 255
    assert place.slots.kept() is None


def test_there_are_no_more_slots_than_a_camera_may_have() -> None:
    place = Place()
    blob = blobs(place.background.see(planes(car(street()), SIZE), 2.0, None).differs)[0]
    for number in range(2 * MOST):
        place.slots.add(blob, at(number), at(number), place.background.base.y)

    assert len(place.slots.standing) == MOST


def test_one_looks_back_for_the_beginning_past_who_walked_by() -> None:
    lookback = Lookback()
    for number in range(14):
        picture = street() if number < 5 else car(street())
        lookback.keep(at(number), planes(bus(picture) if number == 8 else picture, SIZE).y)
    mask = np.full((28, 64), 255, np.uint8)

    began, samples = lookback.since((slice(108, 136), slice(96, 160)), mask)

    assert began == at(5)
    assert samples == 8


def test_likeness_is_blind_to_light_and_not_to_form() -> None:
    form = np.random.default_rng(1).integers(20, 120, 500).astype(np.uint8)

    assert likeness(form, (form * 1.6 + 20).astype(np.uint8)) > 0.99
    assert abs(likeness(form, form[::-1])) < 0.2
    assert likeness(np.full(9, 80, np.uint8), np.full(9, 120, np.uint8)) == 1.0
