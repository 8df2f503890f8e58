"""The demonstration camera sees a car that parks: a reviewer confirms it by a key, and it is a case with evidence that was dispatched."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from handlers.demo import camera
from handlers.demo.staff import PASSWORD
from tests.installation import Installation, installed, wait_until

#: The made street has its next sighting within a minute; a busy machine takes longer to learn what is there before.
PATIENCE_MS = 200_000


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """An installation with its made camera, and with all its parts at work."""
    with installed() as one:
        with one.database() as database:
            camera.set_up(database, one.settings)
        one.start("up")
        one.wait_until_up()
        yield one


def _one(installation: Installation, statement: str) -> object:
    with installation.database() as database, database.unit_of_work() as uow:
        return uow.conn.execute(text(statement)).scalar_one_or_none()


def test_what_a_camera_sees_becomes_a_case_with_evidence_that_is_dispatched(
    page: Page, installation: Installation
) -> None:
    page.goto("/sign-in")
    page.get_by_label("用户名").fill("reviewer.xincheng")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_url(re.compile("/inbox"))
    page.goto("/review")
    shown = page.locator("article.sighting")
    expect(shown).to_be_visible(timeout=PATIENCE_MS)
    expect(shown).to_contain_text("制作画面：由程序绘制")
    expect(shown).to_contain_text("未经核实")
    number = re.findall(r"\d{14}", shown.inner_text())[0]

    with page.expect_response(re.compile(r"/review/\d+$"), timeout=30_000) as sent:
        page.keyboard.press("y")

    assert sent.value.status == 204
    wanted = f"FROM \"case\" WHERE channel = 'camera' AND number = '{number}'"
    wait_until(
        lambda: _one(installation, f"SELECT stage {wanted}") in ("handling", "dispatching"),
        lambda: (
            f"the case is {_one(installation, f'SELECT stage {wanted}')}\n{installation.output()[-4000:]}"
        ),
    )
    log = _one(
        installation,
        f"SELECT string_agg(body, '') FROM log_entry WHERE case_id = (SELECT id {wanted})",
    )
    assert "vision.evidence" in str(log)
    assert "digests" in str(log)
