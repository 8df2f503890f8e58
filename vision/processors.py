"""Processors: how many of them the pictures of this process may take."""

from __future__ import annotations

import cv2


def take(number: int) -> None:
    """Let OpenCV compute with so many threads at a time, in this process."""
    cv2.setNumThreads(number)
