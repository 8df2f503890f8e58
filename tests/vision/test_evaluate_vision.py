"""How well a detector does on labelled pictures, against figures that were worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from engine.command import main
from tests.vision.test_own_models import network
from vision.detect import Detection
from vision.detect.adding import add
from vision.detect.evaluation import average_precision, judge
from vision.detect.labels import Thing, read
from vision.detect.models import Registry
from vision.errors import VisionError

LEFT, RIGHT, FLAT = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 0.1)


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """Two pictures: in the first a car on the left and one on the right, in the second a lorry and nothing else."""
    folder = tmp_path / "set"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(folder / name), np.zeros((50, 100, 3), np.uint8))
    _write(folder, [(1, 1, [0, 0, 50, 50]), (1, 1, [50, 0, 50, 50]), (2, 2, [0, 0, 50, 50])])
    return folder


def _write(folder: Path, annotations: list[tuple[int, int, list[int]]]) -> None:
    marked = [
        {"image_id": picture, "category_id": category, "bbox": box} for picture, category, box in annotations
    ]
    pictures: list[dict[str, Any]] = [
        {"id": 1, "file_name": "a.png", "width": 100, "height": 50},
        {"id": 2, "file_name": "b.png", "width": 100, "height": 50},
    ]
    categories = [{"id": 1, "name": "car"}, {"id": 2, "name": "lorry"}]
    whole = {"images": pictures, "annotations": marked, "categories": categories}
    (folder / "labels.json").write_text(json.dumps(whole), encoding="utf-8")


@pytest.mark.parametrize(
    ("verdicts", "things", "due"),
    [
        ([(0.9, True), (0.8, True)], 2, 1.0),
        ([], 2, 0.0),
        # Recall 1/2 at precision 1, recall 1 at precision 2/3.
        ([(0.9, True), (0.8, False), (0.7, True)], 2, 0.5 + 0.5 * 2 / 3),
        # The wrong one comes first: both recalls have the precision 2/3.
        ([(0.9, False), (0.8, True), (0.7, True)], 2, 2 / 3),
        ([(0.6, False), (0.9, True)], 4, 0.25),
    ],
)
def test_average_precision_is_the_area_below_the_curve(
    verdicts: list[tuple[float, bool]], things: int, due: float
) -> None:
    assert average_precision(verdicts, things) == pytest.approx(due)


def test_a_thing_is_found_once() -> None:
    found = [Detection("car", 0.8, LEFT), Detection("car", 0.9, LEFT), Detection("bus", 0.7, LEFT)]

    told = judge(found, [Thing("car", LEFT), Thing("car", RIGHT)])

    assert told == {"car": [(0.9, True), (0.8, False)], "bus": [(0.7, False)]}


def test_what_overlaps_by_less_than_a_half_is_wrong() -> None:
    assert judge([Detection("car", 0.8, FLAT)], [Thing("car", LEFT)]) == {"car": [(0.8, False)]}


def test_a_crowd_counts_neither_way() -> None:
    crowd = Thing("person", (0.0, 0.0, 1.0, 1.0), crowd=True)

    assert judge([Detection("person", 0.9, LEFT)], [crowd]) == {}


def test_labels_of_yolo_say_the_same_as_those_of_coco(coco: Path, tmp_path: Path) -> None:
    folder = tmp_path / "yolo"
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    for name in ("a.png", "b.png"):
        (folder / "images" / name).write_bytes((coco / name).read_bytes())
    (folder / "labels" / "a.txt").write_text("0 0.25 0.5 0.5 1\n0 0.75 0.5 0.5 1\n", encoding="utf-8")
    (folder / "labels" / "b.txt").write_text("1 0.25 0.5 0.5 1\n", encoding="utf-8")
    (folder / "data.yaml").write_text("names: [car, lorry]\n", encoding="utf-8")

    mine, theirs = read(folder).pictures, read(coco).pictures

    assert [list(things) for things in mine.values()] == [list(things) for things in theirs.values()]


def test_each_model_is_tried_on_each_of_its_classes(coco: Path, tmp_path: Path) -> None:
    # It sees a car on the left of every picture, and a lorry nowhere: the car of the first picture, none in the second.
    file = network(tmp_path / "own.onnx", [[0, 16, 32, 48, 0.9, 0], [0, 0, 1, 1, 0.001, 1]])
    add(tmp_path, file, "own", classes={"car": "car", "lorry": "truck"})
    classes = tmp_path / "classes.yaml"
    classes.write_text("lorry: truck\n", encoding="utf-8")

    done = CliRunner().invoke(
        main,
        ["vision", "evaluate", str(coco), "--keep", "--classes", str(classes)],
        env={"GRIDCASE_HOME": str(tmp_path)},
    )

    car, truck = (json.loads(line) for line in done.stdout.splitlines())
    assert (car["name"], car["things"], truck["name"], truck["things"]) == ("car", 2, "truck", 1)
    # Two detections of equal score, one of them right, of two things: recall 1/2 at a precision of 1.
    assert car["ap50"] == pytest.approx(0.5)
    assert (car["precision"], car["recall"]) == (0.5, 0.5)
    assert truck["ap50"] == 0.0
    assert done.stderr.startswith("own: 50 % of 2 pictures\nown: 100 % of 2 pictures\n")
    (measure,) = Registry(tmp_path).get("own").measured
    assert measure.ap50 == {"car": 0.5, "truck": 0.0}
    assert (measure.dataset, measure.pictures, measure.things) == ("set", 2, 3)


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"images": [{"id": 1}], "annotations": [], "categories": []}', "[" * 5000],
)
def test_damaged_labels_are_refused_in_one_line(text: str, coco: Path, tmp_path: Path) -> None:
    (coco / "labels.json").write_text(text, encoding="utf-8")

    done = CliRunner().invoke(main, ["vision", "evaluate", str(coco)], env={"GRIDCASE_HOME": str(tmp_path)})

    assert done.exit_code == 2
    assert "labels.json cannot be read" in done.stderr


def test_labels_reach_no_picture_outside_of_their_folder(coco: Path) -> None:
    whole = json.loads((coco / "labels.json").read_text(encoding="utf-8"))
    whole["images"][0]["file_name"] = "../own.png"
    (coco / "labels.json").write_text(json.dumps(whole), encoding="utf-8")
    cv2.imwrite(str(coco.parent / "own.png"), np.zeros((5, 5, 3), np.uint8))

    with pytest.raises(VisionError, match="there is no picture"):
        read(coco)
