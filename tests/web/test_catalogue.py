"""The page of the catalogue: everybody looks things up, and who keeps it reads in a workbook after seeing what changes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from werkzeug.test import TestResponse

from engine.store import people
from handlers import city
from handlers.catalogue import FOLDER, read_path, write_book
from handlers.store.catalogue import compose
from tests.web.conftest import Town, arrive, become


@pytest.fixture
def keeper(town: Town) -> Town:
    """With an administrator of the city, and one of a district."""
    for login, name, unit in (("admin", "何静怡", "city"), ("local-admin", "高志强", "west")):
        with town.database.unit_of_work() as uow:
            row = {"login": login, "name": name, "password_hash": "-", "is_demo": True}
            person = people.save(uow.conn, row)
            people.grant(uow.conn, person, "admin", town.units[unit])
        assert isinstance(town.people, dict)
        town.people[login] = person
    return town


Rows = dict[str, list[dict[str, Any]]]


def workbook(change: Callable[[Rows], object] = lambda rows: None) -> bytes:
    """The catalogue of the program as a workbook, with a change in its rows."""
    rows = {name: [dict(row) for row in found] for name, found in _given().items()}
    change(rows)
    return write_book(compose(rows["categories"], rows["standards"], rows["unit_types"], rows["equivalents"]))


@cache
def _given() -> Mapping[str, list[dict[str, Any]]]:
    return read_path(FOLDER).rows


def renamed(rows: Rows) -> None:
    """The first category has another name."""
    rows["categories"][0]["name_zh"] = "自来水井盖"


def without(code: str) -> bytes:
    """The catalogue without an event."""

    def change(rows: Rows) -> None:
        for name in ("categories", "standards", "equivalents"):
            rows[name] = [row for row in rows[name] if (row["kind"], row["code"]) != ("event", code)]

    return workbook(change)


def edited(**cells: str) -> bytes:
    """The catalogue of the program with other values in some cells (``standards_G3``)."""
    book = load_workbook(io.BytesIO(workbook()))
    for place, value in cells.items():
        sheet, _, cell = place.partition("_")
        book[sheet][cell] = value
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def send(town: Town, content: bytes, login: str = "admin", name: str = "c.xlsx") -> TestResponse:
    """Send a workbook by the form of the page."""
    file = (io.BytesIO(content), name)
    return town.browser(login).post("/catalogue/draft", data={"file": file}, follow_redirects=True)


def adopt(town: Town, login: str = "admin") -> TestResponse:
    """Press the button below what changes."""
    browser = town.browser(login)
    seen = re.search(r'name="before" value="(\w*)"', browser.get("/catalogue/draft").text)
    data = {"before": seen[1] if seen else ""}
    return browser.post("/catalogue/draft/adopt", data=data, follow_redirects=True)


def name_of(town: Town, code: str) -> str:
    """What an event is called now."""
    with town.database.unit_of_work() as uow:
        found = city.catalogue(uow).get("gb30428", "event", code)
    return found.name_zh if found else ""


@pytest.mark.parametrize(
    ("asked", "there", "not_there"),
    [
        ("q=0401&kind=event", "无照经营游商", "上水井盖"),
        ("q=游商", "无照经营游商", "上水井盖"),
        ("q=vendor", "无照经营游商", "上水井盖"),
        ("q=25 平方厘米", "上水井盖", "无照经营游商"),
        ("kind=component", "上水井盖", "无照经营游商"),
        ("page=99", "第 6 / 6 页", "上水井盖"),
    ],
)
def test_categories_are_found_by_code_name_and_condition(
    town: Town, asked: str, there: str, not_there: str
) -> None:
    text = town.browser("acceptor").get(f"/catalogue?{asked}").text

    assert there in text
    assert not_there not in text


def test_a_condition_is_shown_with_its_limit_and_what_closes_it(town: Town) -> None:
    text = town.browser("acceptor", "en").get("/catalogue?q=vendor").text

    assert "2 urgent hours" in text
    assert "cjt214 0501" in text
    assert "Cases within 50 m and 24 h are alike" in text


def test_what_nobody_has_is_said(town: Town) -> None:
    assert "没有符合的类别" in town.browser("acceptor").get("/catalogue?q=zeppelin").text


def test_the_download_opens_as_a_workbook(town: Town) -> None:
    answer = town.browser("acceptor").get("/catalogue/catalogue.xlsx")

    book = load_workbook(io.BytesIO(answer.data), read_only=True)
    assert answer.headers["Content-Disposition"] == "attachment; filename=catalogue.xlsx"
    assert book.sheetnames == ["unit_types", "categories", "standards", "equivalents"]
    book.close()


def test_only_who_keeps_it_is_led_there_and_finds_the_form(keeper: Town) -> None:
    seen = {
        login: (
            'href="/catalogue"' in keeper.browser(login).get("/inbox").text,
            'type="file"' in keeper.browser(login).get("/catalogue").text,
        )
        for login in ("admin", "local-admin", "acceptor")
    }

    assert seen == {"admin": (True, True), "local-admin": (False, False), "acceptor": (False, False)}


@pytest.mark.parametrize("login", ["local-admin", "acceptor", "supervisor"])
def test_others_cannot_send_one(keeper: Town, login: str) -> None:
    content = workbook(renamed)

    assert send(keeper, content, login).status_code == 403
    assert keeper.browser(login).post("/catalogue/draft/adopt").status_code == 403
    assert keeper.browser(login).post("/catalogue/draft/discard").status_code == 403
    assert keeper.browser(login).get("/catalogue/draft").status_code == 403


def test_what_changes_is_shown_before_it_does(keeper: Town) -> None:
    text = send(keeper, workbook(renamed)).text

    assert "<del>上水井盖</del> → <ins>自来水井盖</ins>" in text
    with keeper.database.unit_of_work() as uow:
        found = city.catalogue(uow).get("gb30428", "component", "0101")
    assert found is not None
    assert found.name_zh == "上水井盖"


def test_it_is_taken_over_when_they_say_so(keeper: Town) -> None:
    send(keeper, without("0401"))

    text = adopt(keeper).text

    assert "现有 233 个类别" in text
    assert name_of(keeper, "0401") == ""


def test_it_is_left_when_they_do_not(keeper: Town) -> None:
    send(keeper, without("0401"))

    keeper.browser("admin").post("/catalogue/draft/discard")

    assert keeper.browser("admin").get("/catalogue/draft").location == "/catalogue"
    assert name_of(keeper, "0401") == "无照经营游商"


def test_problems_are_told_by_sheet_row_and_column_in_the_language_of_the_reader(keeper: Town) -> None:
    answer = send(keeper, edited(standards_G3="=1+1", categories_B4="thing"))

    assert answer.status_code == 422
    cells = re.findall(r"<td[^>]*>(.*?)</td>", answer.text)
    assert [*cells[:3], cells[3][:7]] == ["categories", "4", "kind", "&#39;thing"[:7]]
    assert cells[4:7] == ["standards", "3", "limit"]
    assert "是公式" in cells[7]


def test_another_file_is_refused_in_a_sentence(keeper: Town) -> None:
    answer = send(keeper, b"%PDF-1.4", name="标准<1>.pdf")

    assert answer.status_code == 422
    assert "不是 XLSX 工作簿" in answer.text
    assert "标准&lt;1&gt;.pdf" in answer.text


def test_no_file_is_refused_in_a_sentence(keeper: Town) -> None:
    answer = keeper.browser("admin").post("/catalogue/draft", follow_redirects=True)

    assert "请先选择工作簿" in answer.text


def test_a_category_with_open_cases_stays(keeper: Town) -> None:
    keeper.reported(category="0401")

    text = send(keeper, without("0401")).text

    assert "无照经营游商: 1 件在办案卷" in text
    assert "确认导入" not in text
    assert "缺少在办案卷所用的类别或条件" in adopt(keeper).text
    assert name_of(keeper, "0401") == "无照经营游商"


def test_a_change_of_somebody_else_meanwhile_is_told(keeper: Town) -> None:
    send(keeper, without("0401"))
    browser = keeper.browser("admin")
    seen = re.search(r'name="before" value="(\w+)"', browser.get("/catalogue/draft").text)
    assert seen is not None
    send(keeper, workbook(renamed))
    adopt(keeper)
    send(keeper, without("0402"))

    data = {"before": seen[1]}
    answer = browser.post("/catalogue/draft/adopt", data=data, follow_redirects=True)

    assert "刚被他人更改" in answer.text
    assert name_of(keeper, "0402") != ""


def test_a_keeper_reads_in_a_workbook(keeper: Town, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "标准.xlsx"
    file.write_bytes(workbook(renamed))
    become(page, "何静怡")
    page.get_by_role("link", name="类别与标准").click()
    arrive(page, "/catalogue$")

    page.get_by_label("工作簿").set_input_files(file)
    page.get_by_role("button", name="查看变更").click()
    arrive(page, "/catalogue/draft")
    expect(page.locator("ins")).to_have_text("自来水井盖")
    page.get_by_role("button", name="确认导入").click()
    arrive(page, "/catalogue$")

    expect(page.get_by_role("status")).to_contain_text("现有 234 个类别")
    page.get_by_role("searchbox").fill("自来水井盖")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("row", name=re.compile("自来水井盖"))).to_be_visible()
