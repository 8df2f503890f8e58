"""Lanes: who does a step. A lane names a role; a rule finds the unit at which the role does this step of this case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.actors import roles
from engine.bpmn import RunError, Token
from engine.case import Case
from engine.messages import Message

#: Gives the identifier of the unit at which a role does a step of a case, or None if it cannot tell.
Rule = Callable[[Case, str], int | None]

_rules: dict[str, Rule] = {}

#: The role of a rule that answers for every role without a rule of its own.
ANY_ROLE = "*"


@dataclass(frozen=True)
class Offer:
    """To whom a work item is offered."""

    role: str
    unit_id: int


def lane_rule(*wanted: str) -> Callable[[Rule], Rule]:
    """Register the rule that finds the unit for some roles (`ANY_ROLE` for all that have none)."""

    def register(rule: Rule) -> Rule:
        for role in wanted:
            if role in _rules:
                raise ValueError(f"the role {role} has two lane rules")
            _rules[role] = rule
        return rule

    return register


def role_of(known: Mapping[str, Mapping[str, Any]], token: Token) -> str | None:
    """The role of a step: the property ``role`` of the element, else the lane, by the role's code or either name."""
    wanted = (token.properties.get("role") or token.lane or "").strip()
    for code, names in known.items():
        if wanted in (code, names["name_zh"], names["name_en"]):
            return code
    return None


def offer(case: Case, token: Token) -> Offer:
    """To whom the work item of a user task goes.

    Raises:
        RunError: the lane names no role, or no unit was found for it.
    """
    role = role_of(roles(case.uow), token)
    if role is None:
        raise RunError(
            Message(
                'The lane "%(lane)s" of "%(name)s" is not the name of a role: rename the lane, or add the role.',
                lane=token.lane or "",
                name=token.name,
            ),
            token.element_id,
        )
    rule = _rules.get(role) or _rules.get(ANY_ROLE)
    unit_id = rule(case, role) if rule else None
    if unit_id is None:
        raise RunError(
            Message(
                'No unit was found at which the role "%(role)s" does "%(name)s".', role=role, name=token.name
            ),
            token.element_id,
        )
    return Offer(role, unit_id)
