"""Plates as advice: what is no plate is not told, and a drawn one is read where it is; of real ones nothing is shown here."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from vision.evidence.drawing import font_file
from vision.evidence.finding import Numbers
from vision.evidence.plates import Reader, decoded, ready
from vision.frame import Picture

SIGNS = ("1", "2", "A", "陕")
CAR = (0.25, 0.2, 0.75, 0.8)


def _columns(*signs: int, sure: float = 0.9) -> NDArray[np.float32]:
    """The output of a network whose columns are sure of these signs, 0 for the blank."""
    outputs = np.full((1, len(signs), 1 + len(SIGNS)), (1 - sure) / len(SIGNS), np.float32)
    outputs[0, np.arange(len(signs)), signs] = sure
    return outputs


class Fixed:
    """A network that gives the same whatever it is shown."""

    def __init__(self, *outputs: NDArray[Any]) -> None:
        self._outputs = [one.astype(np.float32) for one in outputs]

    def run(self, numbers: Numbers) -> Sequence[Numbers]:
        return self._outputs


class OnePlate:
    """A network that finds a plate at the first cell of its coarsest grid but for its scale."""

    def run(self, numbers: Numbers) -> Sequence[Numbers]:
        rows, columns = numbers.shape[2:]
        count = sum(2 * (rows // step) * (columns // step) for step in (8, 16, 32))
        scores, corners = np.zeros((1, count, 2), np.float32), np.zeros((1, count, 8), np.float32)
        scores[0, -1, 1] = 0.9
        # As shares of the anchor, tenfold: a plate three times as wide as high.
        corners[0, -1] = [3, 1, -3, 1, -3, -1, 3, -1]
        return [np.zeros((1, count, 4), np.float32), scores, corners]


def jpeg(picture: Picture) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture[:, :, ::-1].copy()).save(stream, "JPEG", quality=95)
    return stream.getvalue()


GREY = jpeg(np.full((90, 160, 3), 90, np.uint8))


def test_repeated_signs_and_blanks_are_left_out() -> None:
    text, confidence = decoded(_columns(4, 4, 0, 3, 1, 0, 1, 1, 2), SIGNS)

    assert text == "陕A112"
    assert confidence == pytest.approx(0.9)


def test_nothing_but_blanks_is_nothing() -> None:
    assert decoded(_columns(0, 0, 0), SIGNS) == ("", 0.0)


def test_a_reading_names_its_frame_its_models_and_what_it_is_worth() -> None:
    text = Fixed(_columns(4, 3, 1, 2, 1, 2, 1))

    said = (
        Reader(OnePlate(), text, SIGNS, (("plates", "ab"),)).advice([("04-alarm.jpg", GREY)], CAR).statement()
    )

    (read,) = said["plates"]
    assert (read["frame"], read["text"], read["confidence"]) == (
        "04-alarm.jpg",
        "陕A12121",
        pytest.approx(0.9),
    )
    assert said["standing"].startswith("advice")
    assert said["models"] == [{"key": "plates", "sha256": "ab"}]


@pytest.mark.parametrize(
    "outputs",
    [_columns(4, 3, 1, 2), _columns(3, 4, 1, 2, 1, 2, 1), _columns(4, 3, 1, 2, 1, 2, 1, sure=0.25)],
    ids=["too short", "out of order", "unsure"],
)
def test_what_is_no_plate_is_not_told(outputs: NDArray[np.float32]) -> None:
    advice = Reader(OnePlate(), Fixed(outputs), SIGNS).advice([("04-alarm.jpg", GREY)], CAR)

    assert (advice.readings, advice.frames) == ((), 1)


def test_without_the_networks_nothing_is_ready(tmp_path: Path) -> None:
    assert not ready(tmp_path)


def drawn(text: str, wide: int) -> Picture:
    """A frame of 640 x 360 with a plate of so many pixels across on something dark, a little turned."""
    plate = Image.new("RGB", (440, 140), (10, 60, 170))
    pen = ImageDraw.Draw(plate)
    pen.rounded_rectangle((6, 6, 433, 133), 12, outline="white", width=4)
    font = ImageFont.truetype(font_file(), 92)
    for number, sign in enumerate(text):
        pen.text((15 + (number + 0.5) * 410 / len(text), 70), sign, "white", font, anchor="mm")
    frame = np.full((360, 640, 3), 105, np.uint8)
    cv2.rectangle(frame, (170, 90), (470, 280), (60, 60, 66), -1)
    cv2.rectangle(frame, (200, 100), (440, 170), (30, 30, 30), -1)
    small = cv2.resize(np.asarray(plate)[:, :, ::-1], (wide, wide * 140 // 440), interpolation=cv2.INTER_AREA)
    turned = cv2.getRotationMatrix2D((wide / 2, wide / 6), 3, 1)
    turned = turned + np.array([[0, 0, 320 - wide / 2], [0, 0, 235 - wide / 6]])
    cv2.warpAffine(small, turned, (640, 360), dst=frame, borderMode=cv2.BORDER_TRANSPARENT)
    return np.asarray(cv2.GaussianBlur(frame, (3, 3), 0), np.uint8)


def test_a_drawn_plate_is_read_where_it_is(shipped_models: Path) -> None:
    if not font_file():
        pytest.skip("needs a font with Chinese characters, such as fonts-noto-cjk")

    advice = Reader.of(shipped_models).advice([("04-alarm.jpg", jpeg(drawn("沪A12345", 160)))], CAR)

    (read,) = advice.readings
    left, top, right, bottom = read.box
    assert read.text == "沪A12345"
    assert left < 0.5 < right
    assert top < 235 / 360 < bottom
    assert right - left == pytest.approx(0.25, abs=0.06)
    assert [key for key, _ in advice.models] == ["plates", "plate_text"]


def test_a_frame_without_a_plate_gives_none(shipped_models: Path) -> None:
    frame = np.full((360, 640, 3), 105, np.uint8)

    assert Reader.of(shipped_models).advice([("04-alarm.jpg", jpeg(frame))], CAR).readings == ()
