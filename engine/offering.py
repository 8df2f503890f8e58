"""Offering: what a waiting user task of a diagram becomes in the inbox, with the one who is to do it and when it is due."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.bpmn import RunError, Token
from engine.calendars import due
from engine.case import Case
from engine.errors import Invalid
from engine.lanes import offer
from engine.messages import Message

#: A step that names no limit of its own has this one.
DEFAULT_LIMIT = (Decimal(1), "work_day")
#: After this share of a limit it is yellow, where nothing else is said.
YELLOW = Decimal("0.75")


@dataclass(frozen=True)
class _Times:
    """When a work item turns yellow and red, and whether that moves with its case."""

    yellow_at: datetime
    due_at: datetime
    follows_case: bool = False


def work_item(case: Case, token: Token) -> dict[str, Any]:
    """The row of a new work item, without its instance; the case moves to the stage of the step.

    Raises:
        RunError: no role or unit was found for the step, or its limit is no limit.
    """
    to = offer(case, token)
    stage = token.properties.get("stage") or case.stage
    case.set(stage=stage)
    return {
        "case_id": case.id,
        "task_id": token.task_id,
        "element_id": token.element_id,
        "role": to.role,
        "unit_id": to.unit_id,
        "state": "open",
        "version": 1,
        "stage": stage,
        "priority": case.priority,
        "created_at": case.now,
        **_clock(case, _times(case, token, to.unit_id)),
        "urged": case.urged,
        "supervised": case.supervised,
        "title_zh": token.name,
        "title_en": token.properties.get("name_en") or token.name,
        "case_number": case.number,
        "kind": case.kind,
        "category": case.category,
        "address": case.address,
        "grid_code": case.grid_code,
        "channel": case.channel,
    }


def _clock(case: Case, times: _Times) -> dict[str, Any]:
    return {**asdict(times), "paused_at": case.paused_at if times.follows_case else None}


def _times(case: Case, token: Token, unit_id: int) -> _Times:
    named = token.properties.get("limit", "")
    if named == "case" and case.due_at is not None:
        return _Times(case.yellow_at or case.due_at, case.due_at, follows_case=True)
    limit, unit_of_time = DEFAULT_LIMIT
    try:
        share = Decimal(token.properties.get("yellow", YELLOW))
        if named not in ("", "case"):
            limit, unit_of_time = Decimal(named), token.properties.get("unit_of_time", unit_of_time)
        yellow_at, due_at = (due(case.uow, unit_id, part, unit_of_time) for part in (limit * share, limit))
        return _Times(yellow_at, due_at)
    except InvalidOperation as error:
        raise RunError(
            Message("The limit %(limit)s is not a number.", limit=named), token.element_id
        ) from error
    except Invalid as error:
        raise RunError(str(error), token.element_id) from error
