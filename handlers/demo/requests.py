"""What people of the demonstration ask for beside their steps: more time, a suspension, and somebody who hurries."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine import actions, timers, work
from engine.actors import Actor
from engine.store import cases, instances, work_items
from engine.store.unit_of_work import UnitOfWork
from handlers.demo import problems, rhythm
from handlers.demo.staff import Staff

#: Of a hundred cases that are handled so many are asked for; of those that stay there more.
_ASKED = {"request_extension": 5, "request_suspension": 2}
_ASKED_OF_WAITING = {"request_extension": 12, "request_suspension": 14}
#: Of a hundred requests so many are granted, and of a hundred red cases so many supervised by word.
_GRANTED = 80
_SUPERVISED = 30

Step = Callable[[UnitOfWork], None]
At = Callable[[datetime, Step], None]


class Requests:
    """Lets people ask, decide and press, each at a time of its own.

    Args:
        at: puts a step on the agenda.
    """

    def __init__(self, staff: Staff, chance: random.Random, zone: ZoneInfo, at: At) -> None:
        self._staff, self._chance, self._zone, self._at = staff, chance, zone, at

    def expect_lights(self, uow: UnitOfWork, case_id: int) -> None:
        """Let the timers of a case fire when they are due."""
        case = cases.read(uow.conn, case_id)
        for at in (case["alarm_at"], case["paused_until"]) if case else ():
            if at is not None:
                self._at(max(at, uow.now), lambda then: self._fire(then, case_id))

    def _fire(self, uow: UnitOfWork, case_id: int) -> None:
        if not timers.fire(uow, case_id):
            return
        self.expect_lights(uow, case_id)
        case = cases.read(uow.conn, case_id)
        if case and case["alarm"] == "red" and self._chance.random() * 100 < _SUPERVISED:
            later = rhythm.answered(self._chance, "close", uow.now, self._zone)
            remark = {"remark": self._chance.choice(problems.SUPERVISED)}
            self._at(later, lambda then: self._supervise(then, case_id, remark))

    def _supervise(self, uow: UnitOfWork, case_id: int, remark: Mapping[str, Any]) -> None:
        self._act(uow, case_id, "supervise", "supervisor", remark)

    def draw(self, uow: UnitOfWork, item: Mapping[str, Any], *, stays: bool) -> None:
        """Let the handlers of a work item ask for something, or not."""
        for name, share in (_ASKED_OF_WAITING if stays else _ASKED).items():
            if self._chance.random() * 100 < share:
                self._plan(uow, item, name)
                return

    def _plan(self, uow: UnitOfWork, item: Mapping[str, Any], name: str) -> None:
        values: dict[str, Any] = {"reason": self._chance.choice(problems.ASKED[name])}
        if name == "request_suspension":
            values["days"] = self._chance.choice((15, 30, 60, 90))
        # Work that is done again may be overdue from its beginning: then they ask at once.
        left = max(item["due_at"] - uow.now, timedelta())
        when = uow.now + left * self._chance.uniform(0.2, 0.9)
        asked = rhythm.at_work(self._chance, when, self._zone)
        self._at(asked, lambda then: self._ask(then, item["case_id"], name, values))

    def _ask(self, uow: UnitOfWork, case_id: int, name: str, values: Mapping[str, Any]) -> None:
        if self._act(uow, case_id, name, "handler", values):
            later = uow.now + timedelta(minutes=self._chance.uniform(10, 100))
            self._at(
                rhythm.at_work(self._chance, later, self._zone), lambda then: self._decide(then, case_id)
            )

    def _decide(self, uow: UnitOfWork, case_id: int) -> None:
        """The shift leader decides on the request, if the case still waits for that."""
        for item in work_items.open_of_case(uow.conn, case_id):
            leader = self._staff.choose(self._chance, item["role"], item["unit_id"])
            if item["element_id"] != "decide_request" or leader is None:
                continue
            case = cases.read(uow.conn, case_id)
            # The clock of work that was done meanwhile stands: there is nothing left to grant.
            stands = case is None or case["pause"] is not None
            granted = self._chance.random() * 100 < _GRANTED and not stands
            refused = {"decision": "refuse", "reason": self._chance.choice(problems.NOT_GRANTED)}
            work.complete(uow, item["id"], leader, {"decision": "approve"} if granted else refused)
            self.expect_lights(uow, case_id)

    def _act(self, uow: UnitOfWork, case_id: int, name: str, role: str, values: Mapping[str, Any]) -> bool:
        """Take an action, if the case is one of which it can be taken now."""
        case = instances.of_case(uow.conn, case_id)
        actor = self._actor(case, role)
        if (
            case is None
            or actor is None
            or name not in {one.name for one in actions.available(uow, case, actor)}
        ):
            return False
        if name.startswith("request_") and (case["pause"] or case["extensions"] or case["suspensions"]):
            return False
        actions.act(uow, case_id, name, actor, values)
        return True

    def _actor(self, case: Mapping[str, Any] | None, role: str) -> Actor | None:
        if case is None:
            return None
        unit_id = case["unit_id"] if role == "handler" else case["platform_id"]
        return self._staff.choose(self._chance, role, unit_id) if unit_id else None
