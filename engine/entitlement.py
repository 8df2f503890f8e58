"""Entitlement: which of the messages that a process waits for a person may send, by what the diagram says of the event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.actors import Actor, unit_tree
from engine.bpmn import Instance, Token
from engine.errors import Conflict, Forbidden
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork


def offered(
    uow: UnitOfWork, row: Mapping[str, Any], instance: Instance, actor: Actor
) -> Iterator[tuple[str, Token]]:
    """The messages, with their events, that an actor may send to a case now; `row` is the document of the case."""
    for token in instance.messages():
        if token.message and _in_stage(row, token) and _entitled(uow, row, token, actor):
            yield token.message, token


def event_of(uow: UnitOfWork, row: Mapping[str, Any], instance: Instance, name: str, actor: Actor) -> Token:
    """The event at which a case waits for a message that the actor may send.

    Raises:
        Conflict: the process does not wait for it now.
        Forbidden: the actor's roles do not allow it.
    """
    token = next((one for one in instance.messages() if one.message == name), None)
    if token is None or not _in_stage(row, token):
        raise Conflict(Message("This cannot be done with the case as it is now."))
    if not _entitled(uow, row, token, actor):
        raise Forbidden(Message("This needs the role %(roles)s.", roles=token.properties.get("roles", "")))
    return token


def _in_stage(row: Mapping[str, Any], token: Token) -> bool:
    """Whether the case is in a stage at which the action may be taken; without the property ``stages`` it is in any."""
    stages = {stage.strip() for stage in token.properties.get("stages", "").split(",")} - {""}
    return not stages or row["stage"] in stages


def _entitled(uow: UnitOfWork, row: Mapping[str, Any], token: Token, actor: Actor) -> bool:
    roles = {role.strip() for role in token.properties.get("roles", "").split(",")} - {""}
    tree = unit_tree(uow)
    units = {unit.id for unit in tree.line(row["platform_id"])}
    if row["unit_id"] is not None:
        units |= {row["unit_id"]}
    return any(actor.has(role, units) for role in roles)
