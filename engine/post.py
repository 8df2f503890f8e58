"""The post: what a step sends to other cases, and for what its case waits from outside, written with the step."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from procrastinate.jobs import Job

from engine import job_queue
from engine.actors import unit_tree
from engine.bpmn import RunError, Sent, Subscription
from engine.case import Case
from engine.messages import Message
from engine.store import message_inbox, subscriptions
from engine.store.unit_of_work import UnitOfWork

#: For so long a message waits to be taken, and is known again if it comes a second time.
KEPT_FOR = timedelta(days=30)

#: Of a payload, as JSON.
MAX_PAYLOAD = 64 * 1024


@dataclass(frozen=True)
class Letter:
    """A message on its way.

    Attributes:
        sender: the name of a foreign program; empty for a case of this installation.
        message_id: the sender's own: what comes again under it is the same message.
        key: under which somebody waits for it; empty for one that only begins a case.
        payload: JSON.
        platform_id: of a sender, where and below which its messages are taken; of a case, where one is opened.
        from_case_id: that sent it.
    """

    sender: str
    message_id: str
    name: str
    key: str
    payload: str
    platform_id: int | None
    from_case_id: int | None = None


def keep(uow: UnitOfWork, letter: Letter) -> int | None:
    """Put a message into the inbox; its identifier there, or None if it came before. Its address must be held."""
    expires_at = uow.now + KEPT_FOR
    return message_inbox.add(uow.conn, {**vars(letter), "received_at": uow.now, "expires_at": expires_at})


def post(uow: UnitOfWork, letter: Letter) -> bool:
    """Put a message into the inbox, and have it taken; False if it came before."""
    message_inbox.hold(uow.conn, [(letter.name, letter.key)])
    inbox_id = keep(uow, letter)
    if inbox_id is not None:
        job_queue.put(uow, [job_queue.message_job(inbox_id)])
    return inbox_id is not None


def write(
    case: Case,
    instance_id: int,
    before: Collection[Subscription],
    after: Collection[Subscription],
    sent: Sequence[Sent],
) -> None:
    """Write what a step changed in what its case waits for, and what it sends; nothing for a step that does neither.

    Raises:
        RunError: a message goes to no platform, or its payload is too large.
    """
    changed = {one.task_id for one in set(before) ^ set(after)}
    if not changed and not sent:
        return
    uow = case.uow
    letters = [_letter(case, one) for one in sent if one.kind == "message"]
    awaited = [(one.name, one.key) for one in after if one.task_id in changed and one.kind == "message"]
    addresses = [*awaited, *((letter.name, letter.key) for letter in letters)]
    if addresses:
        message_inbox.hold(uow.conn, addresses)
    _subscribe(case, instance_id, changed, {one.task_id for one in before}, after)
    kept = (keep(uow, letter) for letter in letters)
    found = {one for one in kept if one is not None}
    if awaited:
        found.update(message_inbox.kept_for(uow.conn, awaited, uow.now))
    jobs = [job_queue.message_job(one) for one in sorted(found)]
    jobs += [_signal(case, one) for one in sent if one.kind == "signal"]
    if jobs:
        job_queue.put(uow, jobs)
    for one in sent:
        case.record("sent", one.element_id, {one.kind: one.name} | ({"key": one.key} if one.key else {}))


def _subscribe(
    case: Case, instance_id: int, changed: set[str], known: set[str], after: Collection[Subscription]
) -> None:
    gone = sorted(changed & known)
    if gone:
        subscriptions.remove(case.uow.conn, instance_id, gone)
    new: list[Mapping[str, Any]] = [
        {**vars(one), "instance_id": instance_id, "case_id": case.id, "since": case.now}
        for one in after
        if one.task_id in changed
    ]
    if new:
        subscriptions.add(case.uow.conn, new)


def _letter(case: Case, sent: Sent) -> Letter:
    platform_id = None
    if sent.to is not None:
        unit = unit_tree(case.uow).by_code.get(sent.to)
        if unit is None or not unit.is_platform:
            message = Message("%(code)s is not the code of a platform.", code=sent.to[:40])
            raise RunError(message, sent.element_id)
        platform_id = unit.id
    assert sent.key is not None, "a message leaves its case only with a key"
    payload = _text(sent)
    return Letter("", sent.task_id, sent.name, sent.key, payload, platform_id, case.id)


def _signal(case: Case, sent: Sent) -> Job:
    before = subscriptions.count(case.uow.conn)
    return job_queue.spread_job(name=sent.name, payload=_text(sent), case_id=case.id, after=0, before=before)


def _text(sent: Sent) -> str:
    text = orjson.dumps(sent.payload)
    if len(text) > MAX_PAYLOAD:
        raise RunError(Message("The payload is larger than %(n)s bytes.", n=MAX_PAYLOAD), sent.element_id)
    return text.decode()
