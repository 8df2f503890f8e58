"""Public copies: what the networks find is gone from them, and nothing but the picture is in them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.settings import Settings
from handlers.evidence.publishing import copies
from vision.detect import Detection
from vision.detect.runtimes import OnnxRuntime
from vision.errors import VisionError
from vision.evidence import finding
from vision.evidence.public import Blurrer, ready
from vision.frame import Picture


class Computed:
    """A network that gives fixed outputs for a picture of 64 x 64, with its answers at places that a test chose."""

    def __init__(self, *outputs: NDArray[Any]) -> None:
        self._outputs = [one.astype(np.float32) for one in outputs]

    def run(self, numbers: finding.Numbers) -> Sequence[finding.Numbers]:
        assert numbers.shape == (1, 3, 64, 64)
        return self._outputs


PICTURE = np.zeros((60, 50, 3), dtype=np.uint8)


def face_at(row: int, column: int) -> Computed:
    heat, size, shift = np.zeros((1, 1, 16, 16)), np.zeros((1, 2, 16, 16)), np.zeros((1, 2, 16, 16))
    heat[0, 0, row, column], heat[0, 0, row, column + 1] = 0.9, 0.5
    shift[0, 1, row, column + 1] = -0.5
    # Twelve high and eight wide.
    size[0, 0], size[0, 1] = np.log(3), np.log(2)
    return Computed(heat, size, shift, np.zeros((1, 10, 16, 16)))


def plate_at(number: int) -> Computed:
    anchors = 2 * (64 + 16 + 4)
    places, scores = np.zeros((1, anchors, 4)), np.zeros((1, anchors, 2))
    scores[0, number, 1] = 0.8
    return Computed(places, scores, np.zeros((1, anchors, 8)))


def test_a_face_is_where_its_middle_is_the_surest() -> None:
    assert finding.faces(PICTURE, face_at(5, 4)) == [(14.0, 16.0, 22.0, 28.0)]


def test_a_plate_is_at_its_anchor() -> None:
    # The first cell of the second row of the finest scale, the smaller of its two anchors.
    assert finding.plates(PICTURE, plate_at(2 * 8)) == [(-8.0, 0.0, 16.0, 24.0)]


def test_nothing_found_is_nothing() -> None:
    nothing = Computed(np.zeros((1, 168, 4)), np.zeros((1, 168, 2)), np.zeros((1, 168, 8)))

    assert finding.plates(PICTURE, nothing) == []


class Somebody:
    """A detector that sees what a test put there, at any size."""

    key, digest = "people", "0" * 64

    def __init__(self, *seen: Detection) -> None:
        self._seen = seen

    def detect(self, picture: Picture, at_least: float = 0.3) -> Sequence[Detection]:
        return self._seen


def _nothing() -> tuple[Computed, Computed]:
    """Networks that find neither faces nor plates in a picture that fits 64 x 64."""
    heat, pair = np.zeros((1, 1, 16, 16)), np.zeros((1, 2, 16, 16))
    plates = Computed(np.zeros((1, 168, 4)), np.zeros((1, 168, 2)), np.zeros((1, 168, 8)))
    return Computed(heat, pair, pair, np.zeros((1, 10, 16, 16))), plates


def _stripes() -> bytes:
    """A picture of 32 x 32 of which no two pixels beside each other are alike, as blurring leaves none."""
    striped = np.indices((32, 32)).sum(axis=0) % 2 * 255
    stream = io.BytesIO()
    Image.fromarray(striped.astype(np.uint8)).save(stream, "JPEG", quality=95)
    return stream.getvalue()


def _left_of(copy: bytes) -> NDArray[np.bool_]:
    """For each row of a copy, whether its stripes can still be told, in the columns of the box of the test below."""
    with Image.open(io.BytesIO(copy)) as image:
        grey = np.asarray(image.convert("L")).astype(int)
    found: NDArray[np.bool_] = np.ptp(grey[:, 8:24], axis=1) > 100
    return found


def test_the_head_of_somebody_is_gone_where_no_face_was_found() -> None:
    faces, plates = _nothing()
    person = Detection("person", 0.4, (0.25, 0.2, 0.75, 0.95))

    copy = Blurrer(faces, plates, Somebody(person)).blurred(_stripes())

    # Its upper fifth, from 6.4 to 11.2, and a quarter of that around.
    left = _left_of(copy)
    assert not left[6:12].any()
    assert left[:4].all()
    assert left[16:].all()


@pytest.mark.parametrize("people", [None, Somebody(Detection("car", 0.9, (0.25, 0.2, 0.75, 0.95)))])
def test_what_is_nobody_keeps_its_upper_fifth(people: Somebody | None) -> None:
    copy = Blurrer(*_nothing(), people).blurred(_stripes())

    assert _left_of(copy).all()


def test_what_is_no_jpeg_is_refused() -> None:
    with pytest.raises(VisionError) as refused:
        Blurrer(face_at(1, 1), plate_at(1)).blurred(b"<html>")

    assert refused.value.field == "picture"


def test_without_the_networks_nothing_is_ready(tmp_path: Path) -> None:
    assert not ready(tmp_path)


def test_the_faces_of_a_photograph_are_gone_and_the_rest_stays(
    shipped_models: Path, opencv_doc: Path
) -> None:
    with Image.open(opencv_doc / "basketball1.png") as image:
        before = image.convert("RGB")
    stream = io.BytesIO()
    before.save(stream, "JPEG", quality=95, comment=b"secret")
    faces = OnnxRuntime(shipped_models / "models" / "faces" / "model.onnx")

    copy = Blurrer.of(shipped_models).blurred(stream.getvalue())

    with Image.open(io.BytesIO(copy)) as image:
        after = np.asarray(image.convert("RGB"))
    assert len(finding.faces(np.asarray(before)[:, :, ::-1], faces)) == 2
    assert finding.faces(np.ascontiguousarray(after[:, :, ::-1]), faces) == []
    assert b"secret" not in copy
    changed = np.abs(after.astype(int) - np.asarray(before).astype(int)).max(axis=2) > 60
    assert changed.mean() < 0.05


def test_copies_are_made_in_a_process_of_its_own(shipped_models: Path, tmp_path: Path) -> None:
    settings = Settings.from_environment({"GRIDCASE_HOME": str(shipped_models)})
    (tmp_path / "copies").mkdir()
    stream = io.BytesIO()
    Image.new("RGB", (320, 180), (90, 90, 90)).save(stream, "JPEG")
    (tmp_path / "a.jpg").write_bytes(stream.getvalue())
    (tmp_path / "b.jpg").write_bytes(b"<html>")

    made = copies(settings, tmp_path, tmp_path / "copies", ["a.jpg", "b.jpg"])

    assert made == {"a.jpg"}
    assert [one.name for one in (tmp_path / "copies").iterdir()] == ["a.jpg"]
