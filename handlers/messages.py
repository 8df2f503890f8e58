"""Messages of foreign programs: checked against the city's own data, and taken in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import senders
from engine.errors import Invalid
from engine.messages import Message
from engine.senders import Incoming
from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.checks import unknown_category


def receive(uow: UnitOfWork, sender: Mapping[str, Any], message_id: str, incoming: Incoming) -> bool:
    """Take a message of a sender in; False if it came before.

    Raises:
        Forbidden: the sender may not send messages of this name.
        Invalid: with a message for each field that does not fit.
    """
    letter = senders.letter(uow, sender, message_id, incoming)
    report = senders.opening(uow, letter)
    if report is not None and not city.catalogue(uow).get(report.scheme, report.kind, report.category):
        unknown = unknown_category(report.scheme, report.kind, report.category)
        raise Invalid(Message("The message does not fit: see its fields."), {"data.category": unknown})
    return senders.receive(uow, letter)
