"""Made scenes: pictures of any instant, the same each time, and the truth about them."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from vision import rules
from vision.frame import cut
from vision.made.light import WEATHERS, brightness
from vision.made.plans import PLANS
from vision.made.scene import Event, Scene
from vision.rules import of_zone

TOLD = [kind for kind in PLANS if kind != "traffic"]


def contrast(scene: Scene, event: Event, seconds: float) -> float:
    """How far the place of an event differs from what it was before, in grey levels."""
    now = cut(scene.frame(seconds), event.box).astype(np.int16)
    before = cut(scene.frame(event.begin - 45.0), event.box).astype(np.int16)
    return float(np.abs(now - before).mean())


@pytest.mark.parametrize("weather", WEATHERS)
def test_a_frame_is_the_same_whatever_was_asked_before(weather: str) -> None:
    one, other = Scene("parking", 3, weather=weather), Scene("parking", 3, weather=weather)

    first = {seconds: one.frame(seconds) for seconds in (0.0, 95.5, 300.0)}

    for seconds in (300.0, 0.0, 95.5):
        np.testing.assert_array_equal(other.frame(seconds), first[seconds])


def test_another_seed_is_another_scene() -> None:
    assert np.abs(Scene("traffic", 1).frame(50.0).astype(int) - Scene("traffic", 2).frame(50.0)).mean() > 2.0


def test_frames_come_in_the_size_that_was_asked_for() -> None:
    large = Scene("parking", 1, size=(1280, 720))
    small = Scene("parking", 1)

    assert large.frame(100.0).shape == (720, 1280, 3)
    assert small.frame(100.0).shape == (360, 640, 3)
    assert large.truth[0].box == pytest.approx(small.truth[0].box, abs=0.01)


@pytest.mark.parametrize("kind", TOLD)
def test_what_is_told_is_to_be_seen_from_its_beginning_to_its_end(kind: str) -> None:
    scene = Scene(kind, 2, seconds=900.0)
    event = scene.truth[0]

    noise = contrast(scene, event, event.begin - 40.0)

    assert contrast(scene, event, event.begin + 8.0) > 3 * noise
    assert contrast(scene, event, event.end - 8.0) > 3 * noise


@pytest.mark.parametrize("kind", TOLD)
def test_what_is_told_stands_in_the_zone_of_its_rule(kind: str) -> None:
    scene = Scene(kind, 5, seconds=1800.0)
    zones = {zone.key: zone for zone in scene.zones}

    assert len(scene.truth) >= 3
    assert all(zones[event.kind].has_foot(event.box) for event in scene.truth)
    assert all(event.end - event.begin > scene.plan.dwell + 10.0 for event in scene.truth)


def test_the_zones_are_those_of_the_shipped_rules() -> None:
    for zone in Scene("traffic").zones:
        assert [rule.key for rule in of_zone(zone, rules.shipped())] == [zone.key]


def test_a_bus_hides_the_car_behind_it() -> None:
    scene = Scene("occlusion", 1)
    bus, event = scene.plan.untold[0], scene.truth[0]

    seen = cut(scene.frame(bus.begin - 14.0), event.box).astype(int)
    hidden = cut(scene.frame((bus.begin + bus.end) / 2), event.box).astype(int)

    assert bus.end - bus.begin == pytest.approx(60.0)
    assert np.mean(np.abs(seen - hidden).max(axis=2) > 20) > 0.6


def test_the_light_falls_by_three_tenths_and_jumps_by_a_quarter() -> None:
    light = WEATHERS["light"]

    assert brightness(light, 0.0) == 1.0
    assert brightness(light, 250.0) == pytest.approx(0.7)
    assert brightness(light, 330.5) / brightness(light, 329.5) == pytest.approx(1.25, abs=0.01)
    assert brightness(light, 730.0) == brightness(light, 130.0)


def test_a_night_is_dark_but_for_its_lamps() -> None:
    day, night = Scene("traffic", 1).frame(20.0), Scene("traffic", 1, weather="night").frame(20.0)

    assert night.mean() < 0.5 * day.mean()
    assert night.max() > 200


def test_a_shaking_pole_moves_the_picture_by_one_or_two_pixels() -> None:
    still, shaken = Scene("traffic", 1), Scene("traffic", 1, weather="shake")
    gray = [
        cv2.cvtColor(scene.frame(seconds)[:150], cv2.COLOR_BGR2GRAY).astype(np.float32)
        for scene, seconds in ((still, 0.0), (shaken, 0.0), (shaken, 1.0), (shaken, 2.0))
    ]

    shifts = [math.hypot(*cv2.phaseCorrelate(gray[0], other)[0]) for other in gray[1:]]

    assert 0.5 < max(shifts) < 2.6
