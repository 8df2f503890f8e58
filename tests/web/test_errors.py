"""Pages for what goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from engine import inbox
from engine.errors import ConfigurationError
from engine.store import people
from tests.web.conftest import Town
from web.built import Built
from web.commands import web
from web.secret_key import secret_key


@pytest.mark.parametrize(
    ("language", "title"), [("zh-CN", "这里没有您可以查看的内容"), ("en", "There is nothing here for you")]
)
def test_a_wrong_address_gets_a_page_in_the_language_of_the_reader(
    town: Town, language: str, title: str
) -> None:
    response = town.browser(language=language).get("/nowhere")

    assert response.status_code == 404
    assert title in response.text


def test_what_nobody_foresaw_is_neither_shown_nor_kept(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("a secret of the inside")

    browser = town.browser("acceptor")
    monkeypatch.setattr(inbox, "page", broken)
    response = browser.get("/inbox")

    assert response.status_code == 500
    assert "系统出错" in response.text
    assert "secret of the inside" not in response.text


def test_an_error_leaves_nothing_half_written(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = town.browser("acceptor")

    def fails(*_arguments: object) -> None:
        raise RuntimeError("after the language was written")

    monkeypatch.setattr("web.views.session.local", fails)
    browser.post("/language", data={"language": "en"})

    with town.database.unit_of_work() as uow:
        row = people.read(uow.conn, town.people["acceptor"])
    assert row is not None
    assert row["language"] is None


def test_the_wrong_method_is_said(town: Town) -> None:
    assert town.browser().get("/sign-out").status_code == 405


def test_the_embedded_database_serves_no_other_machine() -> None:
    result = CliRunner().invoke(web, ["--host", "0.0.0.0"], env={"GRIDCASE_DATABASE_URL": ""})

    assert isinstance(result.exception, ConfigurationError)
    assert "GRIDCASE_DATABASE_URL" in str(result.exception)


def test_missing_assets_name_the_command_that_makes_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="make assets"):
        Built(tmp_path)["main.css"]


def test_a_key_is_made_once_and_a_spoilt_one_is_refused(tmp_path: Path) -> None:
    made = secret_key(tmp_path)

    assert secret_key(tmp_path) == made
    (tmp_path / "secret").write_text("short")
    with pytest.raises(ConfigurationError, match="too short"):
        secret_key(tmp_path)


def test_whoever_was_too_late_goes_back_to_the_list_they_came_from(town: Town) -> None:
    item = town.waiting(town.reported())
    town.browser("second").post(f"/work-items/{item['id']}/claim")

    response = town.browser("acceptor").post(
        f"/work-items/{item['id']}/complete?view=group",
        data={"form": "1", "case": item["case_id"], "version": item["version"], "f.decision": "accept"},
    )

    assert response.status_code == 409
    assert f'href="/cases/{item["case_id"]}?view=group"' in response.text
