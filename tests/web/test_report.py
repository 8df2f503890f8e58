"""The report page, the page on which a report is followed, and the map beside it."""

from __future__ import annotations

import gzip
import json
import re
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from engine.store import attachments, cases
from tests.web.conftest import LAT, LON, Town

REPORT = {
    "key": "one",
    "category": "event:0101",
    "description": "垃圾堆在路边",
    "lon": str(LON),
    "lat": str(LAT),
    "reporter_name": "吴先生",
    "reporter_phone": "13800000000",
}


def _send(town: Town, login: str | None = None, **changed: Any) -> TestResponse:
    return town.browser(login).post("/report", data={**REPORT, **changed})


def _row(town: Town, secret: str) -> Any:
    with town.database.unit_of_work() as uow:
        from engine.cases import follow

        return dict(follow(uow, secret).case)


def _followed(town: Town, response: TestResponse) -> Any:
    assert response.status_code == 303, response.text
    return _row(town, response.location.split("/")[2].partition("?")[0])


def test_a_report_of_anybody_becomes_a_case_that_they_can_follow(town: Town) -> None:
    response = _send(town)

    row = _followed(town, response)
    page = town.browser().get(response.location).text
    assert (row["channel"], row["grid_code"]) == ("citizen", "610102001001002")
    assert "谢谢，您的上报已收到。" in page
    assert row["number"] in page
    assert "http://localhost/follow/" in page


def test_whoever_has_the_link_sees_how_far_it_is_and_nothing_of_any_person(town: Town) -> None:
    response = _send(town)
    case_id = _followed(town, response)["id"]
    town.complete(case_id, "acceptor", decision="accept")

    page = town.browser().get(response.location).text

    assert re.search(r'<li class="past"\s*>受理</li>', page)
    assert re.search(r'<li class="now" aria-current="step">立案</li>', page)
    for private in ("吴先生", "13800000000", "王秀英", "垃圾堆在路边", "108.9", "/cases/"):
        assert private not in page, private


def test_the_reporter_reads_why_it_was_rejected(town: Town) -> None:
    response = _send(town)
    town.complete(_followed(town, response)["id"], "acceptor", decision="reject", reason="不属于城市管理范围")

    assert "不属于城市管理范围" in town.browser().get(response.location).text


def test_a_wrong_link_shows_nothing(town: Town) -> None:
    assert town.browser().get("/follow/nonsense").status_code == 404


def test_the_same_report_sent_twice_is_one_case(town: Town) -> None:
    first = _followed(town, _send(town))
    second = town.browser().post("/report", data=REPORT, follow_redirects=True)

    assert f"此上报已收到：案卷号 {first['number']}。" in second.text
    with town.database.unit_of_work() as uow:
        assert len(cases.search(uow.conn, cases.visible([first["platform_id"]], []))) == 1


def test_everything_that_is_missing_is_said_at_once_and_what_was_written_is_kept(town: Town) -> None:
    response = _send(
        town, category="", lon="", lat="", description="", address="某处", reporter_name="吴先生"
    )

    assert response.status_code == 422
    for said in ("请选择类别。", "请描述问题，或添加照片。", "请说明地点"):
        assert said in response.text, said
    assert 'value="某处"' in response.text
    assert 'value="吴先生"' in response.text


@pytest.mark.parametrize(
    ("lon", "lat", "said"),
    [
        ("109.5", "34.5", "该地点不在本市范围内"),
        ("34.2005", "108.9005", "经度和纬度"),
        ("east", "34.2", "请给出 -180 到 180 的十进制度数。"),
        ("nan", "34.2", "请给出 -180 到 180 的十进制度数。"),
        ("inf", "34.2", "请给出 -180 到 180 的十进制度数。"),
    ],
)
def test_a_place_that_is_none_is_refused_with_the_reason(town: Town, lon: str, lat: str, said: str) -> None:
    response = _send(town, lon=lon, lat=lat)

    assert response.status_code == 422
    assert said in response.text


@pytest.mark.parametrize("category", ["event:9999", "nonsense", "component:", "<script>:1"])
def test_an_unknown_category_is_refused(town: Town, category: str) -> None:
    response = _send(town, category=category)

    assert response.status_code == 422
    assert 'id="wrong-category"' in response.text


