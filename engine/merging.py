"""Merging: two cases about the same problem become one, and two again if that was a mistake.

The reports of the merged case, and so its reporters, join the one that goes on; its process takes the message ``merge`` and ends.
What it was before is kept for a while. Undone, it goes on where it stood, with its work items, their holders and its due dates as
they were: what was promised to those who reported it is not put off by a mistake of the platform.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson

from engine import entitlement
from engine.actors import Actor, may_see
from engine.bpmn import Instance, RunError
from engine.case import Case
from engine.columns import write_columns
from engine.errors import Conflict, Invalid, NotFound
from engine.execution import Execution
from engine.forms import Filled
from engine.housekeeping import chore
from engine.messages import Message
from engine.settings import Settings
from engine.stopping import stopping
from engine.store import cases, instances, merges, reports, work_items
from engine.store.database import Database
from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork

#: The message that a diagram catches where its cases can be merged into others, and the field of its form with the number of the other.
MESSAGE, INTO = "merge", "into"

#: For so long a merge can be undone, while the case that goes on is under way.
UNDONE_WITHIN = timedelta(days=7)


def merge(uow: UnitOfWork, case_id: int, actor: Actor, values: Mapping[str, Any]) -> None:
    """Let the reports of a case join another one of its platform, and end its process by the message ``merge``.

    Args:
        values: of the form of the event; ``into`` is the number of the case that goes on.

    Raises:
        NotFound: no such case that the actor may see.
        Conflict: the process does not wait for the message now, or others were merged into the case.
        Forbidden: the actor's roles do not allow it.
        Invalid: with a message for each field of the form; ``into`` names no case that can go on in its place.
        Stopped: the process does not end with the message.
    """
    row, other = _both(uow, case_id, _wanted(uow, case_id, values.get(INTO)), actor)
    if row["instance_status"] != "running":
        raise Conflict(Message("This cannot be done with the case as it is now."))
    execution = Execution.of(uow, row, actor)
    token = entitlement.event_of(uow, row, execution.instance, MESSAGE, actor)
    form = execution.bundle.forms.get(token.properties.get("form", ""))
    filled = form.fill(values) if form else Filled({INTO: values.get(INTO)}, {}, {})
    write_columns(execution.case, filled.case)
    into = _fit_to_go_on(uow, row, other, actor)
    _check_free(uow, row, execution)
    kept = {
        "case_id": case_id,
        "instance_id": row["instance_id"],
        "instance_version": row["instance_version"] + 1,
        "state": bytes(row["state"]),
        "stage": row["stage"],
        "items": orjson.dumps([one["id"] for one in work_items.open_of_case(uow.conn, case_id)]).decode(),
        "merged_at": uow.now,
    }
    count = reports.give(uow.conn, case_id, into["id"])
    execution.case.set(merged_into_id=into["id"])
    said = {**filled.all, INTO: into["number"], "reports": count}
    execution.case.record("merged", token.element_id, said)
    with stopping("step", row, task_id=token.task_id, element_id=token.element_id):
        execution.instance.send_message(MESSAGE, filled.variables, token.task_id)
        execution.advance()
        if not execution.instance.ended:
            raise RunError(Message("After the message merge the process must end at once."), token.element_id)
        execution.write()
    merges.keep(uow.conn, kept)
    _record(uow, into, actor, "took_in", row, count)


def undo(uow: UnitOfWork, case_id: int, actor: Actor) -> None:
    """Give a merged case its reports back, and let it go on where it stood.

    Raises:
        NotFound: no such case that the actor may see.
        Conflict: it was not merged, or too long ago, or the case that it was merged into has ended.
        Forbidden: the actor's roles would not have allowed the merge.
    """
    before = cases.read(uow.conn, case_id)
    row, into = _both(uow, case_id, before["merged_into_id"] if before else None, actor)
    kept = merges.read(uow.conn, case_id)
    if into is None or row["merged_into_id"] != into["id"]:
        raise Conflict(Message("This case was not merged into another one."))
    if not _undoable(uow, row, into, kept):
        raise Conflict(
            Message(
                "The merge cannot be undone any more: that takes a case %(number)s under way, and at most %(days)d days.",
                number=into["number"],
                days=UNDONE_WITHIN.days,
            )
        )
    assert kept is not None, "what can be undone is kept"
    execution = Execution.of(uow, row, actor)
    instance = Instance.restore(execution.bundle.definitions, bytes(kept["state"]))
    entitlement.event_of(uow, {**row, "stage": kept["stage"]}, instance, MESSAGE, actor)
    work_items.reopen(uow.conn, orjson.loads(kept["items"]))
    execution.stand_again(instance)
    count = reports.take_back(uow.conn, case_id)
    execution.case.set(status="open", stage=kept["stage"], closed_at=None, merged_into_id=None)
    execution.case.record("merge_undone", None, {INTO: into["number"], "reports": count})
    execution.write()
    merges.forget(uow.conn, case_id)
    _record(uow, into, actor, "gave_back", row, count)


def may_undo(uow: UnitOfWork, row: Row, actor: Actor) -> bool:
    """Whether an actor may undo the merge of a case now; `row` is one of `engine.store.instances.of_case`."""
    if row["merged_into_id"] is None:
        return False
    into = cases.read(uow.conn, row["merged_into_id"])
    kept = merges.read(uow.conn, row["id"])
    if into is None or kept is None or not _undoable(uow, row, into, kept):
        return False
    definitions = Execution.of(uow, row, actor).bundle.definitions
    instance = Instance.restore(definitions, bytes(kept["state"]))
    found = entitlement.offered(uow, {**row, "stage": kept["stage"]}, instance, actor)
    return any(name == MESSAGE for name, _ in found)


def _undoable(uow: UnitOfWork, row: Row, into: Row, kept: Row | None) -> bool:
    return (
        kept is not None
        and kept["instance_version"] == row["instance_version"]
        and into["status"] == "open"
        and uow.now <= kept["merged_at"] + UNDONE_WITHIN
    )


def _wanted(uow: UnitOfWork, case_id: int, number: Any) -> int | None:
    """The case of the same platform that is meant by a number; None where there is none."""
    row = cases.read(uow.conn, case_id)
    if row is None or not isinstance(number, str) or len(number) > 40 or "\x00" in number:
        return None
    found = cases.numbered(uow.conn, row["platform_id"], number.strip())
    return found["id"] if found else None


def _both(uow: UnitOfWork, case_id: int, other_id: int | None, actor: Actor) -> tuple[Row, Row | None]:
    """A case and the other one, locked in the order of their identifiers, so that no two commands wait for each other."""
    wanted = sorted({case_id, other_id or case_id})
    locked = {one: instances.of_case(uow.conn, one, lock=True) for one in wanted}
    row = locked[case_id]
    if row is None or not may_see(uow, actor, row):
        raise NotFound(Message("There is no case %(id)s that you may see.", id=case_id))
    return row, locked[other_id] if other_id is not None else None


def _fit_to_go_on(uow: UnitOfWork, row: Row, other: Row | None, actor: Actor) -> Row:
    """The other case, if a case can be merged into it.

    Raises:
        Invalid: names ``into``.
    """
    if other is None or not may_see(uow, actor, other):
        raise _unfit(Message("There is no case with this number at the same platform."))
    if other["id"] == row["id"]:
        raise _unfit(Message("This is the number of the case itself: give that of the other one."))
    if other["merged_into_id"] is not None:
        onwards = cases.read(uow.conn, other["merged_into_id"])
        assert onwards is not None, "no case is ever deleted"
        raise _unfit(
            Message(
                "The case %(number)s was merged itself: merge this one into %(into)s.",
                number=other["number"],
                into=onwards["number"],
            )
        )
    if other["status"] != "open" or other["instance_status"] != "running":
        raise _unfit(Message("The case %(number)s has ended: choose one under way.", number=other["number"]))
    return other


def _check_free(uow: UnitOfWork, row: Row, execution: Execution) -> None:
    """Refuse to merge a case that stands for others, or that could not be put back as it was."""
    others = cases.merged_into(uow.conn, row["id"])
    if others:
        raise Conflict(
            Message(
                "The case %(number)s was merged into this one: merge the other way round, or undo that first.",
                number=others[0]["number"],
            )
        )
    pending = execution.instance.pending_services()
    if pending:
        # Its job would find nobody waiting, and nobody would ask for it again after an undoing.
        raise Conflict(
            Message(
                "The program is at the step %(step)s of this case: merge it when that is done, or see to its incident first.",
                step=pending[0].name or pending[0].element_id,
            )
        )


def _unfit(message: Message) -> Invalid:
    return Invalid(message, {INTO: message})


def _record(uow: UnitOfWork, row: Row, actor: Actor, action: str, merged: Row, count: int) -> None:
    case = Case(uow, row, actor)
    case.record(action, None, {"case": merged["number"], "case_id": merged["id"], "reports": count})
    case.save()


@chore("merges that cannot be undone any more")
def clear_old(database: Database, _settings: Settings) -> int:
    """Forget what cases were before merges that were so long ago that nobody can undo them."""
    with database.unit_of_work() as uow:
        return merges.forget_before(uow.conn, uow.now - UNDONE_WITHIN)
