"""What two photographs have in common: points that look alike and lie as one plane seen from two sides would have them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.photos.reading import MOST_POINTS, Grey, Photograph, Points

#: A point is like another if the next best is so much farther.
RATIO = 0.8
#: A homography has so many points at least.
LEAST = 4
#: Pixels by which a point may lie beside where the plane has it.
OFF = 5.0
#: The area that points in common span, as a share of the picture, and their extent on each axis: a stamp of date and place has less.
LEAST_AREA, LEAST_EXTENT = 0.03, 0.12
#: Squares into which a photograph is divided on each axis to see whether its points are all over it.
SQUARES = 6


def richness(grey: Grey) -> float:
    """The share of a photograph's squares that have at least six corners by which a place is known again, 0 to 1."""
    points = cv2.ORB.create(nfeatures=MOST_POINTS).detect(grey, None)
    rows, columns = grey.shape
    x, y = np.array([point.pt for point in points]).reshape(-1, 2).T
    counts, _, _ = np.histogram2d(y, x, bins=SQUARES, range=((0, rows), (0, columns)))
    return np.count_nonzero(counts >= 6) / (SQUARES * SQUARES)


def by_corners(one: Photograph, other: Photograph) -> int:
    """Points in common by ORB."""
    return _in_common(cv2.NORM_HAMMING, (one.corners, other.corners), one.grey, other.grey)


def by_patches(one: Photograph, other: Photograph) -> int:
    """Points in common by SIFT."""
    return _in_common(cv2.NORM_L2, (one.patches, other.patches), one.grey, other.grey)


def _in_common(norm: int, points: tuple[Points, Points], grey: Grey, other_grey: Grey) -> int:
    """How many points one homography explains that lie over a part of both; 0 where it is no view of a plane."""
    one, other = points
    if min(len(one.at), len(other.at)) < LEAST:
        return 0
    pairs = cv2.BFMatcher(norm).knnMatch(one.looks, other.looks, k=2)
    best = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < RATIO * pair[1].distance]
    # Many points that are like one point of the other are a repeated pattern, and explain nothing.
    best = list({match.trainIdx: match for match in sorted(best, key=lambda one: -one.distance)}.values())
    if len(best) < LEAST:
        return 0
    here = one.at[[match.queryIdx for match in best]]
    there = other.at[[match.trainIdx for match in best]]
    # The same pair has the same answer, whatever was compared before.
    cv2.setRNGSeed(1)
    plane: Any
    plane, mask = cv2.findHomography(here, there, cv2.USAC_MAGSAC, OFF, maxIters=5000, confidence=0.999)
    if plane is None:
        return 0
    kept = mask.ravel() > 0
    seen = _is_view(plane, grey.shape) and _spans(here[kept], grey) and _spans(there[kept], other_grey)
    return int(kept.sum()) if seen else 0


def _is_view(plane: Any, shape: tuple[int, ...]) -> bool:
    """Whether a homography is one that a camera could see: not mirrored, not folded, not scaled beyond a fivefold."""
    rows, columns = shape[:2]
    corners = np.array([[[0, 0], [columns, 0], [columns, rows], [0, rows]]], np.float32)
    weights = corners[0] @ plane[2, :2] + plane[2, 2]
    if not (np.all(weights > 0) or np.all(weights < 0)):
        return False
    seen = cv2.perspectiveTransform(corners, plane)[0]
    area = float(cv2.contourArea(seen.astype(np.float32), oriented=True))
    return 0.04 < area / (rows * columns) < 25.0 and bool(cv2.isContourConvex(seen.astype(np.float32)))


def _spans(points: NDArray[np.float32], grey: Grey) -> bool:
    """Whether points lie over a part of a picture, and not along a line of it."""
    if len(points) < LEAST:
        return False
    rows, columns = grey.shape
    width, height = np.ptp(points[:, 0]) / columns, np.ptp(points[:, 1]) / rows
    area = float(cv2.contourArea(cv2.convexHull(points))) / (rows * columns)
    return area >= LEAST_AREA and float(min(width, height)) >= LEAST_EXTENT
