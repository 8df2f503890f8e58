"""Rules that a city writes: in versions, by hand and by file, refused by field and by row."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.command import main
from engine.errors import Invalid, NotFound
from engine.messages import Message
from engine.settings import Settings
from engine.store import revisions
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from handlers.cameras import registry, rule_files, rulebook
from handlers.cameras.reading import read_group
from handlers.store import vision_rules
from handlers.store.cameras import REVISION
from tests.handlers.cameras.conftest import ZONE, add_camera, with_categories
from vision.expressions import Expression

BUS: Mapping[str, Any] = {
    "key": "long_bus",
    "title_zh": "公交车久停",
    "title_en": "A bus that stays",
    "zone_types": ["bus_lane", "no_parking"],
    "classes": ["bus"],
    "expression": 'stands("bus") >= dwell',
    "dwell": 30.0,
    "verify": True,
    "category": "0409",
}


@pytest.fixture
def city(uow: UnitOfWork) -> UnitOfWork:
    """A city with some categories, and the rules that the program brings along."""
    with_categories(uow)
    registry.seed_rules(uow)
    return uow


def refused(uow: UnitOfWork, **values: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as told:
        rulebook.save(uow, {**BUS, **values})
    return told.value.fields


def test_a_rule_that_is_written_is_taken_up_by_the_zones_that_name_it(city: UnitOfWork) -> None:
    before = revisions.read(city.conn)[REVISION]
    version = rulebook.save(city, BUS)
    registry.save_zone(city, add_camera(city, "one"), {**ZONE, "rules": ["long_bus"]})

    (watched,) = read_group(city, 1).values()
    rule = watched.rules["long_bus"]

    assert (version, rule.version, rule.description) == (1, 1, "公交车久停")
    assert revisions.read(city.conn)[REVISION] > before


def test_what_is_changed_is_the_next_version_and_what_is_not_stays(city: UnitOfWork) -> None:
    given = [BUS, {**BUS, "dwell": 60.0}, {**BUS, "dwell": 60.0}]

    assert [rulebook.save(city, values) for values in given] == [1, 2, 2]


def test_a_rule_that_is_switched_off_looks_at_nothing_until_it_is_switched_on(city: UnitOfWork) -> None:
    registry.save_zone(city, add_camera(city, "one"), ZONE)
    rulebook.switch(city, "standing", active=False)

    (off,) = read_group(city, 1).values()
    rulebook.switch(city, "standing", active=True)
    (on,) = read_group(city, 1).values()

    assert (off.zones[0].rules, on.zones[0].rules) == ((), ("standing",))
    assert on.rules["standing"].version == 3


def test_a_zone_keeps_a_rule_that_is_switched_off(city: UnitOfWork) -> None:
    camera = add_camera(city, "one")
    registry.save_zone(city, camera, ZONE)
    rulebook.switch(city, "standing", active=False)

    registry.save_zone(city, camera, {**ZONE, "dwell": 40.0})

    rulebook.switch(city, "standing", active=True)
    (watched,) = read_group(city, 1).values()
    assert watched.zones[0].rules == ("standing",)


def test_an_earlier_version_is_restored_as_a_new_one(city: UnitOfWork) -> None:
    rulebook.save(city, BUS)
    rulebook.save(city, {**BUS, "dwell": 60.0, "title_zh": "公交车滞留"})

    version = rulebook.restore(city, "long_bus", 1)

    newest, *_, first = rulebook.versions(city, "long_bus")
    assert version == 3
    assert {name: newest[name] for name in rulebook.CONTENT} == {
        name: first[name] for name in rulebook.CONTENT
    }


def test_a_version_that_is_not_there_is_not_restored(city: UnitOfWork) -> None:
    with pytest.raises(NotFound):
        rulebook.restore(city, "parking", 7)


def test_who_began_with_an_older_version_overwrites_nothing(city: UnitOfWork) -> None:
    rulebook.save(city, BUS)
    rulebook.save(city, {**BUS, "dwell": 60.0}, before=1)

    with pytest.raises(Invalid) as told:
        rulebook.save(city, {**BUS, "dwell": 90.0}, before=1)

    assert set(told.value.fields) == {"version"}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("key", {"key": "no way"}),
        ("title", {"title_en": ""}),
        ("title", {"title_zh": "长" * 101}),
        ("zone_types", {"zone_types": ["street"]}),
        ("classes", {"classes": []}),
        ("dwell", {"dwell": 0.0}),
        ("category", {"category": "9999"}),
        ("category", {"kind": "component"}),
        ("condition_no", {"condition_no": 99}),
        ("description_zh", {"description_zh": "长" * 201}),
    ],
)
def test_what_is_wrong_is_told_by_field(city: UnitOfWork, field: str, values: dict[str, Any]) -> None:
    assert set(refused(city, **values)) == {field}
    assert vision_rules.versions(city.conn, "long_bus") == []


def test_the_place_of_a_fault_is_told_with_its_remedy(city: UnitOfWork) -> None:
    told = refused(city, expression='stands("bus") >= dwell AND area > 0.1')["expression"]

    assert told == "At character 24: Write and in place of AND."
    assert isinstance(told, Message)
    assert isinstance(told.values["what"], Message)


def test_where_there_is_no_detector_it_is_said_what_that_means(city: UnitOfWork, tmp_path: Path) -> None:
    settings = replace(Settings.from_environment({}), home=tmp_path)

    told = [one.template for one in rulebook.hints(settings, Expression('count("stall") >= 1'), ())]

    assert [one.split(":")[0] for one in told] == ["It does not ask for dwell", "No detector is here"]


@pytest.mark.parametrize("kind", ["yaml", "csv"])
def test_what_is_written_out_is_read_in_as_the_same(city: UnitOfWork, tmp_path: Path, kind: str) -> None:
    rulebook.save(city, {**BUS, "classes": ["bus", "traffic light"], "condition_no": 1, "active": False})
    path = tmp_path / f"rules.{kind}"
    path.write_text(rule_files.exported(city, kind), "utf-8")

    planned = rule_files.import_rules(city, path)

    assert {one.row["key"]: one.change for one in planned} == {
        "frontage": "same",
        "parking": "same",
        "standing": "same",
        "vendor": "same",
        "long_bus": "same",
    }


def test_the_product_s_own_file_is_read_in_as_the_same(city: UnitOfWork) -> None:
    import vision

    planned = rule_files.plan(city, Path(vision.__path__[0]) / "data" / "rules.yaml")

    assert [one.change for one in planned] == ["same"] * 4


def test_a_file_made_from_an_older_version_overwrites_nothing(city: UnitOfWork, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(rule_files.exported(city, "yaml").replace("dwell: 120", "dwell: 150"), "utf-8")
    rulebook.save(
        city, {**{n: rulebook.known(city)["vendor"][n] for n in ("key", *rulebook.CONTENT)}, "dwell": 90.0}
    )

    with pytest.raises(Invalid) as told:
        rule_files.import_rules(city, path)

    assert [place.split(", ")[1] for place in told.value.fields] == ["version"]


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"category": 257}, "category"),
        ({"verify": "no"}, "verify"),
        ({"zone_types": "no_parking"}, "zone_types"),
        ({"classes": ["bus", 5]}, "classes"),
        ({"title": "公交车久停"}, "title"),
        ({"dwell": True}, "dwell"),
        ({"dwel": 30}, "dwel"),
        ({"expression": None}, "expression"),
        ({"expression": "dwell >="}, "expression"),
    ],
)
def test_a_rule_of_the_wrong_sort_is_told_by_its_place(
    city: UnitOfWork, tmp_path: Path, item: dict[str, Any], field: str
) -> None:
    path = tmp_path / "rules.yaml"
    good = {**BUS, "title": {"zh": "一", "en": "one"}}
    good = {name: value for name, value in good.items() if not name.startswith("title_")}
    path.write_text(json.dumps([good, {**good, "key": "two", **item}]), "utf-8")

    with pytest.raises(Invalid) as told:
        rule_files.import_rules(city, path)

    assert list(told.value.fields) == [f"rule 2, {field}"]
    assert "long_bus" not in rulebook.known(city)


@pytest.mark.parametrize("text", ["", "a: b", "- [", "- &a {x: 1}\n- *a", "- 5", "\xff"])
def test_what_is_no_file_of_rules_is_refused(city: UnitOfWork, tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(text.encode("latin-1"))

    with pytest.raises(Invalid):
        rule_files.plan(city, path)


@pytest.fixture
def gridcase(database: Database) -> Callable[..., Result]:
    """The command line of an installation with some categories."""
    with database.unit_of_work() as uow:
        with_categories(uow)

    def run(*words: object) -> Result:
        environment = {"GRIDCASE_DATABASE_URL": database.url}
        return CliRunner().invoke(main, ["cameras", "rules", *map(str, words)], env=environment)

    return run


def test_rules_are_checked_and_imported_from_the_command_line(
    gridcase: Callable[..., Result], tmp_path: Path
) -> None:
    path = tmp_path / "rules.csv"
    path.write_text(
        "key,title_zh,title_en,zone_types,classes,expression,dwell,verify,category\n"
        'long_bus,公交车久停,A bus,bus_lane;no_parking,bus,"stands(""bus"") >= dwell",30,yes,0409\n',
        "utf-8",
    )

    checked, imported, again = (gridcase(word, path) for word in ("check", "import", "import"))

    assert (checked.exit_code, checked.output) == (0, imported.output)
    assert imported.output.splitlines() == ["new: long_bus version 1", "1 new, 0 changed, 0 same"]
    assert again.output.splitlines() == ["0 new, 0 changed, 1 same"]
    assert "long_bus" in gridcase("list").output


def test_every_bad_row_is_told_and_none_imported(gridcase: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "rules.csv"
    path.write_text(
        "key,title_zh,title_en,zone_types,expression,dwell,category\n"
        "one,一,one,no_parking,dwell = 1,30,0409\n"
        "two,二,two,no_parking,moves() > 1,30,0409\n"
        "three,三,three,no_parking,moves() > 1,30,9999\n",
        "utf-8",
    )

    answer = gridcase("import", path)

    assert answer.exit_code == 2
    assert "row 2, expression: At character 7" in answer.output
    assert "row 4, category" in answer.output
    assert "two " not in gridcase("list").output
