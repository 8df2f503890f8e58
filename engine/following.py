"""Following: what becomes of work items that wait while their case goes over to another version of its process.

The due date stays what it was. Title and stage follow the step, and so does the role: whoever had claimed an item that another role is
to do now has it no more. An item with another form gets another version, so that a page opened before is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from engine.actors import roles
from engine.bpmn import Token
from engine.bundles import Bundle
from engine.case import Case
from engine.errors import Conflict
from engine.execution import Execution
from engine.lanes import offer, role_of
from engine.messages import Message
from engine.store import work_items
from engine.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Followed:
    """A work item that follows.

    Attributes:
        item: as it is.
        values: its columns that change; empty where only its form does.
    """

    item: Mapping[str, Any]
    values: Mapping[str, Any]

    @classmethod
    def of(cls, execution: Execution, before: Bundle, tokens: Mapping[str, Token]) -> list[Followed]:
        """The work items of a case that follow it, after its execution went over from a version and its tokens there.

        Raises:
            RunError: no role or unit was found for a step.
        """
        after = {token.task_id: token for token in execution.instance.user_tasks()}
        found = []
        for item in work_items.open_of_case(execution.uow.conn, execution.case.id):
            old, new = tokens.get(item["task_id"]), after.get(item["task_id"])
            if old is None or new is None:
                continue
            values = _changes(execution.case, item, old, new)
            if values or _form(before, old) != _form(execution.bundle, new):
                found.append(cls(item, values))
        return found


def _changes(case: Case, item: Mapping[str, Any], old: Token, new: Token) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "title_zh": new.name,
        "title_en": new.properties.get("name_en") or new.name,
        "stage": new.properties.get("stage") or item["stage"],
    }
    known = roles(case.uow)
    if role_of(known, new) != role_of(known, old):
        to = offer(case, new)
        wanted |= {"role": to.role, "unit_id": to.unit_id, "assignee_id": None, "claimed_at": None}
    if case.stage == item["stage"]:
        case.set(stage=wanted["stage"])
    return {name: value for name, value in wanted.items() if item[name] != value}


def _form(bundle: Bundle, token: Token) -> Any:
    path = token.properties.get("form", "")
    form = bundle.forms.get(path)
    return (form.schema if form else None, token.properties.get("photos", ""))


def follow(uow: UnitOfWork, followed: Sequence[Followed]) -> str:
    """Write what changes; gives what it takes to take it back, as JSON.

    Raises:
        Conflict: somebody else has claimed or released one of the items a moment ago.
    """
    kept = []
    for one in followed:
        item = one.item
        # Writing any column raises the version.
        values = one.values or {"stage": item["stage"]}
        if not work_items.change(uow.conn, item["id"], item["version"], values):
            raise Conflict(Message("Somebody else moved this case a moment ago: look at it again."))
        kept.append({"id": item["id"], "values": {name: item[name] for name in values}})
    return orjson.dumps(kept).decode()


def stage_before(uow: UnitOfWork, case: Case, kept: str) -> None:
    """Give the case the stage again that it had with a work item that followed; call it before the case is written."""
    for one in orjson.loads(kept):
        item = work_items.read(uow.conn, one["id"])
        if (
            item is not None
            and item["state"] == "open"
            and item["stage"] == case.stage
            and "stage" in one["values"]
        ):
            case.set(stage=one["values"]["stage"])
            return


def take_back(uow: UnitOfWork, kept: str) -> None:
    """Give the work items that wait still the columns again that they had before they followed."""
    for one in orjson.loads(kept):
        item = work_items.read(uow.conn, one["id"])
        if item is None or item["state"] != "open":
            continue
        values = dict(one["values"])
        if values.get("claimed_at") is not None:
            values["claimed_at"] = datetime.fromisoformat(values["claimed_at"])
        work_items.change(uow.conn, item["id"], item["version"], values)
