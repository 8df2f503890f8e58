"""The street of the made scenes: what stands still in it, drawn once for a view."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vision.frame import Picture
from vision.made.brush import Colour, fill, grain, line, tinted
from vision.made.view import View

#: Across the street, metres: the lanes' middles, where vehicles stand at the kerb, the kerb, the walk, the shops.
NEAR_LANE, FAR_LANE, KERB_LANE, KERB, WALK, SHOPS = -0.5, 3.2, 6.9, 8.2, 10.2, 14.0
#: Along the street, metres: as much as is drawn, and as much as zones cover.
REACH, COVERED = 34.0, (-12.0, 14.0)
#: Where lamps stand along the kerb, metres.
LAMPS = (-18.0, -4.0, 10.0, 24.0)

_ASPHALT: Colour = (92, 90, 88)
_PAVING: Colour = (138, 146, 150)
_HEIGHT = 13.0
_TEXELS = 20


def draw(view: View, rng: np.random.Generator) -> Picture:
    """The empty street by day."""
    picture = _sky(view, rng)
    _facade(picture, view, rng)
    _floor(picture, view, rng, (SHOPS, KERB), _PAVING, joints=0.6)
    _floor(picture, view, rng, (KERB - 0.15, -12.0), _ASPHALT, joints=0.0)
    _kerb(picture, view)
    _markings(picture, view)
    for x in LAMPS:
        _lamp(picture, view, x)
    return picture


def _sky(view: View, rng: np.random.Generator) -> Picture:
    columns, rows = view.size
    fade = np.linspace(0.9, 1.05, rows, dtype=np.float32)[:, None]
    clouds = 1.0 + 0.06 * grain(rng, rows, columns, (160, 60, 20))
    sky = (fade * clouds)[..., None] * np.array((214, 200, 188), dtype=np.float32)
    return np.asarray(np.clip(sky, 0, 255), dtype=np.uint8)


def _lay(picture: Picture, view: View, texture: Picture, corners: Sequence[Sequence[float]]) -> None:
    """Lay a texture on a rectangle of the world: its corners from the texture's top left, clockwise."""
    rows, columns = texture.shape[:2]
    source = np.array(((0, 0), (columns, 0), (columns, rows), (0, rows)), dtype=np.float32)
    target = view.project(corners).astype(np.float32)
    bent = cv2.warpPerspective(
        texture,
        cv2.getPerspectiveTransform(source, target),
        view.size,
        flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_REPLICATE,
    )
    mask = np.zeros(picture.shape[:2], dtype=np.uint8)
    fill(mask, target.astype(np.float64), (255, 255, 255))
    np.copyto(picture, bent, where=mask[..., None] > 0)


def _floor(
    picture: Picture,
    view: View,
    rng: np.random.Generator,
    across: tuple[float, float],
    colour: Colour,
    joints: float,
) -> None:
    """A strip of ground from far to near, with the joints of its paving in metres, or none."""
    far, near = across
    rows, columns = int((far - near) * _TEXELS), int(2 * REACH * _TEXELS)
    light = 1.0 + 0.10 * grain(rng, rows, columns, (2, 5, 24, 90))
    if joints:
        step = round(joints * _TEXELS)
        light[::step, :] *= 0.82
        light[:, :: 2 * step] *= 0.86
    texture = np.clip(light[..., None] * np.array(colour, dtype=np.float32), 0, 255).astype(np.uint8)
    _lay(picture, view, texture, ((-REACH, far, 0), (REACH, far, 0), (REACH, near, 0), (-REACH, near, 0)))


def _facade(picture: Picture, view: View, rng: np.random.Generator) -> None:
    """A row of houses: each with plaster of its own, windows, a sign and a shop front."""
    columns = int(2 * REACH * _TEXELS)
    rows = int(_HEIGHT * _TEXELS)
    texture = np.zeros((rows, columns, 3), dtype=np.uint8)
    left = 0
    while left < columns:
        wide = int(rng.uniform(5.0, 8.0) * _TEXELS)
        _house(texture[:, left : left + wide], rng)
        left += wide
    rough = 1.0 + 0.09 * grain(rng, rows, columns, (3, 9, 60))
    texture = np.clip(texture * rough[..., None], 0, 255).astype(np.uint8)
    top = _HEIGHT
    _lay(
        picture,
        view,
        texture,
        ((-REACH, SHOPS, top), (REACH, SHOPS, top), (REACH, SHOPS, 0), (-REACH, SHOPS, 0)),
    )


def _house(wall: Picture, rng: np.random.Generator) -> None:
    rows, columns = wall.shape[:2]
    metre = _TEXELS
    grey = rng.uniform(130, 190)
    wall[:] = np.clip(grey + rng.uniform((-22, -8, -6), (-4, 8, 14)), 0, 255).astype(np.uint8)
    for floor in range(3):
        top = int((1.0 + 2.9 * floor) * metre)
        for left in range(metre, columns - metre, int(2.1 * metre)):
            glass = rng.uniform(55, 110)
            right = left + int(1.2 * metre)
            cv2.rectangle(
                wall, (left - 2, top - 2), (right + 2, top + int(1.5 * metre) + 2), (170, 172, 175), 2
            )
            cv2.rectangle(
                wall, (left, top), (right, top + int(1.5 * metre)), (glass + 18, glass + 6, glass), -1
            )
    sign = tuple(int(value) for value in rng.integers(30, 190, 3))
    top = rows - int(3.9 * metre)
    cv2.rectangle(wall, (8, top), (columns - 8, top + int(0.9 * metre)), sign, -1)
    for left in range(metre, columns - metre, int(0.8 * metre)):
        cv2.rectangle(wall, (left, top + 5), (left + 9, top + 13), (225, 228, 230), 2)
    dark = rng.uniform(40, 80)
    cv2.rectangle(wall, (8, top + metre), (columns - 8, rows - 8), (dark + 10, dark + 4, dark), -1)
    for left in range(8, columns, int(1.7 * metre)):
        cv2.line(wall, (left, top + metre), (left, rows - 8), (150, 152, 155), 2)


def _kerb(picture: Picture, view: View) -> None:
    edge = view.project(
        ((-REACH, KERB, 0), (REACH, KERB, 0), (REACH, KERB - 0.15, 0), (-REACH, KERB - 0.15, 0))
    )
    fill(picture, edge, (168, 172, 174))


def _markings(picture: Picture, view: View) -> None:
    white: Colour = (196, 198, 198)
    for x in np.arange(-REACH, REACH, 6.0):
        y = (NEAR_LANE + FAR_LANE) / 2
        fill(picture, view.ground(((x, y), (x + 3, y), (x + 3, y + 0.15), (x, y + 0.15))), white)
    yellow: Colour = (70, 170, 200)
    y = (FAR_LANE + KERB_LANE) / 2
    fill(picture, view.ground(((-REACH, y), (REACH, y), (REACH, y + 0.15), (-REACH, y + 0.15))), yellow)


def _lamp(picture: Picture, view: View, x: float) -> None:
    grey: Colour = (96, 98, 96)
    y = KERB + 0.5
    wide = max(round(view.scale(y) * 0.14), 1)
    line(picture, view.project(((x, y, 0), (x, y, 6.0), (x, y - 1.2, 6.4))), grey, wide)
    line(picture, view.project(((x, y - 1.2, 6.4), (x, y - 1.8, 6.4))), tinted(grey, 1.9), wide + 1)
