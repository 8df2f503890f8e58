"""Similar cases: suggested where somebody reports or accepts, joined or merged with one click, parted again with another."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from werkzeug.test import TestResponse

from engine import cases
from engine.store import cases as stored
from handlers import city, photos
from tests.web.conftest import LAT, LON, Town, arrive, become

REPORT = {"category": "event:0101", "description": "垃圾堆在路边", "lon": str(LON), "lat": str(LAT)}
NEAR = f"/report/similar?category=event:0101&lon={LON}&lat={LAT}"


def _send(browser: FlaskClient, key: str, **changed: Any) -> TestResponse:
    return browser.post("/report", data={**REPORT, "key": key, **changed})


def _secret(response: TestResponse) -> str:
    assert response.status_code == 303, response.text
    return response.location.split("/")[2].partition("?")[0]


def _case(town: Town, secret: str) -> Any:
    with town.database.unit_of_work() as uow:
        return cases.follow(uow, secret).case


def _row(town: Town, case_id: int) -> Any:
    with town.database.unit_of_work() as uow:
        return stored.read(uow.conn, case_id)


def _photo(town: Town, jpeg: bytes) -> dict[str, Any]:
    return photos.store(town.app.extensions["gridcase"].settings.photos, jpeg, "report")


def _merge(town: Town, case_id: int, into_id: int, login: str = "acceptor") -> TestResponse:
    number = _row(town, into_id)["number"]
    data = {"form": "1", "f.into": number}
    return town.browser(login).post(f"/cases/{case_id}/actions/merge", data=data)


def test_without_scripts_a_reporter_is_asked_before_a_second_case_is_opened(town: Town) -> None:
    first = town.reported()

    asked = _send(town.browser(), "one")

    assert asked.status_code == 200
    assert "是下面的问题之一吗？" in asked.text
    assert f'name="join" value="{_row(town, first)["number"]}"' in asked.text
    assert ">垃圾堆在路边</textarea>" in asked.text


def test_a_report_joins_the_case_and_its_reporter_follows_that(town: Town) -> None:
    first = town.reported()
    browser = town.browser()

    secret = _secret(_send(browser, "one", join=_row(town, first)["number"], description=""))

    assert _case(town, secret)["id"] == first
    assert _row(town, first)["number"] in browser.get(f"/follow/{secret}").text


def test_whoever_says_that_theirs_is_another_gets_a_case_of_their_own(town: Town) -> None:
    first = town.reported()

    secret = _secret(_send(town.browser(), "one", seen=_row(town, first)["number"], another="1"))

    assert _case(town, secret)["id"] != first


def test_the_same_report_sent_again_is_not_asked_about_its_own_case(town: Town) -> None:
    browser = town.browser()
    number = _case(town, _secret(_send(browser, "one")))["number"]

    again = browser.post("/report", data={**REPORT, "key": "one"}, follow_redirects=True)

    assert f"此上报已收到：案卷号 {number}。" in again.text


def test_nobody_writes_to_a_case_that_is_not_suggested(town: Town) -> None:
    others = [
        _row(town, town.reported(**one))["number"] for one in ({"category": "0102"}, {"lon": LON + 0.001})
    ]

    answers = [_send(town.browser(), "one", join=number) for number in others]

    assert [one.status_code for one in answers] == [422, 422]
    for number, answer in zip(others, answers, strict=True):
        assert f"没有办理中的同类案卷 {number}" in answer.text


def test_the_public_is_told_where_it_is_and_how_far_and_nothing_that_anybody_wrote(
    town: Town, jpeg: bytes
) -> None:
    given = {"reporter_name": "吴先生", "reporter_phone": "13800000000", "photos": (_photo(town, jpeg),)}
    case_id = town.reported(**given)

    found = town.browser().get(NEAR).text

    assert "相距 0 米" in found
    assert "受理" in found
    for private in ("吴先生", "13800000000", "垃圾堆积", f"/cases/{case_id}"):
        assert private not in found, private


def test_the_staff_of_the_platform_see_what_was_reported(town: Town) -> None:
    case_id = town.reported()

    mine, strangers = (town.browser(login).get(NEAR).text for login in ("acceptor", "stranger"))

    assert ("垃圾堆积" in mine, "垃圾堆积" in strangers) == (True, False)
    assert f'href="/cases/{case_id}"' in mine


def test_a_stranger_sees_the_photograph_of_a_suggested_case_while_it_is_under_way(
    town: Town, jpeg: bytes
) -> None:
    case_id = town.reported(photos=(_photo(town, jpeg),))
    found = re.search(r'src="(/report/similar/photo/[^"]+)"', town.browser().get(NEAR).text)
    assert found is not None
    address = found.group(1)

    with town.browser().get(address) as shown:
        assert shown.mimetype == "image/jpeg"
    assert town.browser().get(address[:-3] + "AAA").status_code == 404
    town.complete(case_id, "acceptor", decision="reject", reason="不是")
    assert town.browser().get(address).status_code == 404


def test_nothing_is_suggested_while_too_little_is_known(town: Town) -> None:
    town.reported()
    asked = (
        "",
        "?category=event:0101",
        "?category=x&lon=108.9&lat=34.2",
        "?category=event:0101&lon=x&lat=nan",
    )

    answers = [town.browser().get(f"/report/similar{one}") for one in asked]

    assert [(one.status_code, one.text.strip()) for one in answers] == [(200, "")] * len(asked)


def test_both_reporters_are_told_of_a_merge_and_of_its_undoing(town: Town) -> None:
    browser = town.browser()
    first, second = (
        _secret(_send(browser, "one")),
        _secret(_send(browser, "two", seen=_number_of_first(town))),
    )
    merged, into = _case(town, second), _case(town, first)

    assert _merge(town, merged["id"], into["id"]).status_code == 303
    told = [browser.get(f"/follow/{secret}").text for secret in (first, second)]
    assert all(into["number"] in page for page in told)
    assert "另有一条反映同一问题的上报并入了本案。" in told[0]
    assert f"您的上报与案卷 {into['number']} 反映同一问题，已并入该案。" in told[1]

    undone = town.browser("leader").post(f"/cases/{merged['id']}/merge/undo", data={"shown": into["id"]})
    assert undone.location == f"/cases/{into['id']}"
    told = [browser.get(f"/follow/{secret}").text for secret in (first, second)]
    assert "曾并入本案的一条上报已恢复为单独案卷。" in told[0]
    assert f"您的上报已从案卷 {into['number']} 中拆出" in told[1]
    assert f"案卷 {merged['number']}" in told[1]


def _number_of_first(town: Town) -> str:
    with town.database.unit_of_work() as uow:
        (row,) = stored.search(uow.conn, stored.visible([town.units["west"]], []))
        return str(row["number"])


def test_the_case_that_goes_on_shows_photographs_and_reporters_of_both(town: Town, jpeg: bytes) -> None:
    row = _photo(town, jpeg)
    first = town.reported()
    second = town.reported(photos=(row,), reporter_name="吴先生")

    _merge(town, second, first)

    browser = town.browser("acceptor")
    shown = browser.get(f"/cases/{first}").text
    assert "吴先生" in shown
    assert f"/cases/{first}/photos/{row['sha256']}" in shown
    with browser.get(f"/cases/{first}/photos/{row['sha256']}/small") as photo:
        assert photo.status_code == 200


def test_a_merged_case_is_listed_as_merged_and_neither_open_nor_rejected(town: Town) -> None:
    first, second = town.reported(), town.reported()
    _merge(town, second, first)
    browser = town.browser("acceptor")

    listed = {
        state: f'href="/cases/{second}"' in browser.get(f"/cases?status={state}").text
        for state in ("open", "closed", "rejected", "void", "merged")
    }

    assert listed == {**dict.fromkeys(("open", "closed", "rejected", "void"), False), "merged": True}
    assert "已并案" in browser.get(f"/cases/{second}").text


def test_who_may_merge_and_who_may_undo_it(town: Town) -> None:
    first, second = town.reported(), town.reported()
    staff = ("supervisor", "collector", "handler", "stranger", "dispatcher", "leader", "acceptor")

    merged, undone = {}, {}
    for login in staff:
        merged[login] = _merge(town, second, first, login).status_code
        if merged[login] == 303:
            town.browser("acceptor").post(f"/cases/{second}/merge/undo")
    _merge(town, second, first)
    for login in staff:
        shown = "撤销并案" in town.browser(login).get(f"/cases/{second}").text
        answer = town.browser(login).post(f"/cases/{second}/merge/undo")
        undone[login] = (answer.status_code, shown)
        if answer.status_code == 303:
            _merge(town, second, first)

    may = {"dispatcher", "leader", "acceptor"}
    hidden = {"collector": 404, "handler": 404, "stranger": 404}
    assert merged == dict.fromkeys(may, 303) | {"supervisor": 409} | hidden
    assert undone == {
        login: (status, status == 303)
        for login, status in (dict.fromkeys(may, 303) | {"supervisor": 403} | hidden).items()
    }


def test_a_number_that_does_not_fit_is_told_beside_its_field(town: Town) -> None:
    case_id = town.reported()

    data = {"form": "1", "f.into": "20200101000001"}
    response = town.browser("acceptor").post(f"/cases/{case_id}/actions/merge", data=data)

    assert response.status_code == 422
    assert "同一平台没有这个号码的案卷。" in response.text


def test_only_who_may_merge_is_shown_what_is_alike(town: Town) -> None:
    town.reported()
    case_id = town.reported()

    shown = {
        login: "是同一问题吗？" in town.browser(login).get(f"/cases/{case_id}").text
        for login in ("acceptor", "leader", "collector", "supervisor")
    }

    assert shown == {"acceptor": True, "leader": True, "collector": False, "supervisor": False}


def test_the_acceptor_merges_and_parts_with_one_key_each(page: Page, town: Town) -> None:
    first, second = town.reported(), town.reported()
    become(page, "王秀英")

    page.goto(f"/cases/{second}")
    expect(page.locator("html")).to_have_class(re.compile("settled"))
    page.keyboard.press("b")
    undo = page.get_by_role("button", name="撤销并案")
    expect(undo).to_be_visible()
    assert _row(town, second)["merged_into_id"] == first

    page.goto(f"/cases/{first}")
    page.wait_for_load_state()
    expect(undo).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_text("并案已撤销。")).to_be_visible()
    assert town.waiting(second)["element_id"] == "accept"


def test_the_page_suggests_as_soon_as_category_and_place_are_chosen(
    page: Page, town: Town, jpeg: bytes
) -> None:
    first = town.reported(photos=(_photo(town, jpeg),))
    page.goto("/report")
    page.wait_for_load_state()

    page.get_by_label("类别").fill(_category(town))
    page.keyboard.press("Enter")
    page.locator("summary", has_text="坐标").click()
    page.get_by_label("经度").fill(str(LON))
    page.get_by_label("纬度").fill(str(LAT))
    page.keyboard.press("Tab")
    join = page.get_by_role("button", name="就是这一件：并入")
    expect(join).to_be_visible()
    expect(page.get_by_alt_text("相似案卷的照片")).to_be_visible()
    join.click()

    arrive(page, "/follow/")
    expect(page.get_by_role("heading", name=_row(town, first)["number"])).to_be_visible()


def _category(town: Town) -> str:
    with town.database.unit_of_work() as uow:
        found = city.catalogue(uow).get("gb30428", "event", "0101")
        assert found is not None
        return found.name_zh


def test_without_scripts_photographs_are_kept_through_the_question(town: Town, jpeg: bytes) -> None:
    first = town.reported()

    asked = _send(town.browser(), "one", photos=(BytesIO(jpeg), "a.jpg"))
    kept = re.search(r'name="kept" value="([^"]+)"', asked.text)
    assert kept is not None
    _send(town.browser(), "one", kept=kept.group(1), join=_row(town, first)["number"])

    assert "/photos/" in town.browser("acceptor").get(f"/cases/{first}").text
