"""The shipped detector on pictures, and what makes detections of the numbers of a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from vision.detect import Detector
from vision.detect.models import Registry
from vision.detect.nanodet import NanoDet
from vision.detect.networks import Candidates, Fit, NetworkDetector, fitted, surest_of
from vision.detect.opening import opened
from vision.detect.runtimes import RUNTIMES, Numbers
from vision.errors import VisionError
from vision.frame import Picture, overlap

PICTURE: Picture = np.full((90, 160, 3), 128, np.uint8)


class Told:
    """A network that says what a test wants."""

    def run(self, numbers: Numbers) -> Sequence[Numbers]:
        return []


class Wanted:
    """Its head."""

    def __init__(self, boxes: object, scores: object) -> None:
        self._said = Candidates(np.array(boxes, np.float32), np.array(scores, np.float32))

    def taken(self, picture: Picture) -> tuple[Numbers, Fit]:
        whole, fit = fitted(picture, (160, 160), bar=0)
        return whole.transpose(2, 0, 1)[np.newaxis].astype(np.float32), fit

    def candidates(
        self, outputs: Sequence[Numbers], side: tuple[int, int], at_least: float = 0.0
    ) -> Candidates:
        return self._said


def test_a_picture_lies_in_the_middle_with_bars() -> None:
    whole, fit = fitted(PICTURE, (320, 320), bar=7)

    assert whole.shape == (320, 320, 3)
    assert (whole[:70] == 7).all()
    assert (whole[70:250] == 128).all()
    assert (whole[250:] == 7).all()
    # The left half of the picture, and a box that lies in a bar.
    shares = fit.shares(np.array([[0, 70, 160, 250], [10, 0, 20, 70]]))
    assert shares.tolist() == [[0, 0, 0.5, 1], [0.03125, 0, 0.0625, 0]]


@pytest.mark.parametrize("size", [(1, 1), (3, 4000), (2160, 3840)])
def test_a_picture_of_any_size_is_taken(size: tuple[int, int]) -> None:
    whole, fit = fitted(np.full((*size, 3), 200, np.uint8), (416, 416), bar=0)

    assert whole.max() == 200
    assert fit.shares(np.array([[0.0, 0.0, 416.0, 416.0]])).tolist() == [[0, 0, 1, 1]]


def test_of_two_boxes_of_one_class_the_surer_stays() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [1, 0, 11, 10], [50, 50, 60, 60]], float)

    kept = surest_of(boxes, np.array([0.5, 0.9, 0.4, 0.6]), np.array([0, 0, 1, 0]))

    assert kept == [1, 3, 2]


def test_classes_have_the_names_of_rules_and_those_without_are_not_told() -> None:
    boxes = [[0, 35, 80, 80], [80, 35, 160, 80], [2, 35, 80, 80]]
    scores = [[0.9, 0.0, 0.0], [0.0, 0.0, 0.8], [0.0, 0.7, 0.0]]
    # The first two of its classes are one to the rules, the third is none of theirs.
    detector = NetworkDetector("own", "", Told(), Wanted(boxes, scores), ("car", "car", None))

    (found,) = detector.detect(PICTURE)

    assert (found.name, round(found.score, 2)) == ("car", 0.9)
    assert found.box == (0, 0, 0.5, 0.5)


def test_what_is_not_sure_enough_is_not_told() -> None:
    detector = NetworkDetector("own", "", Told(), Wanted([[0, 0, 80, 80]], [[0.4]]), ("car",))

    assert len(detector.detect(PICTURE, at_least=0.4 - 1e-6)) == 1
    assert detector.detect(PICTURE, at_least=0.41) == []


def test_a_network_that_sees_nothing_is_taken() -> None:
    boxes, scores = np.zeros((0, 4)), np.zeros((0, 1))

    assert NetworkDetector("own", "", Told(), Wanted(boxes, scores), ("car",)).detect(PICTURE) == []


def test_nanodet_reads_distances_off_distributions() -> None:
    head = NanoDet(2, longest=32)
    scores = [np.zeros((1, count, 2), np.float32) for count in (16, 4, 1)]
    spread = [np.full((1, count, 44), -30, np.float32) for count in (16, 4, 1)]
    # Of the middle-sized grid the last cell, whose middle is (24, 24): 1 cell of 16 pixels left, 0.5 up, 0 right, 0.25 down.
    scores[1][0, 3, 1] = 0.75
    for edge, weights in enumerate(([0, 1], [1, 1], [1, 0], [3, 1])):
        spread[1][0, 3, edge * 11 : edge * 11 + 2] = np.log(np.array(weights) + 1e-9)

    said = head.candidates([*scores, *spread], (32, 32), at_least=0.5)

    assert said.scores.tolist() == [[0, 0.75]]
    assert said.boxes == pytest.approx(np.array([[8, 16, 24, 28]]), abs=1e-3)


def test_nanodet_may_be_sure_of_nothing() -> None:
    outputs = [np.zeros((1, count, size), np.float32) for size in (2, 44) for count in (16, 4, 1)]

    assert NanoDet(2, longest=32).candidates(outputs, (32, 32), at_least=0.5).boxes.shape == (0, 4)


def test_outputs_of_another_network_are_refused() -> None:
    with pytest.raises(VisionError, match="not the outputs of NanoDet"):
        NanoDet(80).candidates([np.zeros((1, 84, 8400), np.float32)], (640, 640))


def test_nanodet_takes_no_more_than_the_picture_needs() -> None:
    numbers, _ = NanoDet(80).taken(np.zeros((720, 1280, 3), np.uint8))

    assert numbers.shape == (1, 3, 256, 416)
    # Black, in the terms of the pictures it was trained with.
    assert numbers[0, :, 128, 0] == pytest.approx([-1.8044, -2.0357, -2.1179], abs=1e-3)


def test_the_shipped_detector_finds_people_and_vehicles(nanodet: Detector, opencv_doc: Path) -> None:
    video = cv2.VideoCapture(str(opencv_doc / "vtest.avi"))
    _, picture = video.read()
    video.release()

    found = nanodet.detect(np.asarray(picture, np.uint8))

    assert [one.name for one in found].count("person") >= 3
    assert all(one.score >= 0.3 for one in found)
    assert found == sorted(found, key=lambda one: -one.score)


def test_a_half_of_the_size_shows_the_same(nanodet: Detector, opencv_doc: Path) -> None:
    video = cv2.VideoCapture(str(opencv_doc / "vtest.avi"))
    _, picture = video.read()
    video.release()
    large = cv2.resize(picture, None, fx=3, fy=3)

    sure = [one for one in nanodet.detect(np.asarray(picture, np.uint8)) if one.score > 0.5]
    again = nanodet.detect(np.asarray(large, np.uint8), at_least=0.2)

    assert sure
    for one in sure:
        assert max(overlap(one.box, other.box) for other in again if other.name == one.name) > 0.7


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_both_runtimes_detect_the_same(runtime: str, shipped_models: Path, nanodet: Detector) -> None:
    picture = np.random.default_rng(3).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    other = opened(Registry(shipped_models), "nanodet", runtime)

    mine, theirs = (one.detect(picture, at_least=0.001) for one in (nanodet, other))

    assert len(mine) == len(theirs) > 0
    for one, same in zip(mine, theirs, strict=True):
        assert one.name == same.name
        assert (one.score, *one.box) == pytest.approx((same.score, *same.box), abs=1e-2)
