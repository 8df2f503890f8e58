"""What a page must never let through."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

import web
from engine.clock import SteppedClock
from handlers import city
from tests.web.conftest import Town

TEMPLATES = sorted((Path(web.__path__[0]) / "templates").rglob("*.html"))
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_page_of_another_site_changes_nothing(town: Town, headers: dict[str, str]) -> None:
    item = town.waiting(town.reported())

    response = town.browser("acceptor").post(f"/work-items/{item['id']}/claim", headers=headers)

    assert response.status_code == 403
    assert town.waiting(item["case_id"])["assignee_id"] is None


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}, {}])
def test_a_page_of_this_site_does(town: Town, headers: dict[str, str]) -> None:
    item = town.waiting(town.reported())

    town.browser("acceptor").post(f"/work-items/{item['id']}/claim", headers=headers)

    assert town.waiting(item["case_id"])["assignee_id"] == town.people["acceptor"]


def test_a_token_makes_a_call_of_the_api_ones_own_wherever_it_comes_from(town: Town) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    browser = town.browser("acceptor")

    by_session = browser.post("/api/v1/reports", json={}, headers=foreign)
    by_token = browser.post(
        "/api/v1/reports", json={}, headers={**foreign, "Authorization": "Bearer unknown"}
    )

    assert (by_session.status_code, by_token.status_code) == (403, 401)


def test_every_page_binds_the_browser(town: Town) -> None:
    headers = town.browser().get("/").headers

    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_only_the_page_with_a_diagram_may_set_style_attributes(town: Town) -> None:
    case_id = town.reported()
    browser = town.browser("acceptor")

    assert "style-src-attr" in browser.get(f"/cases/{case_id}").headers["Content-Security-Policy"]
    assert "style-src-attr" not in browser.get("/inbox").headers["Content-Security-Policy"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_a_script_or_a_style_of_its_own(template: Path) -> None:
    text = template.read_text(encoding="utf-8")

    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
    assert "|safe" not in text or template.name == "icons.html"


def test_what_a_reporter_writes_is_shown_as_text(town: Town) -> None:
    case_id = town.reported(description=HOSTILE, address=HOSTILE, reporter_name=HOSTILE[:60])
    browser = town.browser("acceptor")

    for path in (f"/cases/{case_id}", "/inbox", "/cases", f"/inbox?q={HOSTILE}"):
        page = browser.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_what_is_written_in_a_form_comes_back_as_text(town: Town) -> None:
    case_id = town.reported()

    response = town.complete(case_id, "acceptor", reason=HOSTILE, condition_no=HOSTILE)

    assert response.status_code == 422
    assert "<script>alert" not in response.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in response.text


def test_a_request_that_is_too_large_is_refused(town: Town) -> None:
    response = town.browser().post("/report", data={"description": "x" * 300_000})

    assert response.status_code == 413
    assert "内容过大" in response.text


def test_the_key_of_sessions_is_for_its_owner_alone(town: Town) -> None:
    file = town.app.extensions["gridcase"].settings.home / "secret"

    assert file.stat().st_mode & 0o077 == 0
    assert len(file.read_text()) == 64
    assert file.read_text() == town.app.config["SECRET_KEY"]


def test_a_diagram_is_a_file_to_keep_and_no_page_to_look_at(town: Town) -> None:
    response = town.browser("acceptor").get(f"/cases/{town.reported()}/diagram.bpmn")

    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_no_cookie_goes_into_a_cache_that_others_read(town: Town, clock: SteppedClock) -> None:
    with town.database.unit_of_work() as uow:
        revision = city.layers(uow).digest[:12]
    browser = town.browser("acceptor")
    address = f"/map/district.geojson?v={revision}"

    for_everybody = browser.get(address)
    clock.advance(timedelta(minutes=6))
    with_a_cookie = browser.get(address)

    assert "public" in for_everybody.headers["Cache-Control"]
    assert "Set-Cookie" not in for_everybody.headers
    assert "Set-Cookie" in with_a_cookie.headers
    assert "public" not in with_a_cookie.headers["Cache-Control"]
