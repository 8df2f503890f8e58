"""Vendors and goods before shops on made scenes: candidates for a person to look at, found and few.

No model that comes with the product knows a vendor or goods: what is held here is that something new that stands on the walk is
found, WITHOUT any verification of classes, that hardly anything else is taken for it, and that all of it goes to review.
"""

from __future__ import annotations

import pytest

from tests.vision.watching import Outcome, outcome, watch
from vision.made.scene import Scene
from vision.sighting import Sighting

#: Kind, weather, seconds between two samples, seed, seconds of the scene.
RUNS = (
    ("vendor", "day", 5.0, 31, 2400.0),
    ("vendor", "light", 2.0, 32, 500.0),
    ("vendor", "rain", 5.0, 33, 1200.0),
    ("vendor", "shake", 5.0, 34, 1200.0),
    ("vendor", "night", 5.0, 35, 1200.0),
    ("frontage", "day", 5.0, 41, 2400.0),
    ("frontage", "light", 5.0, 42, 1200.0),
    ("frontage", "rain", 2.0, 43, 550.0),
    ("frontage", "shake", 5.0, 44, 1200.0),
)


@pytest.fixture(scope="module")
def told() -> list[Sighting]:
    """All alarms of all runs; filled by `whole`."""
    return []


@pytest.fixture(scope="module")
def whole(told: list[Sighting]) -> Outcome:
    """What was told of all runs together."""
    result = Outcome()
    for kind, weather, every, seed, seconds in RUNS:
        scene = Scene(kind, seed, weather=weather, seconds=seconds)
        alarms = watch(scene, every)
        told += alarms
        result.add(outcome(scene, alarms, every))
    return result


def test_nine_of_ten_vendors_and_shops_are_told(whole: Outcome) -> None:
    assert len(whole.found) + len(whole.missed) >= 18
    assert whole.recall >= 0.9, whole.missed


def test_at_most_one_false_candidate_comes_in_an_hour(whole: Outcome) -> None:
    assert len(whole.false) <= whole.seconds / 3600.0, whole.false


def test_few_are_told_in_two_pieces(whole: Outcome) -> None:
    assert len(whole.again) <= 0.25 * len(whole.found), whole.again


@pytest.mark.usefixtures("whole")
def test_all_of_it_goes_to_review(told: list[Sighting]) -> None:
    assert told
    assert not any(sighting.verified for sighting in told)
