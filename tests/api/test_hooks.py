"""Signed messages of foreign programs: who may send what, how often it counts, and what becomes of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from engine import senders
from engine.actors import SYSTEM
from engine.clock import SteppedClock
from engine.deployment import deploy
from engine.errors import Invalid
from engine.store import cases
from tests.api.conftest import Reply, Town
from tests.engine.correspondence import CITY, DISTRICT
from tests.engine.workers import run_all

MESSAGE = {"type": "x.done", "key": "k1", "data": {"result": "fine"}}
DATA = {"kind": "event", "category": "0101", "description": "ice", "lon": 108.96, "lat": 34.26}
OPENING = {"type": "x.start", "data": DATA}


@dataclass
class Hospital:
    """A program that signs by the specification, and not by the code under test."""

    town: Town
    secret: str
    clock: SteppedClock

    def send(
        self, body: Any = MESSAGE, message_id: str = "m1", late: timedelta = timedelta(0), **headers: str
    ) -> Reply:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        timestamp = str(int((self.clock.now() - late).timestamp()))
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = f"{message_id}.{timestamp}.".encode() + content
        digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        given = {
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{digest}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.town.call(
            "POST", "/hooks/hospital", None, data=content, content_type="application/json", headers=given
        )

    def inbox(self) -> list[Mapping[str, Any]]:
        with self.town.database.unit_of_work() as uow:
            rows = uow.conn.execute(text("SELECT * FROM message_inbox ORDER BY id")).mappings()
            return [dict(row) for row in rows]


@pytest.fixture
def hospital(town: Town, clock: SteppedClock) -> Hospital:
    with town.database.unit_of_work() as uow:
        deploy(uow, {"case.bpmn": CITY.replace(b"'east'", b"'610102'")}, SYSTEM)
        deploy(uow, {"help.bpmn": DISTRICT}, SYSTEM)
        secret = senders.save(uow, "hospital", "610102", ["x.*"])
    return Hospital(town, secret, clock)


def test_a_signed_message_is_accepted_and_kept(hospital: Hospital) -> None:
    answer = hospital.send()

    assert (answer.status_code, answer.json) == (202, {"status": "accepted"})
    (kept,) = hospital.inbox()
    assert (kept["sender"], kept["message_id"], kept["name"], kept["key"]) == (
        "hospital",
        "m1",
        "x.done",
        "k1",
    )
    assert json.loads(kept["payload"]) == {"result": "fine"}


def test_the_same_message_again_is_a_duplicate(hospital: Hospital) -> None:
    hospital.send()

    answer = hospital.send(late=timedelta(minutes=1))

    assert (answer.status_code, answer.json, len(hospital.inbox())) == (202, {"status": "duplicate"}, 1)


def test_a_signature_is_good_for_five_minutes_either_way(hospital: Hospital) -> None:
    lates = [timedelta(seconds=one) for one in (301, -301, 240, -240)]

    answers = [hospital.send(message_id=f"m{late.total_seconds()}", late=late).status_code for late in lates]

    assert answers == [401, 401, 202, 202]


WRONG: list[dict[str, Any]] = [
    {"webhook_id": "m2"},
    {"webhook_timestamp": "1"},
    {"webhook_timestamp": "x"},
    {"webhook_timestamp": "9" * 13},
    {"webhook_signature": ""},
    {"webhook_signature": "v1," + "A" * 43 + "="},
    {"webhook_signature": "v1,\u00e9"},
    {"webhook_signature": "v1," * 1000},
]


def test_what_is_not_signed_rightly_is_refused(hospital: Hospital) -> None:
    answers = [hospital.send(**header) for header in WRONG]

    assert {(one.status_code, one.mimetype) for one in answers} == {(401, "application/problem+json")}
    assert hospital.inbox() == []


def test_another_body_under_the_same_signature_is_refused(hospital: Hospital) -> None:
    good = hospital.send()
    assert good.status_code == 202
    headers = {name: value for name, value in good.request.headers.items() if name.startswith("Webhook")}

    answer = hospital.town.call("POST", "/hooks/hospital", None, json={"type": "x.no"}, headers=headers)

    assert answer.status_code == 401


def test_one_right_signature_among_several_is_enough(hospital: Hospital) -> None:
    right = hospital.send().request.headers["webhook-signature"]

    assert hospital.send(webhook_signature=f"v1,AAAA {right}").status_code == 202


def test_an_unknown_sender_gets_the_same_answer_as_a_wrong_signature(hospital: Hospital) -> None:
    wrong = hospital.send(webhook_signature="v1,AAAA").json
    unknown = hospital.town.post("/hooks/nobody", MESSAGE, None).json

    assert {**unknown, "instance": ""} == {**wrong, "instance": ""}


def test_a_revoked_sender_is_refused(hospital: Hospital) -> None:
    with hospital.town.database.unit_of_work() as uow:
        senders.revoke(uow, "hospital")

    assert hospital.send().status_code == 401


def test_a_saved_sender_has_a_new_secret(hospital: Hospital) -> None:
    with hospital.town.database.unit_of_work() as uow:
        secret = senders.save(uow, "hospital", "610102", ["x.*"])
    assert hospital.send().status_code == 401

    hospital.secret = secret

    assert hospital.send().status_code == 202


def test_a_sender_sends_only_what_it_may(hospital: Hospital) -> None:
    assert hospital.send({**MESSAGE, "type": "y.done"}).status_code == 403


UNFIT: list[tuple[Any, str]] = [
    ({"type": "x.done"}, "key"),
    ({**MESSAGE, "key": "x" * 201}, "key"),
    ({**MESSAGE, "data": {"a": "x" * 70_000}}, "data"),
    ({**MESSAGE, "data": {"typename": 1}}, "data"),
    ({**MESSAGE, "more": 1}, "more"),
    ({**OPENING, "data": {**DATA, "lat": "north"}}, "data.lat"),
    ({**OPENING, "data": {**DATA, "lat": 91}}, "data.lat"),
    ({**OPENING, "data": {**DATA, "category": "nil"}}, "data.category"),
    ({"type": "x.start"}, "data.description"),
]


def test_what_does_not_fit_is_refused_by_its_field(hospital: Hospital) -> None:
    answers = [hospital.send(body) for body, _ in UNFIT]

    assert {answer.status_code for answer in answers} == {422}
    for answer, (_, field) in zip(answers, UNFIT, strict=True):
        assert field in {one["field"] for one in answer.json["errors"]}
    assert hospital.inbox() == []


def test_a_body_that_is_too_large_is_refused(hospital: Hospital) -> None:
    assert hospital.send(b"{" + b" " * 300_000 + b"}").status_code == 413


def test_a_message_opens_a_case_at_the_sender_s_platform(hospital: Hospital) -> None:
    hospital.send({**OPENING, "key": "h-1"})
    run_all(hospital.town.database)

    (kept,) = hospital.inbox()
    with hospital.town.database.unit_of_work() as uow:
        found = cases.read(uow.conn, kept["case_id"])
    assert found is not None
    assert (found["platform_id"], found["channel"]) == (hospital.town.units["610102"], "exchange")


def test_too_many_refused_signatures_are_slowed_down(hospital: Hospital) -> None:
    hospital.town.app.config["API_REFUSED_RATE"] = "2/minute"

    statuses = [hospital.send(webhook_signature="v1,AAAA").status_code for _ in range(4)]

    assert statuses == [401, 401, 429, 429]


def test_a_sender_that_sends_too_much_is_slowed_down(hospital: Hospital) -> None:
    hospital.town.app.config["API_RATE"] = "2/minute"

    assert [hospital.send(message_id=f"m{n}").status_code for n in range(3)] == [202, 202, 429]


NO_SENDERS: list[tuple[str, str, list[str], str]] = [
    ("Hospital 1", "610102", ["x.*"], "name"),
    ("hospital", "crew", ["x.*"], "platform"),
    ("hospital", "nowhere", ["x.*"], "platform"),
    ("hospital", "610102", [], "messages"),
    ("hospital", "610102", ["x.*.y"], "messages"),
]


def test_a_sender_that_does_not_fit_is_refused(town: Town) -> None:
    for name, platform, messages, field in NO_SENDERS:
        with pytest.raises(Invalid) as refusal, town.database.unit_of_work() as uow:
            senders.save(uow, name, platform, messages)
        assert set(refusal.value.fields) == {field}
