"""Correlation: a message goes to the one who waits under its name and key, or begins a case, or waits in the inbox.

Whoever waited the longest takes it. It is taken in the transaction in which the case goes on, so that it counts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import structlog

from engine import job_queue
from engine.actors import SYSTEM, unit_tree
from engine.bpmn import Subscription
from engine.errors import Conflict, Invalid, Stopped
from engine.execution import Execution
from engine.housekeeping import chore
from engine.messages import Message
from engine.reports import MAX_ADDRESS, MAX_DESCRIPTION, Beginning, Report, open_case
from engine.settings import Settings
from engine.stopping import incident_row, stopping
from engine.store import cases, instances, message_inbox, start_messages, subscriptions
from engine.store.database import Database
from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork

logger = structlog.get_logger()

PORTION = 1000


def take(database: Database, inbox_id: int) -> None:
    """Let a message of the inbox be taken, if somebody waits for it or a case begins with it.

    Raises:
        Conflict: somebody else moved the case; it may succeed a moment later.
    """
    try:
        with database.unit_of_work() as uow:
            deliver(uow, inbox_id)
    except Stopped as stop:
        logger.warning("the process cannot go on with a message", message=inbox_id, error=str(stop))


def deliver(uow: UnitOfWork, inbox_id: int) -> None:
    """Give a message of the inbox to whoever waits for it; see `take`.

    Raises:
        Stopped: the process cannot go on with it, or not begin.
        Conflict: somebody else moved the case.
    """
    letter = message_inbox.read(uow.conn, inbox_id)
    if letter is None or letter["expires_at"] <= uow.now:
        return
    if letter["taken_at"] is not None:
        _call_next(uow, letter)
        return
    found = subscriptions.longest_waiting(uow.conn, letter["name"], letter["key"], _platforms(uow, letter))
    try:
        if found is not None:
            _hand(uow, letter, found)
        elif (process_key := start_messages.process_of(uow.conn, letter["name"])) is not None:
            _begin(uow, letter, process_key)
    except Stopped as stop:
        stop.incident |= {
            "subject": f"message:{inbox_id}",
            "kind": "message",
            "request": job_queue.to_text(job_queue.message_job(inbox_id)),
        }
        raise


def _platforms(uow: UnitOfWork, letter: Row) -> list[int] | None:
    """At whose cases a message may arrive: a foreign sender's at its platform and below, a case's everywhere."""
    if letter["from_case_id"] is not None or letter["platform_id"] is None:
        return None
    return sorted(unit_tree(uow).below(letter["platform_id"]))


def _hand(uow: UnitOfWork, letter: Row, found: Row) -> None:
    row = instances.of_case(uow.conn, found["case_id"], lock=True)
    assert row is not None, "no case is ever deleted"
    if not message_inbox.take(uow.conn, letter["id"], uow.now, row["id"]):
        return
    wanted = Subscription(found["task_id"], "message", letter["name"], letter["key"])
    hand_over(Execution.of(uow, row, SYSTEM), row, wanted, orjson.loads(letter["payload"]), _said(letter))
    _call_next(uow, letter)


def _call_next(uow: UnitOfWork, letter: Row) -> None:
    """Several may wait under the address of a message, and several may have come early: who is left over meets the next one."""
    kept = message_inbox.kept_for(uow.conn, [(letter["name"], letter["key"])], uow.now)
    if kept and subscriptions.longest_waiting(uow.conn, letter["name"], letter["key"], None) is not None:
        job_queue.put(uow, [job_queue.message_job(one) for one in kept])


def hand_over(
    execution: Execution, row: Row, wanted: Subscription, payload: Any, said: Mapping[str, Any]
) -> None:
    """Give a task of a locked case what it waits for, and run the process until it waits again.

    Raises:
        Stopped: the process cannot go on with it.
        Conflict: it does not wait for that any more.
    """
    found = next((one for one in execution.instance.subscriptions() if one == wanted), wanted)
    at = found.element_id or None
    with stopping(wanted.kind, row, task_id=wanted.task_id, element_id=at):
        execution.case.record(wanted.kind, at, {wanted.kind: wanted.name, **said})
        if row["instance_status"] != "running" or not execution.instance.hand(wanted, payload):
            raise Conflict(Message("Somebody else moved this case a moment ago: look at it again."))
        execution.advance()
        execution.write()


def _said(letter: Row) -> dict[str, Any]:
    """What the log says of a message besides its name."""
    source = {"case": letter["from_case_id"]} if letter["from_case_id"] else {"sender": letter["sender"]}
    return {"key": letter["key"], **source}


def _begin(uow: UnitOfWork, letter: Row, process_key: str) -> None:
    if not message_inbox.take(uow.conn, letter["id"], uow.now, None):
        return
    payload = orjson.loads(letter["payload"])
    beginning = Beginning(letter["name"], letter["key"], payload, _said(letter))
    try:
        opened = open_case(uow, report_of(uow, letter, payload), SYSTEM, process_key, beginning)
    except Invalid as error:
        row = {
            "id": None,
            "platform_id": letter["platform_id"],
            "process_key": process_key,
        }
        raise Stopped(error.args[0], incident_row("message", row, error, None, None)) from error
    message_inbox.give_to(uow.conn, letter["id"], opened.id)


def report_of(uow: UnitOfWork, letter: Mapping[str, Any], payload: Any) -> Report:
    """The report with which a message opens a case: that of the case that sent it, or what its payload says.

    Raises:
        Invalid: with a message for each field of the payload that does not fit.
    """
    key = f"message:{letter['sender']}:{letter['message_id']}"
    if letter["from_case_id"] is None:
        assert letter["platform_id"] is not None, "a sender has a platform"
        return _of_payload(letter["platform_id"], key, payload)
    case = cases.read(uow.conn, letter["from_case_id"])
    assert case is not None, "no case is ever deleted"
    same = ("scheme", "kind", "category", "condition_no", "description", "address", "lon", "lat", "priority")
    place = ("district_code", "street_code", "community_code", "grid_code")
    return Report(
        platform_id=letter["platform_id"] or case["platform_id"],
        channel="exchange",
        submission_key=key,
        place={name: case[name] for name in place},
        **{name: case[name] for name in same},
    )


#: What the payload of a foreign message that opens a case must say, and of which type.
_NEEDED: Mapping[str, tuple[type, ...]] = {
    "kind": (str,),
    "category": (str,),
    "description": (str,),
    "lon": (int, float),
    "lat": (int, float),
}


def _of_payload(platform_id: int, key: str, payload: Any) -> Report:
    given = payload if isinstance(payload, dict) else {}
    wrong = {}
    for name, types in _NEEDED.items():
        if not isinstance(given.get(name), types) or isinstance(given.get(name), bool):
            wrong[f"data.{name}"] = Message("Fill this in.")
    for name, most in (("description", MAX_DESCRIPTION), ("address", MAX_ADDRESS), ("scheme", 60)):
        text = given.get(name, "")
        if not isinstance(text, str) or len(text) > most or "\x00" in text:
            wrong.setdefault(f"data.{name}", Message("Write at most %(n)s characters.", n=most))
    for name, limit in (("lon", 180), ("lat", 90)):
        # A comparison with NaN is false.
        if f"data.{name}" not in wrong and not abs(given[name]) <= limit:
            wrong[f"data.{name}"] = Message("Give decimal degrees from -%(limit)d to %(limit)d.", limit=limit)
    if wrong:
        raise Invalid(Message("A case begins with this message, and its data are not complete."), wrong)
    return Report(
        platform_id=platform_id,
        channel="exchange",
        scheme=given.get("scheme") or "gb30428",
        kind=given["kind"],
        category=given["category"],
        description=given["description"],
        address=given.get("address", ""),
        lon=float(given["lon"]),
        lat=float(given["lat"]),
        submission_key=key,
    )


@chore("messages whose time is over")
def remove_expired(database: Database, _settings: Settings) -> int:
    """Remove what the inbox kept for its time; gives how many messages went."""
    removed = 0
    while True:
        with database.unit_of_work() as uow:
            gone, untaken = message_inbox.remove_expired(uow.conn, uow.now, PORTION)
        removed += gone
        if untaken:
            logger.warning("messages that nobody took are given up", messages=untaken)
        if gone < PORTION:
            return removed
