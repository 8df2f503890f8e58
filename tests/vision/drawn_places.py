"""Drawn places, and what a second photograph makes of them: another stand, another light, another camera."""

from __future__ import annotations

import cv2
import numpy as np

from vision.frame import Picture

WIDTH, HEIGHT = 960, 720


def street(seed: int) -> Picture:
    """A row of house fronts with windows, signs and trees over a pavement; each seed is another street."""
    rng = np.random.default_rng(seed)
    picture = np.full((HEIGHT, WIDTH, 3), rng.integers(150, 230, 3), np.uint8)
    left = -int(rng.integers(0, 80))
    while left < WIDTH:
        width = int(rng.integers(110, 300))
        _front(picture, left, width, rng)
        left += width
    kerb = int(HEIGHT * 0.72)
    picture[kerb:] = rng.integers(70, 140, 3)
    for _ in range(60):
        x, y = rng.integers(0, WIDTH), rng.integers(kerb, HEIGHT)
        cv2.rectangle(
            picture,
            (int(x), int(y)),
            (int(x + rng.integers(8, 60)), int(y + rng.integers(4, 24))),
            _paint(rng, 40, 190),
            -1,
        )
    for _ in range(4):
        _tree(picture, int(rng.integers(0, WIDTH)), kerb, rng)
    return _grained(picture, rng, 3.0)


def road(seed: int) -> Picture:
    """A bare road: asphalt, and at most a line."""
    rng = np.random.default_rng(seed)
    picture = np.full((HEIGHT, WIDTH, 3), rng.integers(90, 130), np.uint8)
    x = int(rng.integers(100, WIDTH - 100))
    cv2.line(picture, (x, 0), (x + int(rng.integers(-80, 80)), HEIGHT), (200, 200, 200), 14)
    return _grained(picture, rng, 3.0)


def again(picture: Picture, seed: int, *, shift: float = 0.1, light: float | None = None) -> Picture:
    """The same place once more: each corner up to so far (a share of the size) from where it was, another light, other noise."""
    rng = np.random.default_rng(seed)
    rows, columns = picture.shape[:2]
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    moved = (corners + rng.uniform(-shift, shift, (4, 2)) * (columns, rows)).astype(np.float32)
    plane = cv2.getPerspectiveTransform(corners, moved)
    seen = cv2.warpPerspective(picture, plane, (columns, rows), borderMode=cv2.BORDER_REPLICATE)
    gain = rng.uniform(0.6, 1.4) if light is None else light
    return _grained(np.clip(seen * gain, 0, 255).astype(np.uint8), rng, 4.0)


def saved(picture: Picture, quality: int = 85) -> bytes:
    """As a JPEG file."""
    done, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return content.tobytes()


def _front(picture: Picture, left: int, width: int, rng: np.random.Generator) -> None:
    top, foot = int(rng.integers(20, 260)), int(HEIGHT * 0.72)
    cv2.rectangle(picture, (left, top), (left + width, foot), _paint(rng, 60, 220), -1)
    across, down = int(rng.integers(24, 52)), int(rng.integers(34, 70))
    for y in range(top + 15, foot - 110, down):
        for x in range(left + 10, left + width - across, across):
            window = (int(rng.integers(9, across - 8)), int(rng.integers(12, down - 12)))
            cv2.rectangle(picture, (x, y), (x + window[0], y + window[1]), _paint(rng, 10, 250), -1)
    word = "".join(chr(one) for one in rng.integers(65, 91, 7))
    cv2.rectangle(picture, (left + 4, foot - 100), (left + width - 4, foot - 66), _paint(rng, 20, 230), -1)
    cv2.putText(picture, word, (left + 8, foot - 74), cv2.FONT_HERSHEY_SIMPLEX, 0.9, _paint(rng, 0, 255), 2)


def _tree(picture: Picture, x: int, foot: int, rng: np.random.Generator) -> None:
    cv2.line(picture, (x, foot + 40), (x, foot - 120), (30, 50, 70), 10)
    for _ in range(120):
        at = (x + int(rng.normal(0, 35)), foot - 150 + int(rng.normal(0, 40)))
        cv2.circle(picture, at, int(rng.integers(3, 9)), (30, int(rng.integers(60, 170)), 40), -1)


def _paint(rng: np.random.Generator, low: int, high: int) -> tuple[int, int, int]:
    blue, green, red = (int(one) for one in rng.integers(low, high, 3))
    return blue, green, red


def _grained(picture: Picture, rng: np.random.Generator, deviation: float) -> Picture:
    noise = rng.normal(0.0, deviation, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)
