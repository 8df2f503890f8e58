"""Live cases on the map: the very cases that the list shows to a person, and how their clocks stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import mapbox_vector_tile
import pytest

from engine.actors import Actor
from engine.cases import search
from engine.store import people
from engine.store.unit_of_work import UnitOfWork
from gis.tiles import Tile, tile_of
from handlers.map import live_cases
from handlers.store.case_places import Wanted
from tests.handlers.conftest import FIRST_CELL, IN_THE_EAST, LAST_CELL, StoredCase

NEAR, FAR = 15, 10


def _tile(zoom: int) -> Tile:
    return tile_of(*FIRST_CELL, zoom)


def _features(
    uow: UnitOfWork, actor: Actor, zoom: int = NEAR, wanted: Wanted | None = None, layer: str = "case"
) -> list[Mapping[str, Any]]:
    body = live_cases.tile(uow, actor, _tile(zoom), wanted or Wanted())
    if not body:
        return []
    found = mapbox_vector_tile.decode(body)
    assert list(found) == [layer]
    return [one["properties"] for one in found[layer]["features"]]


def _person(uow: UnitOfWork, toy: dict[str, int], role: str, unit: str, sees: str = "unit") -> Actor:
    people.save_role(uow.conn, {"code": role, "name_zh": role, "name_en": role, "sees": sees})
    uow.changed("roles")
    person_id = people.save(uow.conn, {"login": f"{role}@{unit}", "name": role, "password_hash": "-"})
    people.grant(uow.conn, person_id, role, toy[unit])
    row = people.read(uow.conn, person_id)
    assert row is not None
    return Actor.of(row)


def test_the_map_shows_the_open_cases_of_the_list(
    uow: UnitOfWork, acceptor: Actor, stored_case: StoredCase, toy: dict[str, int]
) -> None:
    stored_case()
    stored_case(at=LAST_CELL, unit_id=toy["west-sanitation"])
    stored_case(platform_id=toy["east"])
    stored_case(platform_id=toy["east"], unit_id=toy["west"])
    stored_case(status="closed")

    shown = {one["id"] for one in _features(uow, acceptor)}

    assert shown == {row["id"] for row in search(uow, acceptor, status="open")}
    assert len(shown) == 3


def test_a_person_of_another_unit_sees_none(
    uow: UnitOfWork, stored_case: StoredCase, toy: dict[str, int]
) -> None:
    stored_case()
    stranger = _person(uow, toy, "acceptor", "east")
    unseeing = _person(uow, toy, "designer", "city", sees="none")

    for person in (stranger, unseeing):
        assert live_cases.tile(uow, person, _tile(NEAR), Wanted()) == b""
        assert live_cases.tile(uow, person, _tile(FAR), Wanted()) == b""


def test_who_sees_all_below_sees_every_district(
    uow: UnitOfWork, stored_case: StoredCase, toy: dict[str, int]
) -> None:
    stored_case()
    stored_case(platform_id=toy["east"])

    assert len(_features(uow, _person(uow, toy, "examiner", "city", sees="below"))) == 2


_HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("light", "values"),
    [
        ("none", {}),
        ("overdue", {"due": -_HOUR}),
        ("soon", {"due": _HOUR}),
        ("soon", {"due": 9 * _HOUR, "yellow": -_HOUR}),
        ("later", {"due": 9 * _HOUR}),
        ("later", {"due": _HOUR, "yellow": _HOUR / 2}),
        ("paused", {"due": -_HOUR, "pause": "suspension"}),
        ("none", {"due": -_HOUR, "handled": -_HOUR}),
    ],
)
def test_a_light_says_what_the_list_says(
    uow: UnitOfWork, acceptor: Actor, stored_case: StoredCase, light: str, values: dict[str, Any]
) -> None:
    from web.clocks import due_of

    instants = {"due": "due_at", "yellow": "yellow_at", "handled": "handled_at"}
    stored_case(
        **{
            instants.get(name, name): uow.now + value if name in instants else value
            for name, value in values.items()
        }
    )

    (shown,) = _features(uow, acceptor)

    (row,) = search(uow, acceptor)
    assert shown["light"] == light
    with _said():
        due = due_of(row, uow.now)
    assert (due.tone if due else "none") == light


def _said() -> Any:
    """Where sentences can be said: a request of a page."""
    from flask import Flask
    from flask_babel import Babel

    app = Flask("said")
    Babel(app)
    return app.test_request_context()


def test_stage_due_and_category_filter(uow: UnitOfWork, acceptor: Actor, stored_case: StoredCase) -> None:
    handled = stored_case(stage="handling", due_at=uow.now - _HOUR).id
    lamp = stored_case(category="0137").id

    def shown(wanted: Wanted) -> set[int]:
        return {one["id"] for one in _features(uow, acceptor, wanted=wanted)}

    assert shown(Wanted(stages=["handling"])) == {handled}
    assert shown(Wanted(lights=["overdue", "soon"])) == {handled}
    assert shown(Wanted(category=("gb30428", "component", "0137"))) == {lamp}
    assert shown(Wanted(stages=["handling"], lights=["none"])) == set()


def test_far_away_they_are_counted_with_the_worst_light(
    uow: UnitOfWork, acceptor: Actor, stored_case: StoredCase
) -> None:
    stored_case()
    stored_case(due_at=uow.now - _HOUR)
    stored_case(due_at=uow.now + 9 * _HOUR)

    (square,) = _features(uow, acceptor, FAR, layer="count")

    assert square == {"count": 3, "light": "overdue"}


def test_every_case_is_counted_once_in_all_tiles_of_a_zoom(
    uow: UnitOfWork, acceptor: Actor, stored_case: StoredCase
) -> None:
    # On the corner of four tiles, and around it.
    west, _south, _east, north = _tile(FAR).box
    for lon in (west - 1e-6, west, west + 1e-6):
        for lat in (north - 1e-6, north, north + 1e-6):
            stored_case(at=(lon, lat))
    middle = _tile(FAR)

    counted = 0
    for x in (middle.x - 1, middle.x):
        for y in (middle.y - 1, middle.y):
            body = live_cases.tile(uow, acceptor, Tile(FAR, x, y), Wanted())
            if body:
                found = mapbox_vector_tile.decode(body)["count"]["features"]
                counted += sum(one["properties"]["count"] for one in found)

    assert counted == 9


def test_a_crowded_tile_is_counted_however_near(
    uow: UnitOfWork, acceptor: Actor, stored_case: StoredCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        stored_case()
    stored_case(at=IN_THE_EAST)
    monkeypatch.setattr(live_cases, "MOST", 3)

    squares = _features(uow, acceptor, 13, layer="count")

    assert sum(one["count"] for one in squares) == 4
