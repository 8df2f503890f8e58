"""Zones in the picture of a camera."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

import pytest

from vision.errors import VisionError
from vision.zones import Hours, Zone

SQUARE = Zone("a", "no_parking", ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)))
#: A Monday.
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def test_what_stands_in_a_zone_has_its_foot_there() -> None:
    assert SQUARE.has_foot((0.4, 0.1, 0.6, 0.7))
    assert not SQUARE.has_foot((0.4, 0.5, 0.6, 0.95))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "parking"),
        ("outline", ((0.2, 0.2), (0.8, 0.2))),
        ("outline", ((0.2, 0.2), (0.8, 0.2), (0.8, 1.2))),
        ("outline", ((0.2, 0.2), (0.4, 0.4), (0.6, 0.6))),
        ("dwell", -1.0),
        ("grace", 4000.0),
    ],
)
def test_what_is_no_zone_is_refused_by_its_field(field: str, value: Any) -> None:
    with pytest.raises(VisionError) as refused:
        replace(SQUARE, **{field: value})

    assert refused.value.field == field


def test_a_zone_without_hours_always_holds() -> None:
    assert SQUARE.holds(MONDAY)


@pytest.mark.parametrize(
    ("hour", "day", "holds"), [(22, 23, True), (5, 24, True), (6, 24, False), (22, 24, False), (5, 23, False)]
)
def test_hours_over_midnight_count_to_the_day_they_began(hour: int, day: int, holds: bool) -> None:
    night = replace(SQUARE, hours=(Hours(time(21), time(6), frozenset({0})),))

    assert night.holds(MONDAY.replace(day=day, hour=hour)) is holds