def test_without_scripts_an_address_is_looked_up_and_a_community_chosen(town: Town, jpeg: bytes) -> None:
    looked_up = _send(town, look_up="1", address="11社区", lon="", lat="", photos=(BytesIO(jpeg), "a.jpg"))
    kept = re.search(r'name="kept" value="([^"]+)"', looked_up.text)

    assert looked_up.status_code == 200
    assert re.search(r'name="community_code" value="610102001001"', looked_up.text)
    assert kept is not None
    response = _send(
        town, address="11社区", lon="", lat="", community_code="610102001001", kept=kept.group(1)
    )
    row = _followed(town, response)
    with town.database.unit_of_work() as uow:
        assert len(attachments.of_case(uow.conn, row["id"])) == 1
    assert row["community_code"] == "610102001001"


def test_what_is_no_photograph_is_refused_and_opens_nothing(town: Town) -> None:
    response = _send(town, photos=(BytesIO(b"GIF89a not really"), "a.gif"))

    assert response.status_code == 422
    assert 'id="wrong-photos"' in response.text
    assert "没有符合条件的案卷。" in town.browser("supervisor").get("/cases").text


def test_more_than_six_photographs_are_refused(town: Town, jpeg: bytes) -> None:
    response = _send(town, photos=[(BytesIO(jpeg), f"{n}.jpg") for n in range(7)])

    assert response.status_code == 422
    assert "最多添加 6 张照片。" in response.text


def test_the_staff_say_by_which_channel_it_came(town: Town) -> None:
    response = _send(town, "acceptor", channel="hotline")
    page = town.browser("acceptor").get(response.location).text

    row = _followed(town, response)
    assert row["channel"] == "hotline"
    assert f'href="/cases/{row["id"]}"' in page


def test_a_citizen_cannot_pretend_to_be_a_channel(town: Town) -> None:
    assert _followed(town, _send(town, channel="leader"))["channel"] == "citizen"


def test_reports_of_the_public_are_bounded_and_those_of_the_staff_are_not(town: Town) -> None:
    public, staff = town.browser(), town.browser("acceptor")

    public_answers = [public.post("/report", data={}).status_code for _ in range(11)]
    staff_answers = {staff.post("/report", data={}).status_code for _ in range(11)}

    assert public_answers == [422] * 10 + [429]
    assert staff_answers == {422}


def test_the_page_says_that_made_borders_are_made(town: Town) -> None:
    assert "图中的街道、社区和单元网格为演示而生成，并非真实边界" in town.browser().get("/report").text


def test_a_layer_is_sent_once_for_each_revision(town: Town) -> None:
    browser = town.browser()
    revision = re.search(r"KIND\.geojson\?v=([0-9a-f]+)", browser.get("/report").text)
    assert revision is not None
    path = f"/map/district.geojson?v={revision.group(1)}"

    first = browser.get(path)
    again = browser.get(path, headers={"If-None-Match": first.headers["ETag"]})
    packed = browser.get(path, headers={"Accept-Encoding": "gzip"})

    features = json.loads(first.data)["features"]
    assert [one["properties"]["name"] for one in features] == ["西区", "东区"]
    assert "immutable" in first.headers["Cache-Control"]
    assert again.status_code == 304
    assert gzip.decompress(packed.data) == first.data


def test_cells_are_asked_for_by_a_box(town: Town) -> None:
    found = town.browser().get("/map/cell.geojson?box=108.9,34.2,108.9005,34.2005").get_json()

    assert [one["id"] for one in found["features"]] == ["610102001001002"]


@pytest.mark.parametrize(
    "path", ["/map/nonsense.geojson", "/map/cell.geojson?box=1,2", "/report/locate?lon=x&lat=1"]
)
def test_what_the_map_cannot_ask_is_refused(town: Town, path: str) -> None:
    assert town.browser().get(path).status_code == 422


def test_a_point_says_in_which_areas_it_lies(town: Town) -> None:
    inside = town.browser().get(f"/report/locate?lon={LON}&lat={LAT}").text
    outside = town.browser().get("/report/locate?lon=109.5&lat=34.5").text

    assert "610102001001002" in inside
    assert "西区" in inside
    assert "该地点不在本市范围内。" in outside


def test_what_is_typed_is_found_among_the_names(town: Town) -> None:
    page = town.browser().get("/report/suggestions?address=社区").text

    assert 'value="610102001001"' in page
    assert "无界社区" not in page
