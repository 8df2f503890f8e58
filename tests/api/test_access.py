"""Who may call: every address wants a token, and a token opens what its person may see, for as long as it is good."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.clock import SteppedClock
from engine.store import people
from engine.tokens import revoke
from tests.api.conftest import PREFIX, Town
from web.api.document import document

OPERATIONS = [
    (method, path) for path, methods in sorted(document()["paths"].items()) for method in sorted(methods)
]


def _address(path: str) -> str:
    return path.replace("{case_id}", "1").replace("{item_id}", "1").replace("{name}", "void")


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_is_answered_without_a_good_token(town: Town, method: str, path: str) -> None:
    sent: dict[str, Any] = {"json": {}} if method == "post" else {}
    if path.endswith("/photos"):
        sent = {"data": {}, "content_type": "multipart/form-data"}

    for header in ("", "Bearer wrong", "Basic YTpi", "Bearer", "Bearer gct_" + "A" * 43):
        answer = town.call(method, _address(path), None, headers={"Authorization": header}, **sent)

        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), header
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_every_route_is_described(town: Town) -> None:
    served = {
        (method.lower(), rule.rule)
        for rule in town.app.url_map.iter_rules()
        if rule.rule.startswith(PREFIX)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    open_to_all = {("get", PREFIX), ("get", f"{PREFIX}/openapi.json")}
    assert open_to_all < served
    assert len(served - open_to_all) == len(OPERATIONS)


def test_a_token_stands_for_its_person(town: Town) -> None:
    me = town.get("/me", "handler").json

    assert (me["login"], me["name"]) == ("handler", "Handler")
    assert [(grant["role"], grant["unit_code"]) for grant in me["grants"]] == [("handler", "crew")]


def test_an_expired_token_opens_nothing(town: Town, clock: SteppedClock) -> None:
    clock.advance(timedelta(days=30))

    assert town.get("/me").status_code == 401


def test_a_revoked_token_opens_nothing_and_others_still_do(town: Town) -> None:
    with town.database.unit_of_work() as uow:
        revoke(uow, town.people["acceptor"], "tests")

    assert [town.get("/me", who).status_code for who in ("acceptor", "handler")] == [401, 200]


def test_the_token_of_somebody_who_left_opens_nothing(town: Town) -> None:
    with town.database.unit_of_work() as uow:
        row = {"login": "acceptor", "name": "Acceptor", "password_hash": "-", "active": False}
        people.save(uow.conn, row)

    assert town.get("/me").status_code == 401


def test_a_person_who_sends_too_much_is_told_to_wait_and_others_are_not(town: Town) -> None:
    town.app.config["API_RATE"] = "2/minute"

    answers = [town.get("/me") for _ in range(3)]

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "60"
    assert town.get("/me", "handler").status_code == 200


def test_an_address_that_tries_tokens_is_told_to_wait(town: Town) -> None:
    town.app.config["API_REFUSED_RATE"] = "2/minute"
    wrong = {"Authorization": "Bearer gct_" + "A" * 43}

    answers = [town.get("/me", None, headers=wrong) for _ in range(3)]

    assert [one.status_code for one in answers] == [401, 401, 429]
