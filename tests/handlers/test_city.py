"""The city's areas as commands see them: addresses, outlines, and what is known by name only."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Invalid
from engine.store.unit_of_work import UnitOfWork
from gis.areas import Layers
from handlers import city
from handlers.layers import store_layers
from tests.handlers.conftest import FIRST_CELL, IN_THE_EAST, OUTSIDE, UNDRAWN, toy_layers

pytestmark = pytest.mark.usefixtures("toy")


def test_what_was_stored_comes_back_exactly(uow: UnitOfWork) -> None:
    stored = toy_layers()

    found = city.layers(uow).layers

    assert [(a.code, a.name, a.name_en, a.made, a.polygon.wkb) for a in found.all()] == [
        (a.code, a.name, a.name_en, a.made, a.polygon.wkb) for a in stored.all()
    ]


def test_areas_are_read_once(uow: UnitOfWork) -> None:
    assert city.layers(uow) is city.layers(uow)


def test_after_an_import_they_are_read_again(uow: UnitOfWork) -> None:
    before = city.layers(uow)

    store_layers(uow, Layers(toy_layers().districts))

    after = city.layers(uow)
    assert (len(before.layers.cells), len(after.layers.cells)) == (8, 0)
    assert before.digest != after.digest


@pytest.mark.parametrize(
    ("point", "code"), [(FIRST_CELL, "610102001001002"), (IN_THE_EAST, "610103"), (OUTSIDE, None)]
)
def test_a_point_has_the_smallest_area_known(
    uow: UnitOfWork, point: tuple[float, float], code: str | None
) -> None:
    found = city.place(uow, *point)

    assert (found and found.code) == code


def test_an_address_is_made_of_names_in_either_language(uow: UnitOfWork) -> None:
    found = city.place(uow, *FIRST_CELL)
    assert found is not None

    assert city.address_of(found, "zh") == "西区1号街道11社区"
    assert city.address_of(found, "en") == "Community 11, Street 1, West District"


@pytest.mark.parametrize(
    ("text", "language", "label"),
    [("西区 11", "zh", "西区1号街道11社区"), ("community 11", "en", "Community 11, Street 1, West District")],
)
def test_a_typed_text_finds_the_community(uow: UnitOfWork, text: str, language: str, label: str) -> None:
    first, *_ = city.suggest(uow, text, language)

    assert (first.label, first.code) == (label, "610102001001")


def test_an_area_without_an_outline_is_suggested_without_a_point(uow: UnitOfWork) -> None:
    (found,) = city.suggest(uow, "无界")

    assert (found.code, found.lon, found.lat) == ("610103001001", None, None)


def test_no_text_suggests_nothing(uow: UnitOfWork) -> None:
    assert city.suggest(uow, "  ") == []


@pytest.mark.parametrize(("limit", "found"), [(0, 1), (2, 2), (10**9, 8)])
def test_suggestions_are_limited(uow: UnitOfWork, limit: int, found: int) -> None:
    assert len(city.suggest(uow, "西区", limit=limit)) == min(found, 7)


def test_the_names_without_outlines_are_kept(uow: UnitOfWork) -> None:
    assert set(UNDRAWN) <= set(city.layers(uow).names)


@pytest.mark.parametrize(
    ("kind", "options", "count"),
    [
        ("district", {}, 2),
        ("cell", {}, 8),
        ("cell", {"within": "610102001"}, 4),
        ("cell", {"box": (108.9001, 34.2001, 108.9002, 34.2019)}, 2),
        ("cell", {"box": (109.5, 34.5, 109.6, 34.6)}, 0),
        ("community", {"within": "610103"}, 0),
    ],
)
def test_a_layer_comes_as_features(uow: UnitOfWork, kind: str, options: dict[str, Any], count: int) -> None:
    found = city.geojson(uow, kind, **options)

    assert len(found["features"]) == count


def test_a_feature_says_that_its_outline_was_made(uow: UnitOfWork) -> None:
    cell = city.geojson(uow, "cell")["features"][0]
    district = city.geojson(uow, "district")["features"][0]

    assert (cell["properties"]["made"], district["properties"]["made"]) == (True, False)


@pytest.mark.parametrize(
    ("kind", "options", "field"),
    [
        ("planet", {}, "kind"),
        ("cell", {"box": (2.0, 1.0, 1.0, 2.0)}, "box"),
        ("cell", {"box": (float("nan"), 1.0, 1.0, 2.0)}, "box"),
        ("cell", {"simplify_metres": -1.0}, "simplify_metres"),
    ],
)
def test_a_wrong_wish_is_refused_by_field(
    uow: UnitOfWork, kind: str, options: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        city.geojson(uow, kind, **options)

    assert list(refused.value.fields) == [field]


def test_too_large_an_answer_is_refused(uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(city, "MAX_FEATURES", 7)

    with pytest.raises(Invalid, match="8 areas"):
        city.geojson(uow, "cell")


def test_a_box_over_too_many_cells_is_refused(uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(city, "MAX_FEATURES", 7)

    with pytest.raises(Invalid, match="8 areas"):
        city.geojson(uow, "cell", box=(108.9, 34.2, 108.904, 34.202))
