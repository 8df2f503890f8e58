"""Senders: foreign programs that send messages to cases, each by its secret, at its platform, under names given to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from engine.actors import unit_tree
from engine.bpmn import RunError, plain_values
from engine.correlation import report_of
from engine.errors import Forbidden, Invalid, NotFound
from engine.messages import Message
from engine.post import MAX_PAYLOAD, Letter, post
from engine.reports import Report
from engine.store import senders, start_messages
from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork
from engine.webhook_signature import is_signed, new_secret

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_PATTERN = re.compile(r"[^\s*\x00]{1,100}\*?")

#: What an unknown sender is checked against, so that the answer takes as long.
_NOBODYS = new_secret()


@dataclass(frozen=True)
class Signature:
    """The three headers of a webhook, as they came."""

    message_id: str
    timestamp: str
    signatures: str


@dataclass(frozen=True)
class Incoming:
    """What a sender says: to which message, under which key, with which values."""

    name: str
    key: str
    payload: Mapping[str, Any]


def save(uow: UnitOfWork, name: str, platform: str, messages: Sequence[str]) -> str:
    """Add a sender, or give the one of this name a new secret; the secret is told here and never again.

    Args:
        platform: the code of the unit at whose cases, and those below it, its messages are taken.
        messages: the names that it may send; one that ends with ``*`` stands for all that begin so.

    Raises:
        Invalid: names ``name``, ``platform`` or ``messages``.
    """
    errors = {}
    unit = unit_tree(uow).by_code.get(platform)
    if not _NAME.fullmatch(name):
        errors["name"] = Message("Give a name of at most 40 small letters, digits and hyphens.")
    if unit is None or not unit.is_platform:
        errors["platform"] = Message("%(code)s is not the code of a platform.", code=platform[:40])
    if not messages or not all(_PATTERN.fullmatch(one) for one in messages):
        errors["messages"] = Message(
            "Name the messages that it may send, such as hospital.done or hospital.*"
        )
    if errors or unit is None:
        raise Invalid(Message("The sender was not saved: see its fields."), errors)
    secret = new_secret()
    row = {
        "name": name,
        "secret": secret,
        "platform_id": unit.id,
        "messages": sorted(set(messages)),
        "saved_at": uow.now,
        "revoked_at": None,
    }
    senders.save(uow.conn, row)
    return secret


def revoke(uow: UnitOfWork, name: str) -> None:
    """Take no more messages of a sender, and forget its secret.

    Raises:
        NotFound: there is no such sender.
    """
    if not senders.revoke(uow.conn, name, uow.now):
        raise NotFound(Message("There is no sender %(name)s.", name=name[:40]))


def recognise(uow: UnitOfWork, name: str, signature: Signature, body: bytes) -> Row | None:
    """The sender that signed a body; None where it is unknown or revoked, or the signature wrong or too old."""
    found = senders.read(uow.conn, name)
    secret = found["secret"] if found is not None else _NOBODYS
    right = is_signed(secret, signature.message_id, signature.timestamp, signature.signatures, body, uow.now)
    return found if right else None


def letter(uow: UnitOfWork, sender: Row, message_id: str, incoming: Incoming) -> Letter:
    """The message of a sender, checked.

    Raises:
        Forbidden: it may not send messages of this name.
        Invalid: names ``key`` or ``data``.
    """
    if not any(_covers(pattern, incoming.name) for pattern in sender["messages"]):
        raise Forbidden(Message("%(sender)s may not send this message.", sender=sender["name"]))
    errors = {}
    if not incoming.key and start_messages.process_of(uow.conn, incoming.name) is None:
        errors["key"] = Message("Give the key of the case that waits: no case begins with this message.")
    payload = orjson.dumps(incoming.payload)
    if len(payload) > MAX_PAYLOAD:
        errors["data"] = Message("Send at most %(n)s bytes.", n=MAX_PAYLOAD)
    else:
        try:
            plain_values(incoming.payload)
        except RunError as error:
            errors["data"] = Message("These values cannot be kept: %(reason)s.", reason=error.message)
    if errors:
        raise Invalid(Message("The message does not fit: see its fields."), errors)
    return Letter(
        sender=sender["name"],
        message_id=message_id,
        name=incoming.name,
        key=incoming.key,
        payload=payload.decode(),
        platform_id=sender["platform_id"],
    )


def opening(uow: UnitOfWork, sent: Letter) -> Report | None:
    """The report with which a message could open a case; None if no case begins with it.

    Raises:
        Invalid: with a message for each field that does not fit.
    """
    if start_messages.process_of(uow.conn, sent.name) is None:
        return None
    return report_of(uow, vars(sent), orjson.loads(sent.payload))


def receive(uow: UnitOfWork, sent: Letter) -> bool:
    """Take a checked message in; False if it came before."""
    return post(uow, sent)


def _covers(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
