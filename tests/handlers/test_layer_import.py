"""Layers are taken from files and written to files: wholly or not at all, and what held before stays readable."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import func, select

from engine.errors import Invalid
from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.layers.exporting import export_layer
from handlers.layers.importing import Reading, Taking, import_layer, instant_of
from handlers.store import areas
from handlers.store.layer_changes import Changes
from handlers.store.layer_tables import STORED

pytestmark = pytest.mark.usefixtures("toy")

DAY = timedelta(days=1)
CELL = "610102001001001"
FORMATS = (".gpkg", ".geojson", ".fgb", ".shp", ".zip", ".csv")


def _taken(uow: UnitOfWork, kind: str, path: Path, **options: Any) -> Changes:
    reading = Reading(
        **{name: options.pop(name) for name in ("crs", "columns", "may_miss") if name in options}
    )
    return import_layer(uow, kind, path, Taking(options.pop("at", uow.now + DAY), **options), reading)


def _counts(changes: Changes) -> tuple[int, int, int, int]:
    return changes.added, changes.changed, changes.ended, changes.unchanged


def _collection(path: Path, *features: tuple[dict[str, Any], Any]) -> Path:
    found = [
        {"type": "Feature", "properties": properties, "geometry": shape and shapely.geometry.mapping(shape)}
        for properties, shape in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": found}), "utf-8")
    return path


def _cell(code: str = CELL, west: float = 108.900, **values: Any) -> tuple[dict[str, Any], Any]:
    return {"code": code, **values}, shapely.box(west, 34.201, west + 0.001, 34.202)


def _problems(uow: UnitOfWork, kind: str, path: Path, **options: Any) -> dict[str, str]:
    before = _rows(uow, kind)
    with pytest.raises(Invalid) as refused:
        _taken(uow, kind, path, **options)
    assert _rows(uow, kind) == before
    return refused.value.fields


def _rows(uow: UnitOfWork, kind: str) -> int:
    return int(uow.conn.execute(select(func.count()).select_from(STORED[kind].table)).scalar_one())


@pytest.fixture
def peopled(uow: UnitOfWork, tmp_path: Path) -> UnitOfWork:
    """The toy city with a row or two of every kind of layer, some with all that a column may have."""
    square = shapely.box(108.900, 34.200, 108.902, 34.202)
    ring = square.difference(shapely.box(108.9005, 34.2005, 108.9010, 34.2010))
    two = shapely.union_all([ring, shapely.box(108.903, 34.200, 108.904, 34.201)])
    names = {"name_zh": "名“称”, 一", "name_en": "Name; 1"}
    made: dict[str, list[tuple[dict[str, Any], Any]]] = {
        "zone": [({"code": "gx-1", **names, "made": True}, two)],
        "responsibility": [
            ({"profession": one, "code": "1", **names, "unit_code": "west-sanitation", "rank": 3}, two)
            for one in ("sanitation", "greenery")
        ],
        "component": [
            (
                {
                    "code": "6101020101000001",
                    **names,
                    "owner": "水务",
                    "keeper": "city-water",
                    "state": "damaged",
                },
                shapely.Point(108.9005, 34.2005),
            ),
            ({"code": "6101020101000002", **names, "address": "路口"}, shapely.Point(108.9015, 34.2005)),
        ],
        "road": [({"code": "r1", **names}, shapely.LineString([(108.900, 34.2003), (108.9041234, 34.2003)]))],
        "poi": [({"code": "p1", "kind": "school", **names}, shapely.Point(108.9012345, 34.2012345))],
    }
    for kind, features in made.items():
        _taken(uow, kind, _collection(tmp_path / f"{kind}.json", *features), at=areas.ALWAYS)
    return uow


@pytest.mark.parametrize("ending", FORMATS)
def test_what_was_written_says_the_same_when_it_is_read(
    peopled: UnitOfWork, tmp_path: Path, ending: str
) -> None:
    for kind in STORED:
        path = tmp_path / f"{kind}-again{ending}"
        count = export_layer(peopled, kind, path, peopled.now)

        crs = "wgs84" if ending == ".csv" else None
        changes = _taken(peopled, kind, path, replace=True, may_miss=True, crs=crs)

        assert count > 0
        assert (kind, *_counts(changes)) == (kind, 0, 0, 0, count)


@pytest.mark.parametrize("crs", ["cgcs2000", "gcj02", "bd09", "EPSG:4545", "EPSG:3857"])
def test_the_way_through_another_reference_system_changes_nothing(
    peopled: UnitOfWork, tmp_path: Path, crs: str
) -> None:
    for kind, ending in (("cell", ".gpkg"), ("zone", ".geojson"), ("component", ".csv")):
        path = tmp_path / f"{kind}{ending}"
        count = export_layer(peopled, kind, path, peopled.now, crs)

        assert _counts(_taken(peopled, kind, path, replace=True, crs=crs)) == (0, 0, 0, count)


def test_components_that_are_points_and_areas_come_back_as_they_were(
    peopled: UnitOfWork, tmp_path: Path
) -> None:
    bench = (
        {"code": "6101020301000001", "name_zh": "绿地"},
        shapely.box(108.901, 34.2005, 108.9012, 34.2006),
    )
    _taken(peopled, "component", _collection(tmp_path / "c.json", bench), at=peopled.now)

    for ending in (".gpkg", ".geojson", ".fgb", ".csv"):
        path = tmp_path / f"all{ending}"
        export_layer(peopled, "component", path, peopled.now)
        assert _counts(_taken(peopled, "component", path, replace=True, crs="wgs84")) == (0, 0, 0, 3)
    with pytest.raises(Invalid, match="points and polygons"):
        export_layer(peopled, "component", tmp_path / "all.shp", peopled.now)


def test_a_changed_cell_ends_and_another_begins(uow: UnitOfWork, tmp_path: Path) -> None:
    before = city.layers(uow)
    path = _collection(tmp_path / "a.json", _cell(name_zh="新", west=108.9001))

    assert _counts(_taken(uow, "cell", path, at=uow.now)) == (0, 1, 0, 0)

    rows = STORED["cell"].rows_of(uow.conn, code=CELL)
    assert [(row["name_zh"], row["valid_from"], row["valid_to"]) for row in rows] == [
        ("单元网格 001", areas.ALWAYS, uow.now),
        ("新", uow.now, None),
    ]
    assert city.layers(uow) is not before


def test_replacing_ends_what_is_missing_and_updating_does_not(uow: UnitOfWork, tmp_path: Path) -> None:
    path = _collection(tmp_path / "a.json", _cell(name_zh="单元网格 001", name_en="Cell 001", made=True))

    assert _counts(_taken(uow, "cell", path)) == (0, 0, 0, 1)
    assert _counts(_taken(uow, "cell", path, replace=True, within=("610102001",))) == (0, 0, 3, 1)
    held = [row["code"] for row in STORED["cell"].read(uow.conn, uow.now + DAY)]
    assert held == [CELL, *(f"61010200200{n}00{m}" for n in (1, 2) for m in (1, 2))]


def test_a_dry_run_tells_and_changes_nothing(uow: UnitOfWork, tmp_path: Path) -> None:
    path = _collection(tmp_path / "a.json", _cell(west=108.9001), _cell("610102001001003", 108.9031))

    changes = _taken(uow, "cell", path, replace=True, dry_run=True)

    assert _counts(changes) == (1, 1, 7, 0)
    assert changes.added_codes == ("610102001001003",)
    assert _rows(uow, "cell") == 18


def test_grids_of_other_professions_do_not_end(peopled: UnitOfWork, tmp_path: Path) -> None:
    grid = {"profession": "sanitation", "code": "2", "name_zh": "二", "unit_code": "west-sanitation"}
    path = _collection(tmp_path / "a.json", (grid, shapely.box(108.900, 34.200, 108.902, 34.202)))

    assert _counts(_taken(peopled, "responsibility", path, replace=True)) == (1, 0, 1, 0)
    held = [
        (row["profession"], row["code"])
        for row in STORED["responsibility"].read(peopled.conn, peopled.now + DAY)
    ]
    assert held == [("greenery", "1"), ("sanitation", "2")]


def test_columns_are_read_by_the_names_that_the_file_has(uow: UnitOfWork, tmp_path: Path) -> None:
    path = tmp_path / "井盖.csv"
    path.write_text(
        "ObjID,ObjName,DeptName2,ObjState,东,北\n6101020101000001,上水井盖,水务集团,破损,108.9005,34.2005\n",
        "utf-8",
    )

    _taken(uow, "component", path, crs="gcj02", columns={"lon": "东", "lat": "北"}, at=uow.now)

    (row,) = STORED["component"].read(uow.conn, uow.now)
    assert (row["category"], row["owner"], row["state"]) == ("0101", "水务集团", "damaged")
    point = shapely.from_wkb(row["outline"])
    assert 300 < shapely.distance(point, shapely.Point(108.9005, 34.2005)) * 111_000 < 700


@pytest.mark.parametrize(
    ("feature", "place", "told"),
    [
        (_cell("61010200100100"), "code", "14 digits"),
        (_cell("610102001001000"), "code", "sequence 0"),
        (_cell(parent_code="610102001002"), "parent_code", "with which the code begins"),
        (_cell(name_zh="x\x07y"), "name_zh", "cannot be shown"),
        (_cell(name_zh="x" * 300), "name_zh", "at most 200"),
        (_cell(made="perhaps"), "made", "neither yes nor no"),
        (({"code": CELL}, None), "outline", "no outline"),
        (({"code": CELL}, shapely.Point(108.9, 34.2)), "outline", "must be a polygon"),
        (({"code": CELL}, shapely.box(34.200, 108.900, 34.201, 108.901)), "outline", "exchanged"),
        (({"code": CELL}, shapely.box(109.900, 34.200, 109.901, 34.201)), "outline", "out of the city"),
        (({"code": CELL}, shapely.box(500_000, 3_780_000, 500_100, 3_780_100)), "outline", "no longitude"),
        (
            ({"code": CELL}, shapely.Polygon([(108.900, 34.200), (108.902, 34.202), (108.902, 34.200), (108.900, 34.202)])),
            "outline",
            "self-intersection at 108.901000, 34.201000",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_feature_is_told_and_nothing_is_imported(
    uow: UnitOfWork, tmp_path: Path, feature: tuple[dict[str, Any], Any], place: str, told: str
) -> None:
    path = _collection(tmp_path / "a.json", _cell("610102001001002"), feature)

    problems = _problems(uow, "cell", path)

    assert list(problems) == [f"feature 2, {place}"]
    assert told in problems[f"feature 2, {place}"]


def test_all_problems_are_told_up_to_a_bound(uow: UnitOfWork, tmp_path: Path) -> None:
    path = _collection(tmp_path / "a.json", *[_cell("1", name_zh="x" * 300) for _ in range(30)], _cell())

    with pytest.raises(Invalid, match=r"60 problem\(s\).*; and 10 more") as refused:
        _taken(uow, "cell", path)

    assert len(refused.value.fields) == 50


def test_a_code_that_stands_twice_is_told(uow: UnitOfWork, tmp_path: Path) -> None:
    path = _collection(tmp_path / "a.json", _cell(), _cell("610102001001002"), _cell(west=108.901))

    assert "stands in feature 1 already" in _problems(uow, "cell", path)["feature 3, code"]


def test_an_area_whose_parent_is_not_there_is_refused(uow: UnitOfWork, tmp_path: Path) -> None:
    path = _collection(tmp_path / "a.json", _cell("610102009009001"))

    assert "610102009009" in _problems(uow, "cell", path)["parent_code"]


def test_an_area_does_not_end_before_those_in_it(uow: UnitOfWork, tmp_path: Path) -> None:
    street = ({"code": "610102001", "name_zh": "1号街道"}, shapely.box(108.900, 34.200, 108.902, 34.202))
    path = _collection(tmp_path / "a.json", street)

    assert "610102002" in _problems(uow, "street", path, replace=True, within=("610102",))["parent_code"]


def test_a_change_at_the_instant_of_the_last_one_is_refused(uow: UnitOfWork, tmp_path: Path) -> None:
    path = _collection(tmp_path / "a.json", _cell(name_zh="新"))

    assert "give a later one" in _problems(uow, "cell", path, at=areas.ALWAYS)["valid_from"]


@pytest.mark.parametrize(
    ("kind", "properties", "place"),
    [
        ("responsibility", {"profession": "magic", "code": "1", "unit_code": "west"}, "profession"),
        ("responsibility", {"profession": "sanitation", "code": "1", "unit_code": "nobody"}, "unit_code"),
        ("component", {"code": "6101029901000001"}, "category"),
        ("component", {"code": "610102010100000"}, "code"),
    ],
)
def test_what_the_city_does_not_know_is_told(
    uow: UnitOfWork, tmp_path: Path, kind: str, properties: dict[str, Any], place: str
) -> None:
    feature = ({"name_zh": "一", **properties}, shapely.box(108.900, 34.200, 108.902, 34.202))

    assert list(_problems(uow, kind, _collection(tmp_path / "a.json", feature))) == [f"feature 1, {place}"]


def test_a_file_of_names_only_is_taken_where_that_is_asked_for(uow: UnitOfWork, tmp_path: Path) -> None:
    path = tmp_path / "streets.csv"
    path.write_text("code,name_zh\n610103002,南街道\n", "utf-8")

    assert "no outline" in _problems(uow, "street", path, crs="wgs84")["feature 1, outline"]
    assert _counts(_taken(uow, "street", path, crs="wgs84", may_miss=True)) == (1, 0, 0, 0)


def test_a_missing_column_is_named_with_the_remedy(uow: UnitOfWork, tmp_path: Path) -> None:
    path = _collection(tmp_path / "a.json", ({"BG": CELL}, _cell()[1]))

    with pytest.raises(Invalid, match="--column code=NAME; it has BG"):
        _taken(uow, "cell", path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-12-01", "2026-11-30T16:00:00+00:00"),
        ("2026-12-01T08:00+00:00", "2026-12-01T08:00:00+00:00"),
        ("always", "1970-01-01T00:00:00+00:00"),
    ],
)
def test_a_day_begins_in_the_citys_time_zone(uow: UnitOfWork, text: str, found: str) -> None:
    assert instant_of(uow, text).astimezone(areas.ALWAYS.tzinfo).isoformat() == found


def test_what_is_no_time_is_refused(uow: UnitOfWork) -> None:
    with pytest.raises(Invalid, match="2026-12-01"):
        instant_of(uow, "tomorrow")
