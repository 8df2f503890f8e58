"""Ultralytics' library in its own process: a tiny network is trained, exported, registered and run. `make test-yolo` runs this."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from engine.command import main
from vision.detect.models import Registry
from vision.detect.opening import opened
from vision.detect.yolo_client import YoloDetector, YoloProcess, trained
from vision.errors import VisionError

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not os.environ.get("GRIDCASE_YOLO_PYTHON"),
        reason="needs Ultralytics in an environment of its own: make test-yolo",
    ),
]

SIDE = 96


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight pictures with a red box on grain, labelled as a car; the YAML file of them."""
    folder = tmp_path_factory.mktemp("set")
    random = np.random.default_rng(0)
    for part in ("images", "labels"):
        (folder / part).mkdir()
    for number in range(8):
        picture = random.integers(90, 120, (SIDE, SIDE, 3), dtype=np.uint8)
        left, top = (int(one) for one in random.integers(5, 50, 2))
        cv2.rectangle(picture, (left, top), (left + 35, top + 25), (0, 0, 255), -1)
        cv2.imwrite(str(folder / "images" / f"{number}.png"), picture)
        line = f"0 {(left + 17.5) / SIDE} {(top + 12.5) / SIDE} {35 / SIDE} {25 / SIDE}\n"
        (folder / "labels" / f"{number}.txt").write_text(line, encoding="utf-8")
    text = f"path: {folder}\ntrain: images\nval: images\nnames: [car, stall]\n"
    (folder / "data.yaml").write_text(text, encoding="utf-8")
    return folder / "data.yaml"


@pytest.fixture(scope="module")
def home(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with what one epoch made, as ONNX and as weights of torch."""
    home = tmp_path_factory.mktemp("home")
    env = {"GRIDCASE_HOME": str(home)}
    order = [
        "models",
        "train",
        str(dataset),
        "--as",
        "tiny",
        "--epochs",
        "1",
        "--side",
        str(SIDE),
        "--batch",
        "4",
    ]
    done = CliRunner().invoke(main, order, env=env)
    assert done.exit_code == 0, done.output
    assert done.stderr == "epoch 1 of 1\n"
    work = tmp_path_factory.mktemp("work") / "run"
    network = trained(
        dataset, work, base="yolo11n.yaml", epochs=1, side=SIDE, batch=4, tell=lambda _epoch: None
    )
    added = CliRunner().invoke(
        main, ["models", "add", str(network.with_suffix(".pt")), "--as", "torch"], env=env
    )
    assert added.exit_code == 0, added.output
    return home


def test_what_was_trained_is_registered_with_its_parity(home: Path) -> None:
    manifest = Registry(home).get("tiny")

    assert manifest.kind == "yolo"
    assert manifest.classes == {"car": "car", "stall": "stall"}
    assert manifest.side == (SIDE, SIDE)
    assert manifest.parity is not None
    assert manifest.parity.difference < 1e-2
    assert "AGPL" in manifest.licence


def test_what_was_trained_runs(home: Path, dataset: Path) -> None:
    picture = cv2.imread(str(dataset.parent / "images" / "0.png"))

    found = opened(Registry(home), "tiny").detect(np.asarray(picture, np.uint8), at_least=1e-6)

    assert {one.name for one in found} <= {"car", "stall"}
    assert found


def test_weights_of_torch_say_what_their_export_says(home: Path, dataset: Path) -> None:
    picture = np.asarray(cv2.imread(str(dataset.parent / "images" / "0.png")), np.uint8)
    registry = Registry(home)
    torch = opened(registry, "torch")

    try:
        mine = torch.detect(picture, at_least=1e-5)
    finally:
        assert isinstance(torch, YoloDetector)
        torch.close()

    theirs = opened(registry, "tiny").detect(picture, at_least=1e-5)
    assert mine[0].score == pytest.approx(theirs[0].score, abs=1e-2)


def test_models_are_evaluated_on_the_pictures_that_they_saw(home: Path, dataset: Path) -> None:
    done = CliRunner().invoke(
        main, ["vision", "evaluate", str(dataset.parent), "--model", "tiny"], env={"GRIDCASE_HOME": str(home)}
    )

    car, *_ = (json.loads(line) for line in done.stdout.splitlines())
    assert (car["model"], car["name"], car["things"]) == ("tiny", "car", 8)


def test_what_fails_in_there_is_told(tmp_path: Path) -> None:
    file = tmp_path / "weights.pt"
    file.write_bytes(b"no weights")

    with YoloProcess() as process, pytest.raises(VisionError, match="Ultralytics failed"):
        process.ask(do="open", weights=str(file))


def test_the_library_is_not_loaded_here() -> None:
    import sys

    assert not {"torch", "ultralytics"} & set(sys.modules)
