"""Own weights in the registry: what is taken, what is refused, and what YOLO's numbers mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from click.testing import CliRunner, Result
from onnx import TensorProto, helper, numpy_helper

from engine.command import main
from vision.detect.adding import add, read_classes
from vision.detect.current import Current
from vision.detect.models import Registry, active
from vision.detect.yolo import Yolo
from vision.errors import VisionError

SIDE = 64
NAMES = "{0: 'car', 1: 'lorry'}"


def network(
    path: Path,
    rows: Any,
    *,
    metadata: Sequence[tuple[str, str]] = (("names", NAMES), ("task", "detect")),
    domain: str = "",
) -> Path:
    """An ONNX file that says the same of every picture: rows, with the picture's mean times nothing added."""
    said = np.asarray(rows, np.float32)[np.newaxis]
    nodes = [
        helper.make_node("GlobalAveragePool", ["images"], ["mean"]),
        helper.make_node("ReduceMean", ["mean"], ["one"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["one", "nothing"], ["zero"]),
        helper.make_node("Add", ["said", "zero"], ["output0"], domain=domain),
    ]
    constants = [
        numpy_helper.from_array(said, "said"),
        numpy_helper.from_array(np.zeros(1, np.float32), "nothing"),
    ]
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, said.shape)],
        constants,
    )
    opsets = [helper.make_opsetid("", 17)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    model = helper.make_model(graph, opset_imports=opsets)
    model.ir_version = 8
    helper.set_model_props(model, dict(metadata))
    onnx.save(model, str(path))
    return path


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A network whose list has one lorry in the left half of a square picture."""
    return network(tmp_path / "own.onnx", [[0, 0, 32, 64, 0.9, 1], [0, 0, 1, 1, 0.01, 0]])


def models(home: Path, *args: str) -> Result:
    """Run ``gridcase models`` on an installation."""
    return CliRunner().invoke(main, ["models", *args], env={"GRIDCASE_HOME": str(home)})


def test_own_weights_are_taken_after_their_trial_and_used_when_told(tmp_path: Path, listed: Path) -> None:
    added = add(tmp_path, listed, "own", classes={"lorry": "truck"}, licence="ours")
    before = active(tmp_path)
    Registry(tmp_path).use("own")
    detector = active(tmp_path)

    assert before is None
    assert detector is not None
    assert (detector.key, detector.digest) == ("own", added.sha256)
    (found,) = detector.detect(np.zeros((100, 100, 3), np.uint8))
    assert (found.name, round(found.score, 2), found.box) == ("truck", 0.9, (0, 0, 0.5, 1))
    assert (added.licence, added.origin, added.side) == ("ours", "own.onnx", (SIDE, SIDE))


def test_classes_of_the_same_name_are_told_by_themselves(tmp_path: Path, listed: Path) -> None:
    assert add(tmp_path, listed, "own").classes == {"car": "car"}


def test_numbers_name_the_classes_of_a_file_that_tells_none(tmp_path: Path) -> None:
    file = network(tmp_path / "own.onnx", np.zeros((6, 20)), metadata=())

    added = add(tmp_path, file, "own", classes={"1": "stall"})

    assert (added.names, added.told) == (("0", "1"), (None, "stall"))


def test_places_are_read_as_middles_and_sizes() -> None:
    said = np.zeros((1, 6, 1200), np.float32)
    said[0, :, 7] = [20, 30, 8, 4, 0.1, 0.8]

    found = Yolo(2, (SIDE, SIDE)).candidates([said], (SIDE, SIDE), at_least=0.5)

    assert found.boxes.tolist() == [[16, 28, 24, 32]]
    assert found.scores == pytest.approx(np.array([[0.1, 0.8]]))


def test_numbers_of_another_kind_of_network_are_refused() -> None:
    with pytest.raises(VisionError, match="not the outputs of a YOLO"):
        Yolo(2, (SIDE, SIDE)).candidates([np.zeros((1, 40, 9000), np.float32)], (SIDE, SIDE))


def test_weights_that_give_no_number_are_refused(tmp_path: Path) -> None:
    file = network(tmp_path / "own.onnx", np.full((6, 20), np.nan))

    with pytest.raises(VisionError, match="refused|cannot be computed"):
        add(tmp_path, file, "own")

    assert Registry(tmp_path).keys == []


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        ((("task", "segment"),), "made to segment"),
        ((("names", "{0: 'car', 2: 'bus'}"),), "cannot be read"),
        ((("names", "__import__('os').getcwd()"),), "cannot be read"),
        ((("names", "{0: 'kite', 1: 'boat'}"),), "None of the model's classes"),
    ],
)
def test_a_file_that_says_something_else_is_refused(
    metadata: Sequence[tuple[str, str]], problem: str, tmp_path: Path
) -> None:
    file = network(tmp_path / "own.onnx", np.zeros((6, 20)), metadata=metadata)

    with pytest.raises(VisionError, match=problem):
        add(tmp_path, file, "own")

    assert Registry(tmp_path).keys == []


def test_foreign_operations_are_refused(tmp_path: Path) -> None:
    file = network(tmp_path / "own.onnx", np.zeros((6, 20)), domain="com.microsoft")

    with pytest.raises(VisionError, match="not ONNX's own"):
        add(tmp_path, file, "own")


def test_weights_in_another_file_are_refused(tmp_path: Path, listed: Path) -> None:
    model = onnx.load(str(listed))
    onnx.save(model, str(listed), save_as_external_data=True, location="weights", size_threshold=0)

    with pytest.raises(VisionError, match="weights in other files"):
        add(tmp_path, listed, "own")


@pytest.mark.parametrize("content", [b"", b"\x00" * 1000, b"<html>not here</html>"])
def test_what_is_no_network_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "own.onnx"
    file.write_bytes(content)

    done = models(tmp_path, "add", str(file))

    assert done.exit_code == 2
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert Registry(tmp_path).keys == []


@pytest.mark.parametrize("text", ["- car", "lorry: [truck]", "lorry: Truck!", "{"])
def test_what_is_no_file_of_classes_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "classes.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(VisionError) as refused:
        read_classes(file)

    assert refused.value.field == "classes"


def test_a_class_that_the_model_has_not_is_refused(tmp_path: Path, listed: Path) -> None:
    with pytest.raises(VisionError, match="no class van: it has car, lorry"):
        add(tmp_path, listed, "own", classes={"van": "car"})


def test_a_model_that_was_changed_is_not_used(tmp_path: Path, listed: Path) -> None:
    add(tmp_path, listed, "own")
    registry = Registry(tmp_path)
    registry.use("own")
    path = registry.path("own")
    path.write_bytes(path.read_bytes()[:-1] + b"\x07")

    with pytest.raises(VisionError, match="not the one that was registered"):
        active(tmp_path)


def test_models_are_listed_checked_and_removed(tmp_path: Path, listed: Path) -> None:
    models(tmp_path, "add", str(listed), "--as", "own")

    used, told, seen = (models(tmp_path, *order) for order in (["use", "own"], ["list"], ["check"]))
    removed, after = models(tmp_path, "remove", "own"), models(tmp_path, "list")

    assert used.exit_code == seen.exit_code == removed.exit_code == 0
    assert told.stdout.startswith("* own\tyolo\t")
    assert "onnxruntime and opencv differ by" in seen.stdout
    assert after.stdout == ""


def test_a_list_says_what_was_tried_and_what_was_not(tmp_path: Path, listed: Path) -> None:
    add(tmp_path, listed, "own")
    registry = Registry(tmp_path)
    unread = registry.get("own").model_copy(update={"key": "torch", "parity": None})
    with registry.adding("torch") as folder:
        unread.write(folder)

    told = models(tmp_path, "list").stdout.splitlines()

    assert told[1].startswith("\tparity: onnxruntime and opencv differ by ")
    assert told[4] == "\tparity: not tried, only one runtime can read it"
    assert told[2] == told[5] == "\tAP50: not measured, see `gridcase vision evaluate DIR --keep`"


def test_a_process_that_lasts_takes_up_the_model_that_is_chosen(tmp_path: Path, listed: Path) -> None:
    current = Current(tmp_path)
    add(tmp_path, listed, "own", classes={"lorry": "truck"})
    before = (current.renew(), current.detector)
    Registry(tmp_path).use("own")

    assert before == (False, None)
    assert (current.renew(), current.renew()) == (True, False)
    assert current.detector is not None
    assert current.detector.key == "own"


def test_a_model_that_cannot_be_used_leaves_the_one_before(tmp_path: Path, listed: Path) -> None:
    add(tmp_path, listed, "own", classes={"lorry": "truck"})
    Registry(tmp_path).use("own")
    current = Current(tmp_path)
    add(tmp_path, listed, "other")
    Registry(tmp_path).use("other")
    (tmp_path / "models" / "other" / "model.onnx").write_bytes(b"another")

    with pytest.raises(VisionError):
        current.renew()

    assert current.renew() is False
    assert current.detector is not None
    assert current.detector.key == "own"


def test_a_name_is_given_once(tmp_path: Path, listed: Path) -> None:
    models(tmp_path, "add", str(listed), "--as", "own")

    again, wrong = (
        models(tmp_path, "add", str(listed), "--as", "own"),
        models(tmp_path, "add", str(listed), "--as", "../own"),
    )

    assert again.exit_code == wrong.exit_code == 2
    assert Registry(tmp_path).keys == ["own"]


def test_without_ultralytics_weights_of_torch_are_refused_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "own.pt"
    file.write_bytes(b"weights")
    monkeypatch.setenv("GRIDCASE_YOLO_PYTHON", str(tmp_path / "none"))

    with pytest.raises(VisionError, match="install the extra yolo") as refused:
        add(tmp_path, file, "own")

    assert refused.value.field == "GRIDCASE_YOLO_PYTHON"
    assert Registry(tmp_path).keys == []
