"""A case goes over to another version by the API, for designers and administrators alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.actors import SYSTEM
from engine.deployment import deploy
from engine.store import people, work_items
from engine.tokens import issue
from tests.api.conftest import Town
from tests.engine.test_moves import _with_check


@pytest.fixture
def case_id(town: Town) -> int:
    """A case on version 1 of a process that has a version 2, and somebody who may move it."""
    with town.database.unit_of_work() as uow:
        role = {"code": "designer", "name_zh": "设计员", "name_en": "designer", "sees": "none"}
        people.save_role(uow.conn, role)
        uow.changed("roles")
        town.people["designer"] = people.save(
            uow.conn, {"login": "designer", "name": "Designer", "password_hash": "-"}
        )
        people.grant(uow.conn, town.people["designer"], "designer", town.units["610102"])
        town.tokens["designer"] = issue(uow, town.people["designer"], "tests", timedelta(days=1))
    item_id = town.first_item()
    with town.database.unit_of_work() as uow:
        deploy(uow, _with_check(), SYSTEM)
        item = work_items.read(uow.conn, item_id)
        assert item is not None
        return int(item["case_id"])


def test_it_is_tried_out_moved_and_put_back(town: Town, case_id: int) -> None:
    tried = town.post(f"/cases/{case_id}/move", {"to": 2, "dry_run": True}, "designer").json
    moved = town.post(f"/cases/{case_id}/move", {"to": 2, "reason": "new rules"}, "designer").json
    version = town.get(f"/cases/{case_id}").json["position"]["version"]
    back = town.post(f"/cases/{case_id}/move/undo", {"reason": "a mistake"}, "designer").json

    assert (tried["reasons"], tried["before"], tried["after"]) == ([], 1, 2)
    assert (moved, version) == (tried, 2)
    assert (back["before"], back["after"]) == (2, 1)
    assert town.get(f"/cases/{case_id}").json["position"]["version"] == 1


def test_one_that_cannot_is_a_conflict_with_the_reason(town: Town, case_id: int) -> None:
    town.post(f"/cases/{case_id}/move", {"to": 2, "reason": "new rules"}, "designer")

    answer = town.post(f"/cases/{case_id}/move", {"to": 2, "reason": "again"}, "designer")

    assert (answer.status_code, answer.json["detail"]) == (
        409,
        "The case cannot go over: The case is on this version already.",
    )


@pytest.mark.parametrize("body", [{}, {"to": 0, "reason": "why"}, {"to": 2}, {"to": 2, "reason": " "}])
def test_what_does_not_fit_is_refused(town: Town, case_id: int, body: dict[str, object]) -> None:
    assert town.post(f"/cases/{case_id}/move", body, "designer").status_code == 422


def test_others_may_not(town: Town, case_id: int) -> None:
    for path in ("move", "move/undo"):
        answer = town.post(
            f"/cases/{case_id}/{path}", {"reason": "why"} | ({"to": 2} if path == "move" else {})
        )
        assert answer.status_code == 403


def test_a_case_or_version_that_is_not_there_is_not_found(town: Town, case_id: int) -> None:
    for path, to in ((case_id, 9), (999999, 2)):
        answer = town.post(f"/cases/{path}/move", {"to": to, "reason": "why"}, "designer")
        assert answer.status_code == 404
