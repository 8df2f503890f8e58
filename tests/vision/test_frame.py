"""Boxes in pictures."""

from __future__ import annotations

import numpy as np
import pytest

from vision.frame import cut, overlap


def test_a_box_overlaps_itself_wholly_and_its_neighbour_not_at_all() -> None:
    one, beside = (0.1, 0.1, 0.3, 0.3), (0.3, 0.1, 0.5, 0.3)

    assert overlap(one, one) == pytest.approx(1.0)
    assert overlap(one, beside) == 0.0


def test_half_of_a_box_is_a_third_of_both() -> None:
    assert overlap((0.0, 0.0, 0.2, 0.2), (0.1, 0.0, 0.3, 0.2)) == pytest.approx(1 / 3)


def test_what_is_cut_out_is_in_the_box() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[20:40, 50:100] = 255

    part = cut(picture, (0.25, 0.2, 0.5, 0.4))

    assert part.shape == (20, 50, 3)
    assert part.min() == 255


def test_what_lies_at_the_edge_is_cut_at_the_edge() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)

    assert cut(picture, (0.9, 0.9, 1.0, 1.0), margin=1.0).shape == (20, 40, 3)
    assert cut(picture, (1.0, 1.0, 1.0, 1.0)).shape == (1, 1, 3)
