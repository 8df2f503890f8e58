"""Rows of layers in time: what holds at an instant, and when that changes next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely
from sqlalchemy import insert, update

from engine.store.unit_of_work import UnitOfWork
from handlers.store import areas, layers
from handlers.store.validity import ALWAYS

EDIT = datetime(2026, 12, 1, tzinfo=UTC)
BEFORE = EDIT - timedelta(microseconds=1)
OUTLINE = shapely.to_wkb(shapely.box(108.9, 34.2, 108.901, 34.201))


def _area(**values: Any) -> dict[str, Any]:
    row = {
        "kind": "zone",
        "code": "z",
        "name_zh": "开发区",
        "name_en": "Zone",
        "parent_code": "",
        "made": False,
    }
    return row | {"outline": OUTLINE, "valid_from": ALWAYS, "valid_to": None} | values


@pytest.fixture
def edited(uow: UnitOfWork) -> UnitOfWork:
    """A development zone whose name changed at `EDIT`."""
    uow.conn.execute(insert(areas.area), [_area(valid_to=EDIT), _area(valid_from=EDIT, name_zh="新区")])
    return uow


@pytest.mark.parametrize(("at", "name"), [(BEFORE, "开发区"), (EDIT, "新区")])
def test_at_the_instant_of_an_edit_the_new_row_holds(edited: UnitOfWork, at: datetime, name: str) -> None:
    assert [row["name_zh"] for row in areas.read(edited.conn, ["zone"], at)] == [name]


def test_without_an_instant_the_row_without_an_end_is_read(edited: UnitOfWork) -> None:
    assert [row["name_zh"] for row in areas.read(edited.conn, ["zone"])] == ["新区"]


@pytest.mark.parametrize(("at", "next_one"), [(BEFORE, EDIT), (EDIT, None)])
def test_the_next_change_is_told(edited: UnitOfWork, at: datetime, next_one: datetime | None) -> None:
    assert areas.next_change(edited.conn, at) == next_one
    assert areas.next_change(edited.conn, at, ["district"]) is None


def test_an_end_without_a_new_row_is_a_change(edited: UnitOfWork) -> None:
    last = EDIT + timedelta(days=1)
    edited.conn.execute(update(areas.area).where(areas.area.c.valid_to.is_(None)).values(valid_to=last))

    assert areas.next_change(edited.conn, EDIT) == last


def test_responsibility_grids_come_with_the_code_of_their_unit(uow: UnitOfWork, toy: dict[str, int]) -> None:
    row = {"profession": "sanitation", "name_zh": "", "name_en": "", "outline": OUTLINE, "made": False}
    row |= {"unit_id": toy["west-sanitation"], "valid_from": EDIT}
    grids = [row | {"code": "a", "rank": 1}, row | {"code": "b", "rank": 0}]
    uow.conn.execute(insert(layers.responsibility_grid), grids)

    found = list(layers.read_responsibility_grids(uow.conn, EDIT))

    assert [(one["code"], one["unit_code"]) for one in found] == [
        ("b", "west-sanitation"),
        ("a", "west-sanitation"),
    ]
    assert layers.next_change(uow.conn, layers.RESPONSIBILITY_GRIDS, BEFORE) == EDIT
    assert not list(layers.read_responsibility_grids(uow.conn, BEFORE))
