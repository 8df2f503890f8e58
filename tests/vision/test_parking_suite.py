"""Illegally parked vehicles on made scenes: recall, false alarms, and how late an alarm comes.

The scenes are drawn, and no detector knows drawn vehicles: this suite holds the gate, the zones, the slots and the dwell WITHOUT
the verification of classes. What verification does is held on real pictures by test_real_clips.py.

The design is a spread: vehicles that park, park beside each other and are hidden meet every weather, and the samplings of 1, 2 and
5 seconds are spread over them, rather than each in all combinations.
"""

from __future__ import annotations

import pytest

from tests.vision.watching import Outcome, outcome, watch
from vision.made.acts import Parked
from vision.made.plans import Plan
from vision.made.scene import Scene

#: Kind, weather, seconds between two samples, seed, seconds of the scene.
RUNS = (
    ("traffic", "night", 2.0, 2, 300.0),
    ("traffic", "rain", 1.0, 3, 150.0),
    ("traffic", "shake", 5.0, 4, 600.0),
    ("parking", "day", 5.0, 6, 1200.0),
    ("parking", "light", 1.0, 7, 320.0),
    ("parking", "night", 5.0, 8, 1200.0),
    ("parking", "rain", 2.0, 9, 400.0),
    ("parking", "shake", 1.0, 10, 240.0),
    ("neighbours", "day", 2.0, 11, 340.0),
    ("neighbours", "light", 5.0, 12, 1200.0),
    ("neighbours", "night", 1.0, 13, 340.0),
    ("neighbours", "rain", 5.0, 14, 1000.0),
    ("neighbours", "shake", 2.0, 15, 340.0),
    ("occlusion", "day", 1.0, 16, 310.0),
    ("occlusion", "light", 2.0, 17, 330.0),
    ("occlusion", "night", 2.0, 18, 620.0),
    ("occlusion", "rain", 5.0, 19, 900.0),
    ("occlusion", "shake", 5.0, 20, 900.0),
)

#: One car that stands there while the light goes through all its changes.
STAYING = Plan(told=(("parking", Parked(80.0, 620.0, 1.0, "car", 2)),))


@pytest.fixture(scope="module")
def whole() -> Outcome:
    """What was told of all runs together."""
    result = Outcome()
    for kind, weather, every, seed, seconds in RUNS:
        scene = Scene(kind, seed, weather=weather, seconds=seconds)
        result.add(outcome(scene, watch(scene, every), every))
    return result


def test_nearly_every_parked_vehicle_is_told(whole: Outcome) -> None:
    assert len(whole.found) + len(whole.missed) >= 40
    assert whole.recall >= 0.95, whole.missed


def test_nothing_else_is_told(whole: Outcome) -> None:
    assert not [sighting for sighting in whole.false if sighting.rule == "parking"]


def test_no_vehicle_is_told_twice(whole: Outcome) -> None:
    assert not whole.again


def test_vehicles_are_seldom_candidates_for_vendors_or_goods(whole: Outcome) -> None:
    assert len(whole.false) <= whole.seconds / 3600.0, whole.false


def test_no_alarm_is_more_than_two_samples_late(whole: Outcome) -> None:
    assert whole.latest <= 2, [one for one in whole.found if one[1] > 2]


@pytest.mark.parametrize("every", [1.0, 5.0])
def test_one_car_is_one_sighting_over_a_bus_before_it_and_a_restart(every: float) -> None:
    scene = Scene("occlusion", 21, weather="light", seconds=320.0)
    event = scene.truth[0]

    told = watch(scene, every, restarts=(event.begin + 40.0, event.begin + 130.0))

    assert len(told) == 1
    assert outcome(scene, told, every).latest <= 2


def test_one_car_is_one_sighting_over_dusk_and_jumps_of_the_light() -> None:
    scene = Scene(STAYING, 22, weather="light", seconds=640.0)

    assert len(watch(scene, 5.0)) == 1
