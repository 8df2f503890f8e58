"""The map page in a real browser: what is at a place, the editor of responsibility grids, and what it decides."""

from __future__ import annotations

import math
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import shapely
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from engine.settings import Settings
from engine.store import cases
from handlers.map import tile_files
from handlers.store import layers
from tests.web.conftest import LAT, LON, Town, become

#: A place in the grid that is on the left before the edit and on the right after it.
MOVED_LON = 108.9015
_TILE = 512


def open_map(page: Page, query: str = "") -> None:
    page.goto(f"/map{query}")
    expect(page.locator("#atlas.ready")).to_be_attached()


def pixel(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where a point is on the page, by what the address says of the map."""
    page.wait_for_url(re.compile(r"[?&]at="))
    zoom, mid_lat, mid_lon = map(float, parse_qs(urlsplit(page.url).query)["at"][0].split(","))
    box = page.locator("#map").bounding_box()
    assert box is not None
    side = _TILE * 2**zoom

    def down(lat: float) -> float:
        sine = math.sin(math.radians(lat))
        return (0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)) * side

    across, below = (lon - mid_lon) / 360 * side, down(lat) - down(mid_lat)
    # The panel makes the map narrower: beside it nothing is drawn.
    assert abs(across) < box["width"] / 2, (lon, box)
    assert abs(below) < box["height"] / 2, (lat, box)
    return box["x"] + box["width"] / 2 + across, box["y"] + box["height"] / 2 + below


def _choose(page: Page, lon: float, lat: float) -> None:
    page.mouse.click(*pixel(page, lon, lat))
    expect(page.locator("#panel h2")).to_be_visible()


def test_a_grid_is_edited_on_the_page_and_the_next_case_goes_elsewhere(page: Page, grids: Town) -> None:
    become(page, "陈静")
    open_map(page, "?at=17.2,34.20100,108.90200&layers=cell&profession=sanitation")
    _choose(page, 108.9035, 34.2005)
    page.get_by_role("button", name="编辑 right").click()
    expect(page.locator("#atlas.editing")).to_be_attached()

    # Its two western corners go one cell to the west, where they catch on those of the cells' community.
    for lat in (34.202, 34.2):
        page.mouse.move(*pixel(page, 108.902, lat))
        page.mouse.down()
        x, y = pixel(page, 108.901, lat)
        page.mouse.move(x + 3, y + 3, steps=8)
        page.mouse.up()
    page.get_by_role("button", name="撤销").click()
    page.get_by_role("button", name="重做").click()
    page.get_by_role("button", name="预览影响").click()
    expect(page.locator("#outcome [data-shift=cell]")).to_contain_text(
        "2：环卫 west-first → 环卫 west-second"
    )
    page.get_by_role("button", name="保存为新版本").click()
    expect(page.locator("#here")).to_contain_text("已保存")

    case_id = grids.reported(lon=MOVED_LON, lat=LAT, category="0110")
    grids.complete(case_id, "acceptor", decision="accept", condition_no="1")
    grids.complete(case_id, "leader", decision="file")
    with grids.database.unit_of_work() as uow:
        row = cases.read(uow.conn, case_id)
    assert row is not None
    assert row["unit_id"] == grids.units["west-second"]
    page.goto(f"/cases/{case_id}")
    expect(page.get_by_text("责任网格 环卫-right").first).to_be_visible()


def test_the_cases_at_a_place_lead_to_their_pages_and_back(page: Page, town: Town) -> None:
    case_id = town.reported()
    become(page, "王秀英")
    open_map(page, f"?at=16.5,{LAT},{LON}&layers=")
    page.locator("#stage").select_option("collecting")
    page.get_by_label("搜索").fill("20261123")
    page.locator("#found button[data-case]").click()

    page.locator("#here").get_by_role("link", name=re.compile("20261123")).click()
    expect(page).to_have_url(re.compile(f"/cases/{case_id}"))
    page.go_back()

    expect(page.locator("#atlas.ready")).to_be_attached()
    expect(page.locator("#stage")).to_have_value("collecting")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_map_shuts_nobody_out(page: Page, grids: Town, width: int) -> None:
    grids.reported()
    become(page, "陈静")
    page.set_viewport_size({"width": width, "height": 844})
    open_map(page, f"?at=16.5,{LAT},{LON}&profession=sanitation")
    page.locator("#map canvas").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_focused()
    page.get_by_role("button", name="编辑 left").click()
    expect(page.locator("#atlas.editing")).to_be_attached()

    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]

    assert [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in violations] == []


def _draw(page: Page, *corners: tuple[float, float]) -> None:
    """Click the corners of a new part, and the first one again, which ends it."""
    for lon, lat in (*corners, corners[0]):
        x, y = pixel(page, lon, lat)
        page.mouse.move(x, y)
        page.mouse.click(x, y)


def test_a_new_grid_is_drawn_and_catches_on_its_neighbours(page: Page, grids: Town) -> None:
    become(page, "陈静")
    open_map(page, "?at=16.6,34.20100,108.90200&layers=cell&profession=sanitation")
    page.get_by_role("button", name="绘制新网格").click()
    expect(page.locator("#atlas.editing")).to_be_attached()

    # Its western side lies a little beside the one that the neighbours share.
    west = 108.90204
    _draw(page, (west, 34.2005), (108.9035, 34.2005), (108.9035, 34.2015), (west, 34.2015))
    expect(page.get_by_role("button", name="撤销")).to_be_enabled()
    page.get_by_label("编码").fill("new")
    page.get_by_label("中文名称").fill("新网格")
    page.get_by_label("部门").select_option("west-first")
    page.get_by_role("button", name="预览影响").click()
    expect(page.locator("#outcome")).to_contain_text("right")
    page.get_by_role("button", name="保存为新版本").click()
    expect(page.locator("#here")).to_contain_text("已保存")

    with grids.database.unit_of_work() as uow:
        (row,) = [one for one in layers.read_responsibility_grids(uow.conn, uow.now) if one["code"] == "new"]
    (ring,) = shapely.get_parts(shapely.from_wkb(bytes(row["outline"])))
    assert len(ring.exterior.coords) == 5
    assert ring.bounds[0] == pytest.approx(108.902, abs=1e-9)
    assert ring.bounds[2] == pytest.approx(108.9035, abs=2e-5)


def test_the_keys_go_back_and_forth_among_the_steps_but_not_in_a_field(page: Page, grids: Town) -> None:
    become(page, "陈静")
    open_map(page, "?at=16.6,34.20100,108.90200&layers=cell&profession=sanitation")
    page.get_by_role("button", name="绘制新网格").click()
    expect(page.locator("#atlas.editing")).to_be_attached()
    _draw(page, (108.9025, 34.2005), (108.9035, 34.2005), (108.9035, 34.2015))
    undo, redo = page.get_by_role("button", name="撤销"), page.get_by_role("button", name="重做")
    expect(undo).to_be_enabled()

    page.get_by_label("编码").press("Control+z")
    expect(undo).to_be_enabled()
    page.locator("#map canvas").focus()
    page.keyboard.press("Control+z")
    expect(undo).to_be_disabled()
    page.keyboard.press("Control+Shift+Z")
    expect(redo).to_be_disabled()
    expect(undo).to_be_enabled()


def test_layers_that_were_made_meanwhile_are_shown_without_being_asked_for(
    page: Page, town: Town, settings: Settings
) -> None:
    become(page, "陈静")
    open_map(page)
    expect(page.get_by_label("单元网格")).to_be_disabled()
    # To move the map writes what it shows into the address, which must not leave out the layers to come.
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_url(re.compile(r"[?&]at="))

    tile_files.refresh(town.database, settings)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(page.get_by_label("单元网格")).to_be_enabled()
    expect(page.get_by_label("单元网格")).to_be_checked()
