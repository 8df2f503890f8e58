"""Cameras on pages: who looks, who administers, zones that are drawn, and what is refused by field."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from engine.clock import SteppedClock
from engine.settings import Settings
from engine.store import people
from handlers.cameras import registry, trials
from handlers.cameras.stills import Stills
from handlers.store import camera_registry, camera_watches
from tests.vision.drawn_places import saved, street
from tests.web.conftest import LAT, LON, Town, become

SQUARE = "0.1000,0.1000 0.5000,0.1000 0.5000,0.6000 0.1000,0.6000"
ZONE = {"new": "1", "key": "kerb", "type": "no_parking", "rules": "parking", "outline": SQUARE}
ZONE |= {"dwell": "120", "grace": "60", "hours": "07:00-22:00\n07:00-09:00 1,2,3,4,5", "auto_score": "0.8"}


ADMINISTRATOR = "郑钢"


@pytest.fixture
def town(town: Town) -> Town:
    """The town, with an administrator of the western district."""
    with town.database.unit_of_work() as uow:
        row = {"login": "admin", "name": ADMINISTRATOR, "password_hash": "-", "is_demo": True}
        person_id = people.save(uow.conn, row)
        people.grant(uow.conn, person_id, "admin", town.units["west"])
    return replace(town, people={**town.people, "admin": person_id})


@pytest.fixture
def camera_id(town: Town, settings: Settings) -> int:
    """A camera of the western district that has shown a picture."""
    with town.database.unit_of_work() as uow:
        number = registry.add(uow, _values(town))
    Stills(settings).keep(number, datetime(2026, 11, 23, 1, tzinfo=UTC), saved(street(1)), recent=True)
    return number


def test_an_administrator_adds_a_camera(town: Town) -> None:
    browser = town.browser("admin")

    answer = browser.post("/cameras/new", data=_values(town) | {"code": "610102-7"})

    assert answer.status_code == 303, answer.text
    assert "610102-7" in browser.get("/cameras").text


def test_what_is_wrong_with_a_camera_is_said_beside_its_field(town: Town) -> None:
    given = _values(town) | {"url": "ftp://10.1.1.1/x.jpg", "lat": "north", "source": "snapshot"}

    answer = town.browser("admin", "en").post("/cameras/new", data=given)

    assert answer.status_code == 422
    for name in ("url", "lat"):
        assert re.search(rf'name="{name}"[^>]*aria-invalid="true"', answer.text)


def test_a_password_is_never_shown(town: Town, camera_id: int) -> None:
    with town.database.unit_of_work() as uow:
        login = {
            "source": "snapshot",
            "url": "http://10.1.1.1/x.jpg",
            "login": "viewer-7",
            "password": "s3cret",
        }
        registry.change(uow, camera_id, login)
    browser = town.browser("admin")

    pages = [browser.get(f"/cameras/{camera_id}{part}").text for part in ("", "/change")]

    assert not any("s3cret" in page for page in pages)


def test_a_password_does_not_go_to_another_address(town: Town, camera_id: int) -> None:
    with town.database.unit_of_work() as uow:
        login = {
            "source": "snapshot",
            "url": "http://10.1.1.1/x.jpg",
            "login": "viewer",
            "password": "s3cret",
        }
        registry.change(uow, camera_id, login)
    given = _values(town) | {"source": "snapshot", "url": "http://10.9.9.9/x.jpg", "login": "viewer"}

    answer = town.browser("admin").post(f"/cameras/{camera_id}/change", data=given)

    assert answer.status_code == 303
    assert _camera(town, camera_id)["password"] == ""


def test_a_zone_is_kept_in_versions(town: Town, camera_id: int) -> None:
    browser = town.browser("admin")
    browser.post(f"/cameras/{camera_id}/zones", data=ZONE)

    changed = {name: value for name, value in ZONE.items() if name != "new"}
    answer = browser.post(f"/cameras/{camera_id}/zones", data=changed | {"dwell": "300"})

    (zone,) = _zones(town, camera_id)
    assert (answer.status_code, zone["version"], zone["dwell"]) == (303, 2, 300.0)
    assert zone["hours"][1] == {"begin": "07:00", "end": "09:00", "days": [0, 1, 2, 3, 4]}


def test_who_administers_a_camera_that_was_moved_says_that_its_zones_fit(town: Town, camera_id: int) -> None:
    browser = town.browser("admin", "en")
    browser.post(f"/cameras/{camera_id}/zones", data=ZONE)
    before = browser.get(f"/cameras/{camera_id}").text
    with town.database.unit_of_work() as uow:
        row = {"camera_id": camera_id, "kind": "moved", "detail": "", "began_at": uow.now}
        camera_watches.begin_alarms(uow.conn, [row])
    offered = browser.get(f"/cameras/{camera_id}").text

    answer = browser.post(f"/cameras/{camera_id}/zones/confirm", data={})

    assert answer.status_code == 303
    assert ("The zones fit" in before, "The zones fit" in offered) == (False, True)
    with town.database.unit_of_work() as uow:
        assert [zone["version"] for zone in camera_watches.zones(uow.conn, [camera_id])] == [2]
    assert town.browser("leader").post(f"/cameras/{camera_id}/zones/confirm", data={}).status_code in (
        403,
        404,
    )


def test_a_zone_is_removed(town: Town, camera_id: int) -> None:
    browser = town.browser("admin")
    browser.post(f"/cameras/{camera_id}/zones", data=ZONE)

    browser.post(f"/cameras/{camera_id}/zones/kerb/remove")

    assert _zones(town, camera_id) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("outline", "0.1,0.1 0.5,0.1"),
        ("outline", "0.1,0.1 0.5,0.1 1.5,0.5"),
        ("outline", "0.1,0.1 0.5,0.1 nan,0.5"),
        ("outline", "0.1,0.1 " * 400),
        ("hours", "7 to 9"),
        ("hours", "07:00-25:00"),
        ("dwell", "-1"),
        ("grace", "1e9"),
        ("auto_score", "nan"),
    ],
)
def test_what_is_wrong_with_a_zone_is_said_and_nothing_is_kept(
    town: Town, camera_id: int, name: str, value: str
) -> None:
    answer = town.browser("admin").post(f"/cameras/{camera_id}/zones", data=ZONE | {name: value})

    assert answer.status_code == 422
    assert f'id="new-{name}-wrong"' in answer.text
    assert _zones(town, camera_id) == []


def test_a_rule_for_other_zones_is_refused(town: Town, camera_id: int) -> None:
    answer = town.browser("admin").post(f"/cameras/{camera_id}/zones", data=ZONE | {"rules": "vendor"})

    assert answer.status_code == 422
    assert 'id="new-rules-wrong"' in answer.text


def test_a_leader_looks_and_changes_nothing(town: Town, camera_id: int) -> None:
    browser = town.browser("leader")

    page = browser.get(f"/cameras/{camera_id}")

    assert page.status_code == 200
    assert "data-outline" not in page.text
    assert browser.post(f"/cameras/{camera_id}/zones", data=ZONE).status_code == 403
    assert browser.get(f"/cameras/{camera_id}/still.jpg").status_code == 200


@pytest.mark.parametrize("part", ["", "/still.jpg", "/change"])
def test_who_has_no_such_role_sees_no_camera(town: Town, camera_id: int, part: str) -> None:
    assert town.browser("handler").get(f"/cameras/{camera_id}{part}").status_code == 403


def test_what_the_rules_see_is_told(town: Town, camera_id: int) -> None:
    slot = {"key": "a", "box": [0.1, 0.2, 0.3, 0.4], "seconds": 90.0, "state": "there", "name": "car"}
    view = {"learning": 0, "slots": [slot | {"score": 0.9, "zones": ["kerb"], "alarmed": True}]}
    with town.database.unit_of_work() as uow:
        state = {"camera_id": camera_id, "content": b"", "health": b"", "view": view, "frame_at": uow.now}
        camera_watches.save_states(uow.conn, [state | {"frames": 1, "late": 0, "saved_at": uow.now}])

    told = town.browser("leader", "en").post(f"/cameras/{camera_id}/live").get_json()

    assert told["slots"] == [
        {"box": [0.1, 0.2, 0.3, 0.4], "text": "car · 90 s", "alarmed": True, "hidden": False}
    ]


def test_rules_are_tried_by_who_administers_the_camera_alone(town: Town, camera_id: int) -> None:
    answers = [town.browser(who).post(f"/cameras/{camera_id}/trial") for who in ("admin", "leader")]

    assert [answer.status_code for answer in answers] == [303, 403]


def test_a_trial_is_followed_until_it_is_done(town: Town, settings: Settings, camera_id: int) -> None:
    browser = town.browser("admin", "en")
    asked = {"HX-Request": "true"}

    begun = browser.post(f"/cameras/{camera_id}/trial", headers=asked).text
    trials.run(town.database, settings, camera_id)
    done = browser.get(f"/cameras/{camera_id}/trial", headers=asked).text

    assert f'hx-get="/cameras/{camera_id}/trial"' in begun
    assert "Waits for a worker" in begun
    assert "hx-get" not in done
    assert "There is no detector" in done
    assert "try again in 14 minutes" in done


def test_what_a_trial_no_more_tells_is_not_marked(town: Town, settings: Settings, camera_id: int) -> None:
    trials.run(town.database, settings, camera_id)
    mark = {"number": "0", "at": "2026-11-23T01:00:00+00:00", "answer": "yes"}

    answer = town.browser("admin", "en").post(
        f"/cameras/{camera_id}/trial/mark", data=mark, headers={"HX-Request": "true"}
    )

    assert answer.status_code == 200
    assert "The rules were tried again since" in answer.text


def test_a_trial_that_never_ended_can_be_begun_again(town: Town, camera_id: int, clock: SteppedClock) -> None:
    browser = town.browser("admin", "en")
    asked = {"HX-Request": "true"}
    browser.post(f"/cameras/{camera_id}/trial", headers=asked)
    clock.advance(timedelta(minutes=11))

    page = browser.get(f"/cameras/{camera_id}/trial", headers=asked).text

    assert "did not come to its end: try again" in page
    assert "disabled" not in page
    assert "hx-get" not in page


@pytest.mark.parametrize("part", ["", "/still.jpg", "/live", "/trial"])
def test_who_has_the_role_elsewhere_finds_no_camera(town: Town, camera_id: int, part: str) -> None:
    with town.database.unit_of_work() as uow:
        for role in ("reviewer", "admin"):
            people.grant(uow.conn, town.people["stranger"], role, town.units["east"])
    browser = town.browser("stranger")

    answer = (browser.post if part == "/live" else browser.get)(f"/cameras/{camera_id}{part}")

    assert answer.status_code == 404


def test_a_new_zone_takes_the_place_of_no_other(town: Town, camera_id: int) -> None:
    browser = town.browser("admin")
    browser.post(f"/cameras/{camera_id}/zones", data=ZONE)

    answer = browser.post(f"/cameras/{camera_id}/zones", data=ZONE | {"dwell": "300"})

    assert answer.status_code == 422
    assert 'id="new-key-wrong"' in answer.text
    assert [zone["dwell"] for zone in _zones(town, camera_id)] == [120.0]


def test_a_zone_that_is_kept_as_the_page_shows_it_loses_nothing(
    town: Town, camera_id: int, page: Page
) -> None:
    hours = [{"begin": "07:00", "end": "09:00", "days": [0, 1]}]
    numbers = {"dwell": 2.5, "grace": 7.25, "auto_score": 0.875, "lon": LON, "lat": LAT}
    drawn = {"key": "kerb", "name": "路边", "type": "no_parking", "rules": ["parking", "standing"]}
    outline = [[0.1234, 0.1], [0.5, 0.1], [0.5, 0.6789]]
    with town.database.unit_of_work() as uow:
        registry.save_zone(
            uow, camera_id, {**drawn, **numbers, "hours": hours, "outline": outline, "auto_file": True}
        )
    become(page, ADMINISTRATOR)
    page.goto(f"/cameras/{camera_id}")
    page.locator("details[data-zone=kerb] > summary").click()

    page.get_by_role("button", name="保存为新版本").click()
    expect(page.get_by_text("已保存为第 2 版")).to_be_visible()

    (kept,) = _zones(town, camera_id)
    wanted = {**drawn, **numbers, "hours": hours, "outline": outline, "auto_file": True, "version": 2}
    assert {name: kept[name] for name in wanted} == wanted


def test_a_place_is_picked_on_the_map(town: Town, camera_id: int, page: Page) -> None:
    become(page, ADMINISTRATOR)
    page.goto(f"/cameras/{camera_id}/change")
    expect(page.locator(".maplibregl-marker")).to_be_visible()
    before = page.locator("#lon").input_value()
    canvas = page.locator("#map canvas").bounding_box()
    assert canvas is not None

    page.mouse.click(canvas["x"] + canvas["width"] * 0.3, canvas["y"] + canvas["height"] * 0.5)
    expect(page.locator("#lon")).not_to_have_value(before)
    place = [float(page.locator(f"#{name}").input_value()) for name in ("lon", "lat")]
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page).to_have_url(re.compile(r"/cameras/\d+$"))

    row = _camera(town, camera_id)
    assert [row["lon"], row["lat"]] == pytest.approx(place, abs=1e-6)
    assert row["lon"] < LON


def test_a_zone_is_drawn_with_the_mouse_and_moved_by_keys(town: Town, camera_id: int, page: Page) -> None:
    become(page, ADMINISTRATOR)
    page.goto(f"/cameras/{camera_id}")
    page.get_by_text("绘制新区域").click()
    frame = page.locator("[data-corners]").bounding_box()
    assert frame is not None
    for x, y in ((0.2, 0.2), (0.6, 0.2), (0.6, 0.7), (0.2, 0.7)):
        page.mouse.click(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"])
    page.keyboard.press("ArrowUp")
    form = page.locator("details[open] .zone-form").first
    form.locator("[name=key]").fill("kerb")
    form.locator("[name=rules][value=parking]").check()
    form.get_by_role("button", name="保存区域").click()
    expect(page.locator("polygon[data-of=kerb]")).to_have_count(1)

    (zone,) = _zones(town, camera_id)

    assert zone["outline"][3] == pytest.approx([0.2, 0.695], abs=0.01)
    assert len(zone["outline"]) == 4


def test_a_zone_is_drawn_by_buttons_that_say_what_to_do_next(town: Town, camera_id: int, page: Page) -> None:
    become(page, ADMINISTRATOR)
    page.goto(f"/cameras/{camera_id}")
    page.get_by_text("绘制新区域").click()
    corners, said, tools = (
        page.locator("[data-corners] button"),
        page.locator("[data-line]"),
        page.locator("[data-tools]"),
    )

    tools.get_by_role("button", name="从矩形开始").click()
    page.keyboard.press("Enter")
    expect(corners).to_have_count(5)
    page.keyboard.press("Delete")
    tools.get_by_role("button", name="删除顶点").click()
    tools.get_by_role("button", name="删除顶点").click()
    expect(said).to_contain_text("2 个顶点，至少 3 个")
    tools.get_by_role("button", name="撤销").click()
    tools.get_by_role("button", name="撤销").click()

    expect(corners).to_have_count(4)
    expect(said).to_contain_text("轮廓自动闭合")
    expect(page.locator("details[open] [name=outline]")).to_have_value(
        "0.3000,0.4000 0.7000,0.4000 0.7000,0.8000 0.3000,0.8000"
    )


def _values(town: Town) -> dict[str, Any]:
    place = {"lon": LON, "lat": LAT, "interval": 5.0, "unit_id": town.units["west"]}
    return {"code": "610102-1", "name": "长安南路", "source": "files", "url": "street", **place}


def _camera(town: Town, camera_id: int) -> dict[str, Any]:
    with town.database.unit_of_work() as uow:
        row = camera_registry.of_id(uow.conn, camera_id)
        assert row is not None
        return dict(row)


def _zones(town: Town, camera_id: int) -> list[dict[str, Any]]:
    with town.database.unit_of_work() as uow:
        return [dict(row) for row in camera_watches.zones(uow.conn, [camera_id])]
