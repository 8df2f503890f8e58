"""The suite of pairs: no wrong "other place", 0.85 of the same places found, bare roads undecided."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.vision.drawn_places import again, road, saved, street
from vision.frame import Picture
from vision.photos import Comparison, Photograph, compare, read

#: Photographs that come as a pair of one place, seen twice.
PAIRS = (
    ("graf1.png", "graf3.png"),
    ("aloeL.jpg", "aloeR.jpg"),
    ("leuvenA.jpg", "leuvenB.jpg"),
    ("basketball1.png", "basketball2.png"),
    ("rubberwhale1.png", "rubberwhale2.png"),
    ("left01.jpg", "right01.jpg"),
    ("aero1.jpg", "aero3.jpg"),
)
#: Of different things, one of each.
SINGLES = (
    "graf1.png",
    "aloeL.jpg",
    "leuvenA.jpg",
    "basketball1.png",
    "home.jpg",
    "building.jpg",
    "fruits.jpg",
    "baboon.jpg",
    "messi5.jpg",
    "starry_night.jpg",
    "board.jpg",
    "box_in_scene.png",
)


def test_of_drawn_streets_seen_twice_most_are_found_and_none_is_another() -> None:
    streets = [street(seed) for seed in range(7)]

    found = [_of(one, again(one, seed)).same_place for seed, one in enumerate(streets)]

    assert "no" not in found
    assert found.count("yes") >= 0.85 * len(found)


def test_no_drawn_street_is_taken_for_another_one() -> None:
    streets = [read(saved(street(seed))) for seed in range(4)]

    found = [compare(*pair) for pair in combinations(streets, 2)]

    assert not any(one.same_place == "yes" or one.reused for one in found)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_bare_road_is_undecided(seed: int) -> None:
    same, other, full = (
        _of(road(seed), again(road(seed), seed)),
        _of(road(seed), road(seed + 10)),
        _of(street(seed), road(seed)),
    )

    assert {same.same_place, other.same_place, full.same_place} == {"undecided"}


def test_of_photographs_seen_twice_most_are_found_and_none_is_another(opencv_doc: Path) -> None:
    pictures = [_photograph(opencv_doc / name).picture for name in SINGLES]

    found = [compare(_photograph(opencv_doc / one), _photograph(opencv_doc / other)) for one, other in PAIRS]
    found += [_of(one, again(one, seed, shift=0.1)) for seed, one in enumerate(pictures)]

    assert all(one.same_place != "no" for one in found)
    assert sum(one.same_place == "yes" for one in found) >= 0.85 * len(found)


def test_no_photograph_is_taken_for_another_place_or_for_a_copy(opencv_doc: Path) -> None:
    photographs = [_photograph(opencv_doc / name) for name in SINGLES[:6]]

    found = [compare(*pair) for pair in combinations(photographs, 2)]

    assert not any(one.same_place == "yes" or one.reused for one in found)


def test_another_place_is_said_where_all_speaks_for_it(opencv_doc: Path) -> None:
    found = compare(_photograph(opencv_doc / "leuvenA.jpg"), _photograph(opencv_doc / "messi5.jpg"))

    assert found.same_place == "no"


def test_a_photograph_that_was_put_upside_down_or_darkened_is_never_another_place(opencv_doc: Path) -> None:
    pictures = [_photograph(opencv_doc / name).picture for name in SINGLES[:4]]

    turned = [_of(one, np.ascontiguousarray(np.rot90(one, 2))) for one in pictures]
    dusk = [_of(one, again(one, 3, shift=0.05, light=0.4)) for one in pictures]

    assert all(one.same_place != "no" for one in turned + dusk)


def _photograph(path: Path) -> Photograph:
    return read(path.read_bytes())


def _of(before: Picture, after: Picture) -> Comparison:
    cv2.setNumThreads(1)
    return compare(read(saved(before)), read(saved(after)))
