"""One report through its whole life, by the hands of everybody who takes part, in a real browser and in Chinese."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import sklearn
from playwright.sync_api import Page, expect
from sqlalchemy import text

from engine import log
from handlers.demo.staff import PASSWORD
from tests.installation import Installation

#: A photograph that comes with scikit-learn.
PHOTOGRAPH = Path(sklearn.__file__).parent / "datasets" / "images" / "china.jpg"

#: Inside 新城区, in the part of the city that has unit grid cells.
PLACE = (108.9453, 34.2702)


@dataclass
class City:
    """The page in front of the installation, used by one person after the other."""

    page: Page
    installation: Installation
    case_id: int = 0

    def sign_in(self, login: str) -> None:
        """Leave, and come back as somebody else."""
        self.page.context.clear_cookies()
        self.page.goto("/sign-in")
        self.page.get_by_label("用户名").fill(login)
        self.page.get_by_label("密码").fill(PASSWORD)
        self.page.get_by_role("button", name="登录", exact=True).click()
        expect(self.page).to_have_url(re.compile("/inbox"))

    def report(self) -> None:
        """Report a shop that sells on the pavement, with its photograph, by a click on the map."""
        page = self.page
        page.goto("/report")
        page.get_by_role("combobox", name="类别").fill("店外经营")
        page.get_by_role("option", name="店外经营").first.click()
        page.get_by_label("问题描述").fill("沿街商铺把货架摆到人行道上")
        page.locator("input[type=file]").set_input_files(PHOTOGRAPH)
        page.get_by_text("坐标", exact=True).click()
        page.get_by_label("经度").fill(str(PLACE[0]))
        page.get_by_label("纬度").fill(str(PLACE[1]))
        page.get_by_label("纬度").press("Tab")
        expect(page.locator("#place")).to_contain_text("新城区")
        page.get_by_role("button", name="提交").click()
        expect(page.get_by_role("heading", name=re.compile(r"案卷 \d{14}"))).to_be_visible()
        number = re.findall(r"\d{14}", page.get_by_role("heading").first.inner_text())[0]
        self.case_id = self._case(number)

    def work(self, login: str, step: str, decision: str, reason: str = "") -> None:
        """Sign in, take the case from the inbox, and decide."""
        self.sign_in(login)
        number = self._number()
        self.page.get_by_role("link", name=number).first.click()
        expect(self.page.get_by_role("heading", name=step, exact=True)).to_be_visible()
        if reason:
            self.page.locator(".task").get_by_label("理由").fill(reason)
        self.page.locator(".task").get_by_role("button", name=decision, exact=True).click()
        expect(self.page.locator("[role=status]").first).to_be_visible()

    def handler(self) -> str:
        """The login of a handler at the unit that the case was dispatched to."""
        return str(
            self._one(
                'SELECT p.login FROM person p JOIN role_grant g ON g.person_id = p.id JOIN "case" c ON c.unit_id = g.unit_id '
                "WHERE g.role = 'handler' AND c.id = :case ORDER BY p.id LIMIT 1"
            )
        )

    def status(self) -> str:
        """The status of the case, read from beside the program."""
        return str(self._one('SELECT status FROM "case" WHERE id = :case'))

    def _number(self) -> str:
        return str(self._one('SELECT number FROM "case" WHERE id = :case'))

    def _one(self, statement: str) -> object:
        with self.installation.database() as database, database.unit_of_work() as uow:
            return uow.conn.execute(text(statement), {"case": self.case_id}).scalar_one()

    def _case(self, number: str) -> int:
        with self.installation.database() as database, database.unit_of_work() as uow:
            found = text("SELECT max(id) FROM \"case\" WHERE number = :number AND description LIKE '沿街%'")
            return int(uow.conn.execute(found, {"number": number}).scalar_one())


@pytest.fixture
def city(page: Page, installation: Installation) -> City:
    """The city, with nobody signed in."""
    return City(page, installation)


def _verifies(installation: Installation, case_id: int) -> bool:
    with installation.database() as database, database.unit_of_work() as uow:
        return list(log.verify(uow, case_id)) == []


def test_a_report_is_handled_and_closed(city: City) -> None:
    city.sign_in("collector.xincheng")
    city.report()

    city.work("acceptor.xincheng", "受理", "受理")
    city.work("shift_leader.xincheng", "立案", "立案")
    city.work(city.handler(), "处置", "处置完成")
    city.work("collector.xincheng", "核查", "通过")
    city.work("shift_leader.xincheng", "结案", "结案")

    assert city.status() == "closed"
    assert _verifies(city.installation, city.case_id)


def test_a_report_is_reworked_and_closed(city: City) -> None:
    city.sign_in("collector.xincheng")
    city.report()

    city.work("acceptor.xincheng", "受理", "受理")
    city.work("shift_leader.xincheng", "立案", "立案")
    city.work(city.handler(), "处置", "处置完成")
    city.work("collector.xincheng", "核查", "不通过，返工", reason="货架还在人行道上")
    city.work(city.handler(), "处置", "处置完成")
    city.work("collector.xincheng", "核查", "通过")
    city.work("shift_leader.xincheng", "结案", "结案")

    assert city.status() == "closed"
    assert _verifies(city.installation, city.case_id)


def test_the_page_of_a_case_shows_its_photograph_and_its_place_on_the_diagram(city: City) -> None:
    city.sign_in("collector.xincheng")
    city.report()
    city.sign_in("acceptor.xincheng")

    city.page.goto(f"/cases/{city.case_id}")

    picture = city.page.get_by_role("img", name=re.compile("照片")).first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    expect(city.page.locator(".djs-element[data-element-id=accept]")).to_have_class(re.compile("current"))
    expect(city.page.locator(".bjs-powered-by")).to_be_visible()
