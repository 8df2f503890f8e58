"""The whole step of one camera."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.vision.drawn import BEGAN, CAR, ZONE, Answering, bus, car, frame, parks_at, street, watched
from vision.detect import Detection
from vision.errors import VisionError
from vision.frame import Frame, Picture, overlap
from vision.rules import Rule, of_row, shipped
from vision.sighting import Sighting
from vision.watching import Watcher
from vision.zones import Hours


def alarms(told: list[Sighting]) -> list[float]:
    return [(one.at - BEGAN).total_seconds() for one in told if one.turn == "alarm"]


@pytest.mark.parametrize("every", [1.0, 2.0, 5.0])
def test_a_car_that_parks_is_told_when_its_time_is_up(every: float) -> None:
    watcher = Watcher([ZONE], shipped(), None)

    told = watched(watcher, parks_at(60.0), 0.0, 120.0, every)

    assert alarms(told) == [100.0]
    assert (told[0].began_at - BEGAN).total_seconds() == 60.0
    assert overlap(told[0].box, CAR) > 0.7
    assert not told[0].verified


def test_a_car_that_only_stops_is_not_told() -> None:
    told = watched(Watcher([ZONE], shipped(), None), parks_at(60.0, 90.0), 0.0, 180.0)

    assert told == []


def test_what_stands_beside_the_zone_is_not_told() -> None:
    zone = replace(ZONE, outline=((0.6, 0.3), (0.9, 0.3), (0.9, 0.95), (0.6, 0.95)))

    told = watched(Watcher([zone], shipped(), None), parks_at(60.0), 0.0, 130.0)

    assert told == []


def test_it_tells_once_then_once_a_while_and_at_last_that_it_is_over() -> None:
    watcher = Watcher([ZONE], shipped(), None)

    told = watched(watcher, parks_at(60.0, 260.0), 0.0, 360.0)

    assert [one.turn for one in told] == ["alarm", "goes_on", "over"]
    assert len({one.slot for one in told}) == 1
    assert watcher.seen().slots == ()


def test_the_place_of_a_car_that_left_is_no_ghost() -> None:
    told = watched(Watcher([ZONE], shipped(), None), parks_at(60.0, 260.0), 0.0, 420.0, 5.0)

    assert alarms(told) == [100.0]


def test_what_stood_there_from_the_first_and_leaves_is_no_sighting() -> None:
    told = watched(Watcher([ZONE], shipped(), None), parks_at(-1.0, 100.0), 0.0, 240.0)

    assert told == []


def test_two_cars_side_by_side_are_two() -> None:
    def draw(now: float) -> Picture:
        picture = parks_at(60.0)(now)
        return car(picture, 0.51, (90, 40, 30)) if now >= 80.0 else picture

    told = watched(Watcher([ZONE], shipped(), None), draw, 0.0, 140.0)

    assert alarms(told) == [100.0, 120.0]


def test_one_car_is_one_over_changing_light_and_a_minute_behind_a_bus() -> None:
    def draw(now: float) -> Picture:
        picture = street(1.25 if now >= 120.0 else 1.0 - min(now, 60.0) / 200.0, seed=int(now))
        if now >= 60.0:
            picture = car(picture)
        return bus(picture) if 130.0 <= now < 190.0 else picture

    told = watched(Watcher([ZONE], shipped(), None), draw, 0.0, 300.0)

    assert alarms(told) == [100.0]
    assert [one.turn for one in told] == ["alarm", "goes_on"]


def test_time_runs_on_over_a_restart() -> None:
    first = Watcher([ZONE], shipped(), None)
    watched(first, parks_at(60.0), 0.0, 80.0)

    second = Watcher([ZONE], shipped(), None, first.checkpoint())
    told = watched(second, parks_at(60.0), 96.0, 120.0)

    assert alarms(told) == [100.0]
    assert [still.role for still in told[0].stills] == ["before", "begin", "half", "alarm"]


def test_a_restart_does_not_tell_again() -> None:
    first = Watcher([ZONE], shipped(), None)
    watched(first, parks_at(60.0), 0.0, 120.0)

    second = Watcher([ZONE], shipped(), None, first.checkpoint())
    told = watched(second, parks_at(60.0, 150.0), 124.0, 260.0)

    assert [one.turn for one in told] == ["over"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda state: b"",
        lambda state: b"\x80\x04N.",
        lambda state: state[:-9],
        lambda state: state[:40] + bytes(40) + state[80:],
        lambda state: b"GCWATCH\x02" + state[8:],
    ],
)
def test_a_checkpoint_that_cannot_be_read_begins_anew(damage) -> None:  # type: ignore[no-untyped-def]
    first = Watcher([ZONE], shipped(), None)
    watched(first, parks_at(60.0), 0.0, 80.0)

    second = Watcher([ZONE], shipped(), None, damage(first.checkpoint()))

    assert second.seen().learning > 0
    assert second.seen().slots == ()


def test_a_checkpoint_is_small_and_a_camera_of_another_size_begins_anew() -> None:
    first = Watcher([ZONE], shipped(), None)
    watched(first, parks_at(60.0), 0.0, 80.0)

    state = first.checkpoint()
    second = Watcher([ZONE], shipped(), None, state)
    second.see(frame(np.zeros((240, 320, 3), np.uint8), 90.0))

    assert len(state) < 300_000
    assert second.seen().learning > 0


def test_an_older_frame_is_left_out_and_counted() -> None:
    watcher = Watcher([ZONE], shipped(), None)
    watched(watcher, parks_at(60.0), 0.0, 80.0)

    told = watched(watcher, parks_at(0.0), 40.0, 60.0)

    assert told == []
    assert watcher.seen().late == 10


def test_a_clock_that_was_set_back_blinds_no_camera() -> None:
    watcher = Watcher([ZONE], shipped(), None)
    watched(watcher, parks_at(60.0), 10_000.0, 10_080.0)
    restored = Watcher([ZONE], shipped(), None, watcher.checkpoint())

    told = watched(restored, parks_at(60.0), 0.0, 300.0)

    assert [one.turn for one in told][:1] == ["alarm"]


def test_the_stills_are_the_bytes_that_the_camera_sent() -> None:
    watcher = Watcher([ZONE], shipped(), None)
    told: list[Sighting] = []
    for now in range(0, 110, 2):
        taken = frame(parks_at(60.0)(now), now)
        told += watcher.see(replace(taken, jpeg=f"sent at {now}".encode()))

    stills = {one.role: (one.jpeg, one.original) for one in told[0].stills}

    assert stills == {
        "before": (b"sent at 58", True),
        "begin": (b"sent at 60", True),
        "half": (b"sent at 80", True),
        "alarm": (b"sent at 100", True),
    }


def test_a_detector_that_agrees_verifies() -> None:
    detector = Answering("car")

    told = watched(Watcher([ZONE], shipped(), detector), parks_at(60.0), 0.0, 120.0)

    assert [(one.verified, one.name, one.model) for one in told] == [(True, "car", "told")]
    assert detector.asked <= 3


def test_a_detector_that_does_not_agree_prevents_and_is_asked_ever_more_seldom() -> None:
    detector = Answering("oven")

    told = watched(Watcher([ZONE], shipped(), detector), parks_at(60.0), 0.0, 400.0)

    assert told == []
    assert 3 <= detector.asked <= 10


def test_a_rule_that_needs_no_agreement_tells_what_no_detector_knows() -> None:
    zone = replace(ZONE, rules=("standing",))

    told = watched(Watcher([zone], shipped(), Answering()), parks_at(60.0), 0.0, 120.0)

    assert [(one.turn, one.verified) for one in told] == [("alarm", False)]


def test_a_detector_parts_what_flowed_together() -> None:
    def draw(now: float) -> Picture:
        picture = parks_at(60.0)(now)
        return car(picture, 0.5, (90, 40, 30)) if now >= 60.0 else picture

    told = watched(Watcher([ZONE], shipped(), Answering("car", parts=2)), draw, 0.0, 120.0)

    assert alarms(told) == [100.0, 100.0]
    assert len({one.slot for one in told}) == 2


class Knowing(Answering):
    """A detector that finds the car where it stands, and only when it is shown the whole picture."""

    def detect(self, picture: Picture, at_least: float = 0.3) -> list[Detection]:
        """The car."""
        self.asked += 1
        return [Detection("car", 0.9, CAR)] if picture.shape[1] == 320 else []


def test_what_stands_there_at_the_start_is_found_by_the_detector() -> None:
    watcher = Watcher([ZONE], shipped(), Knowing())

    told = watched(watcher, parks_at(-1.0), 0.0, 60.0)

    assert alarms(told) == [40.0]
    assert told[0].began_at == BEGAN
    assert told[0].verified


def test_a_persons_rule_counts_people() -> None:
    rule = of_row(
        {
            "key": "crowd",
            "version": 1,
            "zone_types": ["no_parking"],
            "classes": [],
            "expression": 'stands("anything") >= dwell and count("person") >= 2',
            "dwell": 30,
            "verify": False,
            "title": {"zh": "聚集", "en": "Crowd"},
            "scheme": "gb30428",
            "category": "0401",
            "description": "聚集",
        }
    )
    zone = replace(ZONE, rules=("crowd",), dwell=0.0)

    one = watched(Watcher([zone], {"crowd": rule}, Answering("person")), parks_at(60.0), 0.0, 120.0)
    two = watched(Watcher([zone], {"crowd": rule}, Answering("person", parts=2)), parks_at(60.0), 0.0, 120.0)

    assert alarms(one) == []
    assert alarms(two) != []


def test_time_counts_from_when_the_zones_hours_begin() -> None:
    zone = replace(ZONE, hours=(Hours(time(8, 1, 20), time(9)),))

    told = watched(Watcher([zone], shipped(), None), parks_at(60.0), 0.0, 140.0)

    assert alarms(told) == [120.0]


def test_hours_are_read_in_the_citys_time_zone() -> None:
    zone = replace(ZONE, hours=(Hours(time(16), time(17)),))
    city = ZoneInfo("Asia/Shanghai")

    told = watched(Watcher([zone], shipped(), None, timezone=city), parks_at(60.0), 0.0, 120.0)
    other = watched(Watcher([zone], shipped(), None), parks_at(60.0), 0.0, 120.0)

    assert alarms(told) == [100.0]
    assert other == []


def test_it_is_over_when_the_hours_are() -> None:
    zone = replace(ZONE, hours=(Hours(time(8), time(8, 2)),))

    told = watched(Watcher([zone], shipped(), None), parks_at(60.0), 0.0, 140.0)

    assert [(one.turn, (one.at - BEGAN).total_seconds()) for one in told] == [
        ("alarm", 100.0),
        ("over", 120.0),
    ]


def test_a_page_sees_what_the_rule_sees() -> None:
    watcher = Watcher([ZONE], shipped(), None)
    learning = watcher.seen().learning
    watched(watcher, parks_at(60.0), 0.0, 81.0)

    view = watcher.seen()

    assert learning == 11
    assert view.learning == 0
    assert [(slot.zones, slot.state, slot.seconds, slot.alarmed) for slot in view.slots] == [
        (("kerb",), "there", 20.0, False)
    ]
    assert overlap(view.stationary[0], CAR) > 0.6


def test_another_view_begins_anew() -> None:
    watcher = Watcher([ZONE], shipped(), None)
    watched(watcher, parks_at(60.0), 0.0, 80.0)

    tiles = np.random.default_rng(5).integers(0, 255, (12, 20, 3), dtype=np.uint8)
    elsewhere = np.repeat(np.repeat(tiles, 15, 0), 16, 1)
    watched(watcher, lambda now: elsewhere, 80.0, 110.0)

    assert watcher.seen().learning > 0


def test_a_zone_that_names_an_unknown_rule_is_refused() -> None:
    with pytest.raises(VisionError) as refused:
        Watcher([replace(ZONE, rules=("unheard_of",))], shipped(), None)

    assert refused.value.field == "rules"


def test_frames_of_any_shape_are_seen() -> None:
    for shape in ((16, 16, 3), (1, 1, 3), (1080, 200, 3), (37, 501, 3)):
        watcher = Watcher([ZONE], shipped(), None)
        rng = np.random.default_rng(4)
        for now in range(20):
            picture = rng.integers(0, 255, shape, dtype=np.uint8)
            watcher.see(Frame(picture, BEGAN + timedelta(seconds=now)))

        assert watcher.seen().at is not None


def test_a_rule_of_two_versions_is_told_by_its_version() -> None:
    newer: Rule = replace(shipped()["parking"], version=3)

    told = watched(Watcher([ZONE], {"parking": newer}, None), parks_at(60.0), 0.0, 110.0)

    assert [one.rule_version for one in told] == [3]
