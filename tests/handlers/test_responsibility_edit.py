"""A responsibility grid is edited: what was stays readable, and what does not fit is told by its field."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import shapely

from engine.actors import SYSTEM, Actor
from engine.errors import Conflict, Forbidden, Invalid
from engine.store.unit_of_work import UnitOfWork
from handlers.layers import ResponsibilityGrid, save_responsibility
from handlers.store import layers

pytestmark = pytest.mark.usefixtures("toy")

SQUARE = shapely.box(108.900, 34.200, 108.902, 34.202)
GRID = ResponsibilityGrid(
    "sanitation",
    "hw-1",
    shapely.box(108.900, 34.200, 108.902, 34.202),
    "west-sanitation",
    "环卫一",
    "Sanitation 1",
)
LARGER = replace(GRID, outline=shapely.box(108.900, 34.200, 108.903, 34.202))
HOUR = timedelta(hours=1)


def _held(uow: UnitOfWork, at: Any) -> list[tuple[str, float]]:
    rows = layers.read_responsibility_grids(uow.conn, at)
    return [
        (row["unit_code"], round(float(shapely.area(shapely.from_wkb(row["outline"]))) * 1e6, 3))
        for row in rows
    ]


def test_a_grid_begins_at_the_instant_of_saving(uow: UnitOfWork) -> None:
    saved = save_responsibility(uow, SYSTEM, GRID)

    assert saved.changed
    assert _held(uow, uow.now) == [("west-sanitation", 4.0)]
    assert _held(uow, uow.now - timedelta(microseconds=1)) == []


def test_an_edit_leaves_what_was(uow: UnitOfWork) -> None:
    save_responsibility(uow, SYSTEM, GRID)
    save_responsibility(uow, SYSTEM, replace(LARGER, unit_code="east-greenery"), valid_from=uow.now + HOUR)

    assert _held(uow, uow.now) == [("west-sanitation", 4.0)]
    assert _held(uow, uow.now + HOUR) == [("east-greenery", 6.0)]


def test_saving_the_same_again_changes_nothing(uow: UnitOfWork) -> None:
    save_responsibility(uow, SYSTEM, GRID)
    turned = replace(
        GRID, outline=shapely.Polygon([*SQUARE.exterior.coords[2:], *SQUARE.exterior.coords[1:3]])
    )

    again = save_responsibility(uow, SYSTEM, turned, valid_from=uow.now + HOUR)

    assert (again.changed, again.valid_from) == (False, uow.now)
    assert layers.next_change(uow.conn, layers.RESPONSIBILITY_GRIDS, uow.now) is None


def test_an_edit_before_one_that_is_planned_holds_until_that(uow: UnitOfWork) -> None:
    save_responsibility(uow, SYSTEM, GRID)
    save_responsibility(uow, SYSTEM, LARGER, valid_from=uow.now + 2 * HOUR)

    save_responsibility(uow, SYSTEM, replace(GRID, unit_code="city-sanitation"), valid_from=uow.now + HOUR)

    found = [_held(uow, uow.now + hours * HOUR) for hours in range(3)]
    assert found == [[("west-sanitation", 4.0)], [("city-sanitation", 4.0)], [("west-sanitation", 6.0)]]


def test_a_second_change_at_the_same_instant_is_refused(uow: UnitOfWork) -> None:
    save_responsibility(uow, SYSTEM, GRID)

    with pytest.raises(Conflict, match="later time"):
        save_responsibility(uow, SYSTEM, LARGER)


def test_somebody_elses_change_is_not_written_over(uow: UnitOfWork) -> None:
    save_responsibility(uow, SYSTEM, GRID)
    save_responsibility(uow, SYSTEM, LARGER, valid_from=uow.now + HOUR)

    with pytest.raises(Conflict, match="meanwhile"):
        save_responsibility(uow, SYSTEM, GRID, valid_from=uow.now + 2 * HOUR, seen=uow.now)


def test_an_edit_is_seen_by_a_process_that_held_the_grids(uow: UnitOfWork) -> None:
    def held() -> int:
        return uow.reference(
            layers.RESPONSIBILITY_GRIDS,
            lambda conn: len(list(layers.read_responsibility_grids(conn, uow.now))),
        )

    assert held() == 0

    save_responsibility(uow, SYSTEM, GRID)

    assert held() == 1


@pytest.mark.parametrize(
    ("role", "unit", "allowed"),
    [
        ("supervisor", "west", True),
        ("supervisor", "city", True),
        ("admin", "city", True),
        ("admin", "east", False),
        ("supervisor", "east", False),
        ("dispatcher", "west", False),
    ],
)
def test_only_who_is_above_the_unit_may(
    uow: UnitOfWork, toy: dict[str, int], role: str, unit: str, allowed: bool
) -> None:
    actor = Actor(1, "李", frozenset({(role, toy[unit])}))

    if allowed:
        assert save_responsibility(uow, actor, GRID).changed
    else:
        with pytest.raises(Forbidden):
            save_responsibility(uow, actor, GRID)


def test_a_grid_is_not_taken_from_the_unit_of_another(uow: UnitOfWork, toy: dict[str, int]) -> None:
    save_responsibility(uow, SYSTEM, GRID)
    actor = Actor(1, "李", frozenset({("supervisor", toy["east"])}))

    with pytest.raises(Forbidden):
        save_responsibility(uow, actor, replace(GRID, unit_code="east-greenery"), valid_from=uow.now + HOUR)


TURN = np.linspace(0.0, 2.0 * np.pi, 200_002)
ROUND = shapely.Polygon(np.column_stack((108.902 + np.cos(TURN) / 1000, 34.201 + np.sin(TURN) / 1000)))
BOW = shapely.Polygon([(108.900, 34.200), (108.902, 34.202), (108.902, 34.200), (108.900, 34.202)])


@pytest.mark.parametrize(
    ("change", "field", "told"),
    [
        ({"profession": "magic"}, "profession", "Use one of"),
        ({"code": ""}, "code", "1 to 40"),
        ({"unit_code": "nobody"}, "unit_code", "no such unit"),
        ({"name_zh": "x" * 101}, "name_zh", "1 to 100"),
        ({"rank": -1}, "rank", "0 to 1000"),
        ({"outline": BOW}, "outline", "crosses or touches itself at 108.90100, 34.20100"),
        ({"outline": shapely.Polygon()}, "outline", "Draw an outline"),
        ({"outline": shapely.Point(108.9, 34.2)}, "outline", "not a line or a point"),
        ({"outline": shapely.box(34.200, 108.900, 34.202, 108.902)}, "outline", "exchanged"),
        ({"outline": shapely.box(110.0, 34.200, 110.1, 34.202)}, "outline", "out of the city"),
        ({"outline": ROUND}, "outline", "too many points"),
    ],
)
def test_what_does_not_fit_is_told_by_its_field(
    uow: UnitOfWork, change: dict[str, Any], field: str, told: str
) -> None:
    with pytest.raises(Invalid) as refused:
        save_responsibility(uow, SYSTEM, replace(GRID, **change))

    assert told in refused.value.fields[field]
    assert _held(uow, uow.now) == []


def test_the_past_is_not_changed(uow: UnitOfWork) -> None:
    with pytest.raises(Invalid) as refused:
        save_responsibility(uow, SYSTEM, GRID, valid_from=uow.now - HOUR)

    assert "valid_from" in refused.value.fields
