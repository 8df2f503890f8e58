"""Blobs: connected places where something stands, and what tells a thing from light, shadow and what is no longer there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from vision.frame import Box
from vision.gate.planes import Mask, Plane, Planes, as_share

#: Pixels of the work size below which a blob is a speck, and the share of the picture above which it is light.
SMALLEST, LARGEST = 90, 0.4
MOST = 24
#: A part that is held by so narrow a neck, as a share of the blob's shorter side, is a thing of its own.
NECK = 0.16
#: The least share of a blob that is a thing of its own.
PART = 0.22
#: Rows and columns with less than this share of what most have stick out.
THIN = 0.25
#: Spread of the logarithm of light over background below which a blob is the same surface in other light.
SAME_SURFACE = 0.10
#: Levels by which colour may change with the light.
SAME_COLOUR = 7.0
#: An outline that is this much fainter in the frame than in the background is of something that went away.
GHOST = 0.6
#: So is one that is stronger in the frame for a small part of it only: who walks past adds a little that is strong.
GHOST_PART = 0.35

_OPEN = np.ones((3, 3), np.uint8)
_CLOSE = np.ones((7, 7), np.uint8)


@dataclass(slots=True)
class Blob:
    """A place where something stands.

    Attributes:
        box: as shares of the picture.
        window: rows and columns of the work size that hold it.
        mask: within the window (0 or 255).
        area: its pixels.
    """

    box: Box
    window: tuple[slice, slice]
    mask: Mask
    area: int


def blobs(mask: Mask) -> list[Blob]:
    """The blobs of a mask, the largest first, without specks; what hangs together by a narrow neck comes apart."""
    cleaned: Any = cv2.morphologyEx(mask, cv2.MORPH_OPEN, _OPEN)
    if not cv2.countNonZero(cleaned):
        return []
    cleaned = cv2.morphologyEx(cleaned, cv2.MORPH_CLOSE, _CLOSE)
    # Labels of 16 bits take a third of the time of the usual ones (measured), and no picture of the work size has more blobs.
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cleaned, connectivity=8, ltype=cv2.CV_16U)
    order = np.argsort(-stats[1:count, cv2.CC_STAT_AREA])[:MOST] + 1
    found: list[Blob] = []
    for label in order.tolist():
        left, top, width, height, area = (int(value) for value in stats[label])
        if area < SMALLEST or min(width, height) < 6 or area > LARGEST * mask.size:
            continue
        window = (slice(top, top + height), slice(left, left + width))
        part = np.where(labels[window] == label, 255, 0).astype(np.uint8)
        found += [_blob(one, (left, top), mask.shape) for one in _parts(part)]
    return [one for one in found if one.area >= SMALLEST]


def _blob(part: Any, corner: tuple[int, int], shape: tuple[int, ...]) -> Blob:
    part = _bulk(part)
    left, top, width, height = cv2.boundingRect(part)
    inner = np.ascontiguousarray(part[top : top + height, left : left + width])
    left, top = left + corner[0], top + corner[1]
    return Blob(
        as_share((left, top, width, height), shape),
        (slice(top, top + height), slice(left, left + width)),
        inner,
        cv2.countNonZero(inner),
    )


def _bulk(part: Any) -> Any:
    """A blob without what sticks out of it thinly: a line on the road beside it, the end of a shadow."""
    kept = part.copy()
    for axis in (0, 1):
        sums = np.count_nonzero(part, axis=1 - axis)
        thick = np.flatnonzero(sums >= THIN * np.percentile(sums, 90))
        if axis == 0:
            kept[: thick[0]] = kept[thick[-1] + 1 :] = 0
        else:
            kept[:, : thick[0]] = kept[:, thick[-1] + 1 :] = 0
    return kept


def _parts(mask: Mask) -> list[Any]:
    """A blob, or its parts where a neck holds them together."""
    area = cv2.countNonZero(mask)
    side = min(mask.shape)
    reach = int(side * NECK)
    if reach < 2 or area < 4 * SMALLEST:
        return [mask]
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth: Any = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    count, cores, stats, _ = cv2.connectedComponentsWithStats(
        (depth > reach).astype(np.uint8), connectivity=8
    )
    large = [
        n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] >= PART * stats[1:, cv2.CC_STAT_AREA].sum()
    ]
    if len(large) < 2:
        return [mask]
    # Each pixel belongs to the nearest core.
    near: Any = np.stack(
        [cv2.distanceTransform((cores != n).astype(np.uint8), cv2.DIST_L2, 3) for n in large]
    ).argmin(axis=0)
    parts = [np.where((near == place) & (mask > 0), 255, 0).astype(np.uint8) for place in range(len(large))]
    return parts if all(cv2.countNonZero(one) >= PART * area for one in parts) else [mask]


def is_light(blob: Blob, now: Planes, base: Planes) -> bool:
    """Whether a blob is the same surface in other light: a shadow, a lamp, the sun on the ground."""
    inner: Any = cv2.erode(blob.mask, _OPEN)
    chosen = inner > 0
    if np.count_nonzero(chosen) < SMALLEST // 2:
        return False
    ratio: Any = np.log((now.y[blob.window][chosen] + 6.0) / (base.y[blob.window][chosen] + 6.0))
    middle = float(np.median(ratio))
    if not -1.1 < middle < 0.7:
        return False
    spread = 1.4826 * float(np.median(np.abs(ratio - middle)))
    wide = float(np.mean(np.abs(ratio - middle) > 0.3))
    return spread < SAME_SURFACE and wide < 0.08 and _colour_change(blob, now, base) < SAME_COLOUR


def _colour_change(blob: Blob, now: Planes, base: Planes) -> float:
    rows, columns = blob.window
    half = (
        slice(rows.start // 2, max(rows.stop // 2, rows.start // 2 + 1)),
        slice(columns.start // 2, max(columns.stop // 2, columns.start // 2 + 1)),
    )
    shape = now.u[half].shape
    chosen = cv2.resize(blob.mask, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST) > 0
    if not chosen.any():
        return 0.0
    change = [
        float(np.median(np.abs(one[half][chosen].astype(np.float32) - other[half][chosen])))
        for one, other in ((now.u, base.u), (now.v, base.v))
    ]
    return max(change)


def is_ghost(blob: Blob, now: Plane, base: Plane) -> bool:
    """Whether a blob's outline is to be seen in the background and not in the frame: what stood there went away."""
    rows, columns = blob.window
    pad = 3
    window = (
        slice(max(rows.start - pad, 0), rows.stop + pad),
        slice(max(columns.start - pad, 0), columns.stop + pad),
    )
    wide = np.zeros(now[window].shape, np.uint8)
    top, left = rows.start - window[0].start, columns.start - window[1].start
    wide[top : top + blob.mask.shape[0], left : left + blob.mask.shape[1]] = blob.mask
    outline: Any = cv2.morphologyEx(wide, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > 0
    present, past = _slope(now[window])[outline], _slope(base[window])[outline]
    return bool(present.mean() < GHOST * past.mean() or (present > past).mean() < GHOST_PART)


def _slope(plane: Plane) -> Any:
    across = cv2.Sobel(plane, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(plane, cv2.CV_32F, 0, 1)
    return cv2.magnitude(across, down)
