"""Who may call: every address wants a token, and a token opens what its person may see, for as long as it is good."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from engine.clock import SteppedClock
from engine.store import people
from engine.tokens import revoke
from tests.api.conftest import PREFIX, Town
from web.api.document import document

OPERATIONS = [
    (method, path) for path, methods in sorted(document()["paths"].items()) for method in sorted(methods)
]
#: Called by foreign programs with their signatures; see test_hooks.py.
SIGNED = {("post", f"{PREFIX}/hooks/{{sender}}")}


def _address(path: str) -> str:
    return (
        path.replace("{case_id}", "1")
        .replace("{incident_id}", "1")
        .replace("{item_id}", "1")
        .replace("{name}", "void")
        .replace("{code}", "crew")
    )


@pytest.mark.parametrize(("method", "path"), [one for one in OPERATIONS if one not in SIGNED])
def test_nothing_is_answered_without_a_good_token(town: Town, method: str, path: str) -> None:
    sent: dict[str, Any] = {"json": {}} if method in {"post", "put"} else {}
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


def _signed_in(town: Town, login: str) -> FlaskClient:
    client = town.app.test_client()
    with client.session_transaction() as session:
        seen = town.database.clock.now().isoformat()
        session.update(person=town.people[login], epoch=1, seen=seen)
    return client


def test_somebody_signed_in_on_the_pages_needs_no_token(town: Town) -> None:
    client = _signed_in(town, "handler")

    assert client.get(f"{PREFIX}/me").get_json()["login"] == "handler"


def test_a_token_counts_before_a_session(town: Town) -> None:
    client = _signed_in(town, "handler")

    answers = [
        client.get(f"{PREFIX}/me", headers={"Authorization": f"Bearer {token}"})
        for token in (town.tokens["leader"], "wrong")
    ]

    assert [one.status_code for one in answers] == [200, 401]
    assert answers[0].get_json()["login"] == "leader"


def test_a_session_that_was_ended_opens_nothing(town: Town) -> None:
    client = _signed_in(town, "handler")
    with town.database.unit_of_work() as uow:
        people.set_password(uow.conn, town.people["handler"], "-")

    assert client.get(f"{PREFIX}/me").status_code == 401


def test_a_page_of_another_site_cannot_use_a_session(town: Town) -> None:
    item_id = town.first_item()
    foreign = {"Sec-Fetch-Site": "cross-site"}

    answer = _signed_in(town, "acceptor").post(f"{PREFIX}/work-items/{item_id}/claim", headers=foreign)

    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    assert town.get(f"/work-items/{item_id}").json["assignee_id"] is None


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
