"""Refusals: each one an application/problem+json that says what is wrong, in the reader's language."""

from __future__ import annotations

import io
from typing import Any

import pytest

from engine import inbox
from tests.api.conftest import REPORT, Town

COMPLETE = "/work-items/1/complete"


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "name"),
    [
        ("GET", "/nothing-here", {}, 404, "not-found"),
        ("GET", "/api", {}, 404, "not-found"),
        ("GET", "/work-items/99999999999999999999", {}, 404, "not-found"),
        ("GET", "/cases/abc", {}, 404, "not-found"),
        ("GET", "/cases/1", {}, 404, "not-found"),
        ("DELETE", "/work-items", {}, 405, "method-not-allowed"),
        ("POST", COMPLETE, {"data": "{", "content_type": "application/json"}, 400, "malformed"),
        ("POST", COMPLETE, {"data": '{"values": NaN}', "content_type": "application/json"}, 400, "malformed"),
        ("POST", COMPLETE, {"data": '"\\ud800"', "content_type": "application/json"}, 400, "malformed"),
        ("POST", COMPLETE, {"data": '"{}"', "content_type": "application/json"}, 422, "invalid"),
        ("POST", COMPLETE, {"data": "null", "content_type": "application/json"}, 422, "invalid"),
        ("POST", COMPLETE, {"data": "{}", "content_type": "text/plain"}, 415, "media-type"),
        ("POST", COMPLETE, {"data": b"[" * 300_000, "content_type": "application/json"}, 413, "too-large"),
        ("POST", COMPLETE, {"json": {"values": {}, "versoin": 1}}, 422, "invalid"),
        ("GET", "/work-items?limit=0", {}, 422, "invalid"),
        ("GET", "/work-items?limit=ten", {}, 422, "invalid"),
        ("GET", "/work-items?text=%00", {}, 422, "invalid"),
        ("GET", "/work-items?after=nonsense", {}, 422, "invalid"),
        ("GET", "/work-items?veiw=mine", {}, 422, "invalid"),
    ],
)
def test_what_cannot_be_answered_is_a_problem(
    town: Town, method: str, path: str, sent: dict[str, Any], status: int, name: str
) -> None:
    answer = town.call(method, path, **sent)

    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["type"] == f"urn:gridcase:problem:{name}"
    assert answer.json["status"] == status
    assert answer.json["title"]
    assert answer.json["detail"]


def test_a_wrong_method_is_told_the_right_ones(town: Town) -> None:
    assert "GET" in town.call("DELETE", "/work-items").headers["Allow"]


def test_a_fault_of_the_program_is_a_problem_that_tells_nothing_of_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_args: object, **_options: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(inbox, "page", break_down)

    answer = town.get("/work-items")

    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "secret" not in answer.text


def test_a_refused_request_leaves_nothing_behind(town: Town) -> None:
    item_id = town.first_item()

    town.post(f"/work-items/{item_id}/complete", {"values": {}})

    assert town.get(f"/work-items/{item_id}").json["version"] == 1


def test_deep_nesting_is_refused(town: Town) -> None:
    deep: Any = "x"
    for _ in range(50):
        deep = [deep]

    answer = town.post(COMPLETE, {"values": {"a": deep}})

    assert answer.status_code == 422


@pytest.mark.parametrize(("accepted", "language"), [("zh-CN,zh;q=0.9", "zh"), ("en", "en"), ("fr", "en")])
def test_a_problem_is_said_in_the_language_that_was_asked_for(
    town: Town, accepted: str, language: str
) -> None:
    answer = town.post("/reports", {**REPORT, "lon": None}, headers={"Accept-Language": accepted})

    assert answer.headers["Content-Language"] == language
    assert "Accept-Language" in answer.headers["Vary"]


def test_a_problem_is_said_in_chinese_to_whoever_asks_for_it(town: Town) -> None:
    answer = town.post("/reports", {**REPORT, "channel": 7}, headers={"Accept-Language": "zh-CN"})

    (error,) = answer.json["errors"]
    assert error["field"] == "channel"
    assert not any(said.isascii() for said in (answer.json["title"], answer.json["detail"], error["message"]))


def test_a_body_that_hides_its_length_is_bounded_too(town: Town) -> None:
    body = io.BytesIO(b'{"values": {}}' + b" " * 300_000)

    answer = town.call(
        "POST",
        COMPLETE,
        input_stream=body,
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},
    )

    assert answer.status_code == 413
