"""The comparison of a photograph from before the work with one from after it: advice, with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vision.photos.likeness import by_corners, by_patches, richness
from vision.photos.quality import is_blurred, is_dark
from vision.photos.reading import Photograph
from vision.photos.reuse import is_reused

SAME, OTHER, UNDECIDED = "yes", "no", "undecided"

#: More points in common than different places were ever seen to have (measured: none of 55 pairs).
LEAST_INLIERS = 14
#: No more than chance gives.
CHANCE_INLIERS = 8
#: Both must be full of things by which a place is known again before it may be missed.
RICH = 0.6
#: And their colours must have hardly anything in common: the overlap of their distributions, 0 to 1.
OTHER_COLOURS = 0.25


@dataclass(frozen=True)
class Comparison:
    """What a photograph from after the work is, beside one from before it.

    Attributes:
        same_place: ``yes``, ``no`` or ``undecided``.
        reused: it is the very picture from before, or a copy of it.
        dark, blurred: it is too dark or too blurred to be judged.
        inliers: points in common that one view explains.
        colours: how much of their colours they have in common, 0 to 1.
    """

    same_place: str
    reused: bool
    dark: bool
    blurred: bool
    inliers: int
    colours: float


def compare(before: Photograph, after: Photograph) -> Comparison:
    """Compare two photographs; some 0.1 s, where they have little in common some 0.6 s.

    That a place is another one is said only where both photographs are light, sharp and full of detail, nothing in one is found again
    in the other by two ways of looking, and their colours differ as well. A view from another side, a close-up and a
    bare road stay undecided.
    """
    dark, blurred = is_dark(after.grey), is_blurred(after.grey)
    colours = _colours_in_common(before, after)
    reused = is_reused(before, after)
    inliers = by_corners(before, after)
    place = SAME if reused or inliers > LEAST_INLIERS else UNDECIDED
    if place == UNDECIDED and (is_rich(before) or is_rich(after)):
        inliers = max(inliers, by_patches(before, after))
        place = SAME if inliers > LEAST_INLIERS else UNDECIDED
    judged = not (dark or blurred or is_dark(before.grey) or is_blurred(before.grey))
    strange = inliers <= CHANCE_INLIERS and colours <= OTHER_COLOURS
    if place == UNDECIDED and judged and strange and is_rich(before) and is_rich(after):
        place = OTHER
    return Comparison(place, reused, dark, blurred, inliers, round(colours, 3))


def is_rich(photograph: Photograph) -> bool:
    """Whether a photograph is full of things by which a place is known again."""
    return richness(photograph.grey) >= RICH


def _colours_in_common(one: Photograph, other: Photograph) -> float:
    """The overlap of two distributions of colour, whatever the light: grey is brought to grey first."""
    return float(np.minimum(_colours(one), _colours(other)).sum())


def _colours(photograph: Photograph) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    small = cv2.resize(photograph.picture, (128, 128), interpolation=cv2.INTER_AREA).astype(np.float32)
    # The light of the hour is what the channels have in common.
    means = small.mean(axis=(0, 1)) + 1.0
    even = np.clip(small * (means.mean() / means) * (110.0 / means.mean()), 0, 255).astype(np.uint8)
    lab = cv2.cvtColor(even, cv2.COLOR_BGR2LAB)[:, :, 1:].reshape(-1, 2)
    counts, _, _ = np.histogram2d(lab[:, 0], lab[:, 1], bins=16, range=((64, 192), (64, 192)))
    return np.asarray(counts / max(counts.sum(), 1.0))
