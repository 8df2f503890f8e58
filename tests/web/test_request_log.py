"""The log of requests: each line names its request, its person and its case, and nothing that is theirs alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from engine import program_log
from tests.web.conftest import LAT, LON, Town

PHONE, WORDS = "13812345678", "垃圾堆积如山"


@pytest.fixture(autouse=True)
def json_log(log_as_before: None) -> None:
    """The program's log as lines of JSON."""
    program_log.configure({"GRIDCASE_LOG": "json", "GRIDCASE_LOG_LEVEL": "debug"})


def _requests(capsys: pytest.CaptureFixture[str]) -> list[Mapping[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    return [line for line in lines if line["event"] == "request"]


def test_a_step_is_found_by_its_person_and_its_case(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    case_id = town.reported()
    capsys.readouterr()

    town.complete(case_id, "acceptor", decision="accept")

    line = _requests(capsys)[-1]
    assert line["route"] == "/work-items/<int:item_id>/complete"
    assert (line["method"], line["status"], line["person"]) == ("POST", 303, town.people["acceptor"])
    assert line["case"] == town.waiting(case_id)["case_number"]
    assert line["ms"] > 0


def test_a_request_does_not_inherit_what_the_one_before_was_about(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    town.complete(town.reported(), "acceptor", decision="accept")
    capsys.readouterr()

    town.browser().get("/sign-in")

    (line,) = _requests(capsys)
    assert not {"person", "case", "case_id"} & line.keys()


def test_the_log_tells_nothing_of_a_report(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    report = {"key": "one", "category": "event:0101", "description": WORDS, "lon": LON, "lat": LAT}
    reporter = {"reporter_name": "王小明", "reporter_phone": PHONE}
    answer = town.browser().post("/report", data=report | reporter)
    follow = answer.location.split("/")[2].partition("?")[0]
    town.browser().get(f"/follow/{follow}")

    written = capsys.readouterr().err
    assert follow
    assert "/follow/<secret>" in written
    for secret in (WORDS, PHONE, "王小明", follow):
        assert secret not in written


def test_the_log_tells_no_password(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    town.browser().post("/sign-in", data={"login": "acceptor", "password": "correct horse battery"})

    written = capsys.readouterr().err
    assert "/sign-in" in written
    assert "horse" not in written


def test_a_proxys_identifier_is_kept_and_given_back(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    answer = town.browser().get("/sign-in", headers={"X-Request-ID": "proxy-7f3a9c21"})

    assert answer.headers["X-Request-ID"] == "proxy-7f3a9c21"
    assert _requests(capsys)[-1]["request"] == "proxy-7f3a9c21"


@pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f g h", "äöüäöüäöü"])
def test_an_identifier_that_is_none_is_replaced(town: Town, given: str) -> None:
    answer = town.browser().get("/sign-in", headers={"X-Request-ID": given})

    assert len(answer.headers["X-Request-ID"]) == 16


def test_an_address_that_is_none_is_not_written_down(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    town.browser().get("/folow/this-was-a-secret")

    written = capsys.readouterr().err
    assert '"route": "none"' in written
    assert "this-was-a-secret" not in written
