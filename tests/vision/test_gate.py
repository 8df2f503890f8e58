"""The gate: the backgrounds, what is taken out of a frame before it is compared, and what tells things from light."""

from __future__ import annotations

from datetime import timedelta

import cv2
import numpy as np
import pytest

from tests.vision.drawn import BEGAN, car, street
from vision.frame import Picture
from vision.gate.background import Background
from vision.gate.beginning import SAMPLES, Beginning
from vision.gate.blobs import Blob, blobs, is_ghost, is_light
from vision.gate.planes import AREA, Planes, planes, work_size
from vision.gate.steadying import edge_window, steady

SIZE = work_size((320, 180))
SHAPE = (SIZE[1], SIZE[0])


def small(picture: Picture) -> Planes:
    return planes(picture, SIZE)


def textured(seed: int = 3) -> Picture:
    rng = np.random.default_rng(seed)
    return np.asarray(
        cv2.GaussianBlur(rng.integers(0, 255, (180, 320, 3), dtype=np.uint8), (0, 0), 2.0), np.uint8
    )


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (720, 1280), (7680, 4320)])
def test_large_pictures_are_compared_at_one_size(size: tuple[int, int]) -> None:
    width, height = work_size(size)

    assert width * height == pytest.approx(AREA, rel=0.02)
    assert width % 2 == height % 2 == 0
    assert width / height == pytest.approx(size[0] / size[1], rel=0.02)


def test_the_background_begins_without_who_passed() -> None:
    beginning = Beginning()
    first = None
    for number in range(SAMPLES):
        picture = car(street(seed=number), 0.1 + number * 0.06)
        first = beginning.see(small(picture), BEGAN + timedelta(seconds=number))

    assert first is not None
    assert np.abs(first.y.astype(int) - small(street()).y).max() < 25


def test_samples_that_show_the_same_passers_by_do_not_count() -> None:
    beginning = Beginning()
    for number in range(10 * SAMPLES):
        beginning.see(small(street()), BEGAN + timedelta(seconds=number / 25))

    assert beginning.missing == SAMPLES - 6


@pytest.mark.parametrize("every", [1.0, 2.0, 5.0])
def test_evidence_is_counted_in_seconds_whatever_the_sampling(every: float) -> None:
    background = Background(small(street()))
    for number in range(int(20 / every) + 1):
        background.see(small(car(street(seed=number))), every, None)

    inside = background.evidence[SHAPE[0] * 65 // 100, SHAPE[1] * 32 // 100] * 0.2

    assert 20.0 - 2 * every <= inside <= 20.0 + every
    assert background.evidence[5, 5] == 0


def test_what_passes_leaves_no_evidence() -> None:
    background = Background(small(street()))
    for number in range(40):
        background.see(small(car(street(seed=number), (number * 0.17) % 0.7)), 1.0, None)

    assert blobs(background.standing(3.6)) == []


def test_a_busy_lane_stays_a_road() -> None:
    background = Background(small(street()))
    for number in range(300):
        picture = street(seed=number)
        background.see(small(car(picture) if number % 3 == 0 else picture), 5.0, None)

    there = (slice(110, 130), slice(100, 155))
    assert np.abs(background.slow[0][there] - small(street()).y[there]).max() < 30


def test_the_background_behind_what_stands_stays_as_it_is() -> None:
    background = Background(small(street()))
    kept = np.full(SHAPE, 255, np.uint8)
    for number in range(200):
        background.see(small(car(street(seed=number))), 5.0, kept)

    assert np.abs(background.slow[0] - small(street()).y).max() < 12


def test_the_light_of_the_day_is_no_foreground() -> None:
    background = Background(small(street()))

    seen = [background.see(small(street(light)), 1.0, None).share for light in (1.0, 1.25, 0.7, 0.5)]

    assert max(seen) < 0.01


def test_a_shaking_camera_is_held() -> None:
    scene = textured()
    base = small(scene).y.astype(np.float32)
    shifted = np.roll(scene, (2, -3), (0, 1))

    held, how = steady(small(shifted), base, edge_window(SHAPE))

    assert (how.dx, how.dy) == pytest.approx((-3.0, 2.0), abs=0.3)
    inner = (slice(10, -10), slice(10, -10))
    assert np.abs(held.y[inner] - base[inner]).mean() < 2.0


def test_another_view_is_not_pressed_onto_the_background() -> None:
    base = small(textured()).y.astype(np.float32)

    _, how = steady(small(textured(seed=9)), base, edge_window(SHAPE))

    assert (how.dx, how.dy) == (0.0, 0.0)


def whole(mask: Picture) -> Blob:
    return blobs(np.asarray(mask, np.uint8))[0]


def spot() -> Blob:
    mask = np.zeros(SHAPE, np.uint8)
    mask[100:140, 100:170] = 255
    return whole(mask)


def test_a_shadow_is_light_and_a_car_is_not() -> None:
    base = small(street())
    dark = street()
    dark[100:140, 100:170] = (dark[100:140, 100:170] * 0.6).astype(np.uint8)

    assert is_light(spot(), small(dark), base)
    assert not is_light(spot(), small(car(street(), 0.32)), base)


def test_the_outline_of_what_went_away_is_a_ghost() -> None:
    with_car, without = small(car(street(), 0.32)), small(street())
    mask = np.zeros(SHAPE, np.uint8)
    mask[108:136, 102:166] = 255

    assert is_ghost(whole(mask), without.y, with_car.y)
    assert not is_ghost(whole(mask), with_car.y, without.y)


def test_specks_are_no_blobs() -> None:
    mask = np.zeros(SHAPE, np.uint8)
    mask[10:15, 10:15] = 255

    assert blobs(mask) == []


def test_two_that_hang_together_by_a_neck_are_two() -> None:
    mask = np.zeros(SHAPE, np.uint8)
    mask[60:100, 40:100] = mask[60:100, 108:168] = 255
    mask[95:99, 100:108] = 255

    found = blobs(mask)

    assert len(found) == 2
    assert sorted(blob.box[0] for blob in found) == pytest.approx([0.12, 0.33], abs=0.02)


def test_a_line_that_sticks_out_does_not_make_a_blob_larger() -> None:
    mask = np.zeros(SHAPE, np.uint8)
    mask[60:100, 40:100] = 255
    mask[96:99, 100:160] = 255

    assert blobs(mask)[0].box[2] == pytest.approx(100 / SHAPE[1], abs=0.02)
