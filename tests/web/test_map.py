"""The map page: its tiles, what it tells of a place, and the editing of responsibility grids."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any

import mapbox_vector_tile
import pytest
import shapely
from shapely.geometry import Polygon, box
from werkzeug.test import TestResponse

from engine.base_map import BaseMap
from engine.clock import SteppedClock
from engine.settings import Settings
from gis.tiles import tile_of
from handlers import city
from handlers.map import tile_files
from handlers.map.outlines import MAX_POINTS
from tests.web.conftest import LAT, LON, RIGHT, Town
from web.app import create_app

#: Everything but the column of cells in which the cases of the tests lie.
MOVED = box(108.901, 34.2, 108.904, 34.202)


def tile_address(zoom: int = 15, query: str = "") -> str:
    tile = tile_of(LON, LAT, zoom)
    return f"/map/cases/{tile.z}/{tile.x}/{tile.y}.mvt{query}"


def _version(town: Town, code: str) -> str:
    address = "/map/grids/sanitation.geojson"
    found = json.loads(town.browser("supervisor").get(address).data)["features"]
    return next(str(one["id"]) for one in found if one["properties"]["code"] == code)


def _form(town: Town, outline: shapely.Geometry = MOVED, **changed: str) -> dict[str, str]:
    """The form of the right grid, with another outline."""
    given = {
        "profession": "sanitation",
        "code": "right",
        "name_zh": "网格 right",
        "unit_code": "west-second",
        "rank": "0",
        "outline": shapely.to_geojson(outline),
    }
    return {"version": _version(town, "right"), **given, **changed}


def _send(town: Town, login: str = "supervisor", path: str = "", **form: Any) -> TestResponse:
    return town.browser(login).post(f"/map/grids{path}", data=form)


def _unit_at(town: Town, lon: float, lat: float) -> str | None:
    with town.database.unit_of_work() as uow:
        found = city.place(uow, lon, lat)
        return found.responsible[0].unit_code if found and found.responsible else None


def test_the_page_says_what_it_is_without_scripts(town: Town) -> None:
    response = town.browser("acceptor").get("/map")

    assert response.status_code == 200
    assert "地图需要脚本" in response.text
    assert re.search(r'<a href="/cases">', response.text)


def test_who_may_not_edit_grids_gets_no_editor(town: Town) -> None:
    assert 'id="draw"' not in town.browser("acceptor").get("/map").text
    assert 'id="draw"' in town.browser("supervisor").get("/map").text


def test_the_tiles_of_a_person_hold_their_cases_and_nobody_elses(town: Town) -> None:
    case_id = town.reported()

    own = town.browser("acceptor").get(tile_address())
    foreign = town.browser("stranger").get(tile_address())

    (feature,) = mapbox_vector_tile.decode(own.data)["case"]["features"]
    assert feature["properties"]["id"] == case_id
    assert (foreign.status_code, foreign.data) == (204, b"")
    assert "private" in own.headers["Cache-Control"]
    assert "Cookie" in own.headers["Vary"]


def test_a_tile_that_is_known_is_not_sent_again(town: Town) -> None:
    town.reported()
    browser = town.browser("acceptor")
    tag = browser.get(tile_address()).headers["ETag"]

    again = browser.get(tile_address(), headers={"If-None-Match": tag})
    town.reported()
    changed = browser.get(tile_address(), headers={"If-None-Match": tag})

    assert (again.status_code, changed.status_code) == (304, 200)


#: What the address of a tile asks for, and whether the case of the test is in it.
_FILTERS = {
    "?stage=collecting": 200,
    "?stage=handling": 204,
    "?due=overdue": 204,
    "?due=nothing": 204,
    "?category=event:0101": 200,
    "?category=event:0102": 204,
    "?stage=nonsense&category=nonsense": 200,
}


def test_the_address_of_a_tile_filters(town: Town) -> None:
    town.reported()
    browser = town.browser("acceptor")

    answers = {query: browser.get(tile_address(query=query)).status_code for query in _FILTERS}

    assert answers == _FILTERS


def test_what_is_no_tile_is_not_there(town: Town) -> None:
    browser = town.browser("acceptor")

    for address in ("/map/cases/3/8/0.mvt", "/map/cases/40/1/1.mvt", "/map/tiles/x.pmtiles"):
        assert browser.get(address).status_code == 404, address


def test_a_layer_is_read_in_parts_by_whoever_is_signed_in(town: Town, settings: Settings) -> None:
    assert tile_files.refresh(town.database, settings) > 0
    page = town.browser("acceptor").get("/map").text
    (tiles,) = re.findall(r'data-tiles="([^"]+)"', page)
    address = json.loads(html.unescape(tiles))["cell"]["url"]

    part = town.browser("acceptor").get(address, headers={"Range": "bytes=0-6"}, buffered=True)

    assert (part.status_code, part.data) == (206, b"PMTiles")
    assert "private" in part.headers["Cache-Control"]
    assert town.browser().get(address).status_code == 303


def test_the_own_service_of_tiles_is_the_only_other_host(town: Town, settings: Settings) -> None:
    base_map = BaseMap("https://tiles.example.org/{z}/{x}/{y}?tk=1", "© Example", "gcj02")
    town.app = create_app(Settings(**{**vars(settings), "base_map": base_map}), town.database)

    response = town.browser("acceptor").get("/map")

    policy = response.headers["Content-Security-Policy"]
    assert "connect-src 'self' https://tiles.example.org;" in policy
    assert "img-src 'self' data: blob: https://tiles.example.org;" in policy
    assert "script-src 'self';" in policy
    assert (
        "tiles.example.org" not in town.browser("acceptor").get("/inbox").headers["Content-Security-Policy"]
    )
    assert "GCJ-02" in response.text


def test_a_place_says_what_is_responsible_there(grids: Town) -> None:
    text = grids.browser("acceptor").get(f"/map/place?lon={LON}&lat={LAT}").text

    assert "610102001001002" in text
    assert "环卫 west-first" in text
    assert "环卫 west-second" not in text


def test_a_place_names_the_cases_that_one_may_see(town: Town) -> None:
    case_id = town.reported()
    address = f"/map/place?lon={LON}&lat={LAT}&case={case_id}"

    assert f"/cases/{case_id}" in town.browser("acceptor").get(address).text
    assert f"/cases/{case_id}" not in town.browser("stranger").get(address).text


def test_outside_the_city_nobody_is_responsible(town: Town) -> None:
    assert "本市范围之外" in town.browser("acceptor").get("/map/place?lon=100&lat=30").text
    assert town.browser("acceptor").get("/map/place?lon=nan&lat=30").status_code == 422
    assert town.browser("acceptor").get("/map/place?lon=1000").status_code == 422


def test_a_case_is_found_by_its_number_and_an_area_by_its_name(town: Town) -> None:
    town.reported()

    by_number = town.browser("acceptor").get("/map/search?q=20261123").text
    by_name = town.browser("acceptor").get("/map/search?q=11社区").text

    assert 'data-case="' in by_number
    assert "11社区" in by_name
    assert 'data-case="' not in town.browser("stranger").get("/map/search?q=20261123").text


@pytest.mark.parametrize("login", ["acceptor", "handler", "stranger"])
def test_only_who_supervises_edits_a_grid(grids: Town, login: str) -> None:
    form = _form(grids)

    answers = [
        grids.browser(login).get("/map/grids/edit?profession=sanitation&code=right"),
        _send(grids, login, "/preview", **form),
        _send(grids, login, **form),
    ]

    assert [one.status_code for one in answers] == [403, 403, 403]
    assert _unit_at(grids, 108.9015, LAT) == "west-first"


def test_a_preview_says_what_would_move_and_changes_nothing(grids: Town) -> None:
    moved = grids.reported(lon=108.9015, category="0110")
    grids.reported(category="0110")
    # Nothing for those who clean.
    grids.reported(lon=108.9015, category="0101")

    text = _send(grids, path="/preview", **_form(grids)).text

    assert "环卫 west-first → 环卫 west-second" in text
    assert set(re.findall(r'data-shift="(\w+)"', text)) == {"case", "community", "cell"}
    assert re.search(r'data-shift="cell">2：', text)
    assert f"/cases/{moved}" in text
    assert re.search(r"<code>left</code>.*由本网格负责", text)
    assert _unit_at(grids, 108.9015, LAT) == "west-first"


def test_a_grid_that_is_saved_decides_from_now_on(grids: Town) -> None:
    narrow = box(108.900, 34.2, 108.901, 34.202)
    left = {
        **_form(grids, narrow),
        "code": "left",
        "unit_code": "west-first",
        "version": _version(grids, "left"),
    }

    saved = [_send(grids, **left), _send(grids, **_form(grids))]

    assert [one.status_code for one in saved] == [200, 200]
    assert "已保存" in saved[0].text
    assert _unit_at(grids, 108.9015, LAT) == "west-second"
    assert _unit_at(grids, LON, LAT) == "west-first"


def test_a_grid_that_begins_later_decides_from_then_on(grids: Town, clock: SteppedClock) -> None:
    form = _form(grids, RIGHT, unit_code="west-first", valid_from="2026-11-23T12:00")

    assert _send(grids, **form).status_code == 200

    assert _unit_at(grids, 108.9035, LAT) == "west-second"
    clock.advance(timedelta(hours=2))
    assert _unit_at(grids, 108.9035, LAT) == "west-first"


def test_who_saves_second_is_told_and_may_put_theirs_after(grids: Town) -> None:
    mine = _form(grids)
    _send(grids, **_form(grids, RIGHT, unit_code="west-first"))

    response = _send(grids, **mine)

    assert response.status_code == 409
    (theirs,) = re.findall(r'data-overtaken="(\d+)"', response.text)
    assert json.loads(grids.browser("supervisor").get(f"/map/versions/{theirs}.geojson").data)
    assert _unit_at(grids, 108.9035, LAT) == "west-first"


def test_a_new_grid_does_not_take_the_code_of_another(grids: Town) -> None:
    response = _send(grids, **_form(grids, version=""))

    assert response.status_code == 422
    assert "已有使用此编号的网格" in response.text
    assert "data-overtaken" not in response.text


def test_past_versions_are_listed_and_can_be_taken_up_again(grids: Town, clock: SteppedClock) -> None:
    first = _version(grids, "right")
    _send(grids, **_form(grids))
    clock.advance(timedelta(minutes=1))

    text = grids.browser("supervisor").get("/map/grids/edit?profession=sanitation&code=right").text

    assert re.findall(r'data-source="/map/versions/(\d+).geojson"', text) == [first]
    old = json.loads(grids.browser("supervisor").get(f"/map/versions/{first}.geojson").data)
    assert shapely.equals(shapely.from_geojson(json.dumps(old["geometry"])), RIGHT)
    assert grids.browser("acceptor").get(f"/map/versions/{first}.geojson").status_code == 403


_BOWTIE = Polygon([(108.9, 34.2), (108.902, 34.202), (108.902, 34.2), (108.9, 34.202)])


#: What is wrong in a form, and what is said of it.
_WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({"outline": ""}, "请先绘制轮廓。"),
    ({"outline": "nonsense"}, "轮廓不是 GeoJSON 多边形。"),
    ({"outline": '{"type": "Point", "coordinates": [1, 2]}'}, "轮廓不是 GeoJSON 多边形。"),
    ({"outline": '{"type": "Polygon", "coordinates": [[["a"]]]}'}, "轮廓不是 GeoJSON 多边形。"),
    ({"outline": '{"type": "Polygon", "coordinates": []}'}, "轮廓不是 GeoJSON 多边形。"),
    ({"outline": shapely.to_geojson(_BOWTIE)}, "108.90100, 34.20100"),
    ({"outline": shapely.to_geojson(box(108.903, 34.2, 108.910, 34.202))}, "在本市范围之外"),
    ({"outline": shapely.to_geojson(box(34.2, 108.9, 34.202, 108.902))}, "不是经纬度"),
    (
        {"outline": shapely.to_geojson(shapely.Point(108.902, 34.201).buffer(0.0005, MAX_POINTS // 3))},
        f"请最多使用 {MAX_POINTS} 个",
    ),
    ({"unit_code": "nobody"}, "请选择责任单位。"),
    ({"rank": "many"}, "0 到 1000"),
    ({"valid_from": "2020-01-01T00:00"}, "已经过去的"),
    ({"valid_from": "tomorrow"}, "请给出日期和时间"),
)


def test_what_does_not_fit_is_said_and_nothing_is_written(grids: Town) -> None:
    browser, form = grids.browser("supervisor"), _form(grids)

    for changed, said in _WRONG:
        for path in ("/preview", ""):
            response = browser.post(f"/map/grids{path}", data={**form, **changed})
            assert response.status_code == 422, changed
            assert said in response.text

    assert _unit_at(grids, 108.9035, LAT) == "west-second"
