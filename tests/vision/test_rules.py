"""Rules, and which of them look at a zone."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from vision.detect import CLASSES
from vision.errors import VisionError
from vision.grammar import FUNCTIONS, NAMES
from vision.rules import Rule, of_row, of_zone, shipped
from vision.zones import Zone

SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
ROW = {
    "key": "long_bus",
    "version": 2,
    "zone_types": ["bus_lane"],
    "classes": ["bus"],
    "expression": 'stands("bus") >= dwell',
    "dwell": 30,
    "verify": True,
    "title": {"zh": "公交车久停", "en": "A bus that stays"},
    "scheme": "gb30428",
    "category": "0409",
    "description": "公交车久停",
}


def test_the_rules_that_are_shipped_are_rules() -> None:
    known = shipped()

    assert set(known) == {"parking", "standing", "vendor", "frontage"}


def test_every_shipped_rule_has_a_category_of_the_catalogue() -> None:
    text = resources.files("processes").joinpath("catalogue/categories.csv").read_text("utf-8")
    categories = {(row["scheme"], row["code"]) for row in csv.DictReader(text.splitlines())}

    assert {(rule.scheme, rule.category) for rule in shipped().values()} <= categories


def test_only_vehicles_are_verified_for_no_network_knows_vendors_and_goods() -> None:
    assert [key for key, rule in shipped().items() if rule.verify] == ["parking"]


def test_a_city_adds_a_rule_as_a_row() -> None:
    rule = of_row(ROW)

    assert rule.matches("bus")
    assert not rule.matches("car")


def test_a_group_stands_for_its_classes() -> None:
    assert shipped()["parking"].matches("truck")
    assert not shipped()["parking"].matches("person")
    assert not shipped()["parking"].matches("")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "a b"),
        ("version", 0),
        ("zone_types", ["street"]),
        ("zone_types", []),
        ("classes", [""]),
        ("classes", []),
        ("expression", "1"),
        ("dwell", 0),
        ("dwell", float("nan")),
        ("title", {"en": "A bus"}),
    ],
)
def test_what_is_no_rule_is_refused_by_its_field(field: str, value: object) -> None:
    with pytest.raises(VisionError) as refused:
        of_row({**ROW, field: value})

    assert refused.value.field == field


def test_a_row_without_a_field_is_refused_by_it() -> None:
    with pytest.raises(VisionError) as refused:
        of_row({key: value for key, value in ROW.items() if key != "dwell"})

    assert refused.value.field == "dwell"


def test_a_zone_is_looked_at_by_the_rules_that_it_names() -> None:
    zone = Zone("a", "no_parking", SQUARE, ("parking", "standing"))

    assert [rule.key for rule in of_zone(zone, shipped())] == ["parking", "standing"]
    assert of_zone(replace(zone, rules=()), shipped()) == []


@pytest.mark.parametrize("rule", ["vendor", "unheard_of"])
def test_a_rule_that_is_not_for_a_zone_is_refused(rule: str) -> None:
    zone = Zone("a", "no_parking", SQUARE, (rule,))

    with pytest.raises(VisionError) as refused:
        of_zone(zone, shipped())

    assert refused.value.field == "rules"


def test_a_rule_is_compared_by_what_it_says() -> None:
    rule: Rule = of_row(ROW)

    assert replace(rule) == rule


def test_the_guide_names_every_rule_and_every_form() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")

    named = set(re.findall(r"^\| `(\w+)", guide, re.MULTILINE))

    assert set(shipped()) | set(FUNCTIONS) | NAMES == named
    assert all(f"`{name}`" in guide for name in CLASSES)
