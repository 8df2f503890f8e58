"""Coordinates as they are typed."""

from __future__ import annotations

import math


def degrees(text: str) -> float | None:
    """A coordinate; None where nothing was typed, and not a number where that is none, which is refused later."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return math.nan
