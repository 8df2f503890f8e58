"""Before and after: reuse, light, sharpness, and what may not be taken for a place."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.vision.drawn_places import HEIGHT, WIDTH, again, road, saved, street
from vision.frame import Picture
from vision.photo import PhotoError
from vision.photos import compare, read


def test_the_same_file_is_reused() -> None:
    photograph = read(saved(street(1)))

    found = compare(photograph, photograph)

    assert (found.reused, found.same_place) == (True, "yes")


def test_a_copy_in_less_quality_and_size_is_reused() -> None:
    smaller = cv2.resize(street(1), (640, 480), interpolation=cv2.INTER_AREA)

    found = compare(read(saved(street(1))), read(saved(np.asarray(smaller, np.uint8), quality=40)))

    assert found.reused


def test_the_picture_of_a_fixed_camera_is_not_reused_when_a_car_has_gone() -> None:
    parked = street(1)
    cv2.rectangle(parked, (400, 560), (560, 640), (40, 40, 200), -1)

    found = compare(read(saved(parked)), read(saved(street(1))))

    assert (found.reused, found.same_place) == (False, "yes")


def test_bare_roads_are_not_reused_because_they_are_bare() -> None:
    plain = np.full((HEIGHT, WIDTH, 3), 110, np.uint8)

    found = compare(read(saved(plain)), read(saved(plain, quality=60)))

    assert not found.reused


def test_what_shows_nothing_is_too_dark() -> None:
    night = (street(2) * 0.1).astype(np.uint8)

    found = compare(read(saved(street(2))), read(saved(night)))

    assert found.dark


def test_a_street_under_lamps_is_not_too_dark() -> None:
    night = (street(2) * 0.15).astype(np.uint8)
    cv2.circle(night, (480, 360), 170, (150, 190, 200), -1)

    found = compare(read(saved(street(2))), read(saved(night)))

    assert not found.dark


@pytest.mark.parametrize("kernel", [(25, 25), (31, 1)])
def test_a_picture_out_of_focus_or_moved_is_blurred(kernel: tuple[int, int]) -> None:
    blurred = np.asarray(cv2.blur(street(3), kernel), np.uint8)

    found = compare(read(saved(street(3))), read(saved(blurred)))

    assert found.blurred


@pytest.mark.parametrize("picture", [street(3), road(3), again(street(3), 5, light=0.5)])
def test_sharp_pictures_are_not_blurred_however_little_they_show(picture: Picture) -> None:
    found = compare(read(saved(street(3))), read(saved(picture)))

    assert not found.blurred


def test_a_stamp_of_date_and_place_makes_no_place() -> None:
    stamped = [_stamped(street(seed)) for seed in (4, 5)]

    found = compare(*(read(saved(one)) for one in stamped))

    assert found.same_place != "yes"


def test_a_dark_photograph_is_never_said_to_show_another_place() -> None:
    dark = (street(7) * 0.12).astype(np.uint8)

    found = compare(read(saved(street(6))), read(saved(dark)))

    assert found.same_place == "undecided"


def test_what_is_no_photograph_is_refused() -> None:
    with pytest.raises(PhotoError, match="not a photograph"):
        read(b"<html>404</html>")


def test_a_truncated_photograph_is_refused() -> None:
    content = saved(street(1))

    with pytest.raises(PhotoError, match="damaged"):
        read(content[: len(content) // 2])


def test_a_photograph_is_compared_in_small_whatever_its_size() -> None:
    large = np.asarray(cv2.resize(street(1), (4000, 3000)), np.uint8)

    photograph = read(saved(large))

    assert photograph.grey.shape == (720, 960)


def _stamped(picture: Picture) -> Picture:
    for row, text in enumerate(("2026-11-27 10:15:00 Gridcase", "Chang'an Nanlu 12, Yanta, Xi'an")):
        at = (20, HEIGHT - 50 + 36 * row)
        cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 1.1, (0, 255, 255), 2)
    return picture
