"""A zone is drawn on a camera's picture and a car parks in it: a reviewer confirms it by a key, and it is a case with evidence, dispatched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from handlers.cameras import registry
from handlers.demo import camera
from handlers.demo.staff import PASSWORD
from tests.installation import Installation, installed, wait_until

#: The number of the made camera.
MADE = 1
#: In the made street something comes to stand every forty seconds; a busy machine takes longer to learn what is there before.
PATIENCE_MS = 150_000
#: The road along the kerb, as shares of the picture.
KERB = ((0.22, 0.60), (0.84, 0.60), (0.84, 0.74), (0.22, 0.74))


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """An installation with its made camera, on which no zone is drawn yet, and with all its parts at work."""
    with installed() as one:
        with one.database() as database:
            camera.set_up(database, one.settings)
            with database.unit_of_work() as uow:
                for key in ("parking", "vendor"):
                    registry.remove_zone(uow, MADE, key)
        one.start("up")
        one.wait_until_up()
        yield one


def _one(installation: Installation, statement: str) -> object:
    with installation.database() as database, database.unit_of_work() as uow:
        return uow.conn.execute(text(statement)).scalar_one_or_none()


def test_what_a_camera_sees_becomes_a_case_with_evidence_that_is_dispatched(
    page: Page, installation: Installation, tmp_path: Path
) -> None:
    _sign_in(page, "admin.xian")
    _draw_zone(page)
    _sign_in(page, "reviewer.xincheng")
    page.goto("/review")
    shown = page.locator("article.sighting")
    try:
        expect(shown).to_be_visible(timeout=PATIENCE_MS)
    except AssertionError as error:
        raise AssertionError(installation.output()[-6000:]) from error
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
    _verify(installation, number, tmp_path)


def _sign_in(page: Page, login: str) -> None:
    page.context.clear_cookies()
    page.goto("/sign-in")
    page.get_by_label("用户名").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_url(re.compile("/inbox"))


def _verify(installation: Installation, number: str, folder: Path) -> None:
    """Hand the evidence out and verify it by the public key alone: as it is, and with one byte changed."""
    (folder / "key.pem").write_text(installation.run("evidence", "key"))
    installation.run("evidence", "export", number, str(folder / "out"))
    verify = ("evidence", "verify", str(folder / "out"), "--key", str(folder / "key.pem"))
    assert "every byte as it was signed" in installation.run(*verify)

    frame = next((folder / "out").glob("**/*-alarm.jpg"))
    content = bytearray(frame.read_bytes())
    content[-1] ^= 1
    frame.write_bytes(content)

    with pytest.raises(AssertionError, match="Its content is not what was signed"):
        installation.run(*verify)


def _draw_zone(page: Page) -> None:
    """Draw a zone along the kerb in which whatever stands for ten seconds is told."""
    page.goto(f"/cameras/{MADE}")
    page.get_by_text("绘制新区域").click()
    picture = page.locator("[data-corners]").bounding_box()
    assert picture is not None
    for x, y in KERB:
        page.mouse.click(picture["x"] + x * picture["width"], picture["y"] + y * picture["height"])
    form = page.locator("details[open] .zone-form").first
    form.locator("[name=key]").fill("kerb")
    form.locator("[name=rules][value=standing]").check()
    form.locator("[name=dwell]").fill("10")
    form.get_by_role("button", name="保存区域").click()
    expect(page.locator("polygon[data-of=kerb]")).to_have_count(1)
