"""Work items: claimed, released, handed on and completed; whoever comes second is told who was first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.actors import Actor, unit_tree
from engine.bpmn import ElementInfo
from engine.case import Case
from engine.columns import write_columns
from engine.errors import Conflict, Invalid, NotFound
from engine.execution import Completion, Execution
from engine.forms import Filled
from engine.messages import Message
from engine.reports import keep_photos
from engine.stopping import stopping
from engine.store import people, work_items
from engine.store.unit_of_work import UnitOfWork

MAX_NOTE = 500


def read(uow: UnitOfWork, item_id: int, actor: Actor) -> Mapping[str, Any]:
    """A work item that was offered to the actor or is held by them.

    Raises:
        NotFound: there is none, or none of theirs.
    """
    row = work_items.read(uow.conn, item_id)
    if row is None or not _entitled(actor, row["role"], row["unit_id"], row["assignee_id"]):
        raise NotFound(Message("There is no work item %(id)s that you may see.", id=item_id))
    return row


def claim(uow: UnitOfWork, item_id: int, actor: Actor) -> None:
    """Take an offered work item; taking one's own again changes nothing.

    Raises:
        NotFound: no such work item that the actor may see.
        Conflict: somebody else has it, or it is done.
    """
    row = _locked(uow, item_id, actor)
    if row["item_assignee_id"] == actor.person_id:
        return
    if row["item_assignee_id"] is not None:
        raise _taken(row)
    _assign(uow, row, actor, actor.person_id, "claimed", {})


def release(uow: UnitOfWork, item_id: int, actor: Actor) -> None:
    """Give a claimed work item back to its group.

    Raises:
        NotFound, Conflict: as `claim`.
        Forbidden: somebody else has it, and the actor does not lead the group.
    """
    row = _locked(uow, item_id, actor)
    if row["item_assignee_id"] is None:
        return
    if row["item_assignee_id"] != actor.person_id and not _leads(uow, actor, row):
        raise _taken(row)
    _assign(uow, row, actor, None, "released", {})


def hand_on(uow: UnitOfWork, item_id: int, actor: Actor, to_person_id: int, note: str = "") -> None:
    """Hand a work item on to a colleague who holds the same role at the same unit.

    Raises:
        NotFound, Conflict: as `claim`.
        Invalid: the colleague does not hold the role there, or the note is too long.
    """
    row = _locked(uow, item_id, actor)
    if row["item_assignee_id"] not in (None, actor.person_id) and not _leads(uow, actor, row):
        raise _taken(row)
    if len(note) > MAX_NOTE:
        raise Invalid(
            Message("The note is too long."), {"note": Message("Write at most %(n)s characters.", n=MAX_NOTE)}
        )
    if "\x00" in note:
        message = Message("Remove the characters that cannot be shown.")
        raise Invalid(message, {"note": message})
    colleagues = {one["id"]: one for one in people.holders(uow.conn, row["item_role"], row["item_unit_id"])}
    if to_person_id not in colleagues:
        message = Message("Choose a colleague who holds the same role at the same unit.")
        raise Invalid(message, {"to": message})
    data = {"to": to_person_id, "to_name": colleagues[to_person_id]["name"], "note": note}
    _assign(uow, row, actor, to_person_id, "handed_on", data)


def colleagues(uow: UnitOfWork, item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The people to whom a work item can be handed on: ``id``, ``name``, ``login``."""
    return [
        one
        for one in people.holders(uow.conn, item["role"], item["unit_id"])
        if one["id"] != item["assignee_id"]
    ]


def complete(
    uow: UnitOfWork,
    item_id: int,
    actor: Actor,
    values: Mapping[str, Any],
    *,
    version: int | None = None,
    submission_key: str | None = None,
    photos: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Complete a work item with the values of its form, and run the process until it waits again.

    A work item that nobody claimed is taken and completed at once. The same submission sent twice is done once.

    Args:
        version: of the work item as the person saw it; None to complete it in whatever version it is.
        submission_key: the sender's own key of this submission.
        photos: rows of stored photographs to attach.

    Raises:
        NotFound: no such work item that the actor may see.
        Conflict: somebody else has it, it is done, or it changed since the person saw it.
        Invalid: with a message for each field of the form.
        Stopped: the process cannot go on from there.
    """
    row = _locked(uow, item_id, actor, submission_key)
    if row is _DONE_BEFORE:
        return
    if row["item_assignee_id"] not in (None, actor.person_id):
        raise _taken(row)
    if version is not None and version != row["item_version"]:
        raise Conflict(Message("This work item changed since you opened it: look at it again."))
    execution = Execution.of(uow, row, actor)
    if not execution.waits_for(row["item_task_id"]):
        found = _locked(uow, item_id, actor, submission_key)
        if found is _DONE_BEFORE:
            return
        raise _lost(found, actor)
    element = execution.bundle.element(row["process_key"], row["item_element_id"])
    _check_photos(element.properties.get("photos", ""), photos)
    filled = _fill(execution, element, values)
    names = {"photos": [one["sha256"] for one in photos]} if photos else {}
    execution.case.record("completed", element.id, {**names, **filled.all})
    keep_photos(uow, row["id"], photos, actor)
    with stopping("step", row, task_id=row["item_task_id"], element_id=element.id):
        execution.complete(row["item_task_id"], filled.variables)
        execution.write(Completion(item_id, row["item_version"], row["item_task_id"], submission_key))


def _fill(execution: Execution, element: ElementInfo, values: Mapping[str, Any]) -> Filled:
    """Check the values of the form of a step, and write what goes into the case document."""
    form = execution.bundle.form_of(element)
    if form is None:
        if values:
            fields = {name: Message("There is no such field.") for name in values}
            raise Invalid(Message("This step has no form."), fields)
        return Filled({}, {}, {})
    filled = form.fill(values)
    write_columns(execution.case, filled.case)
    return filled


_DONE_BEFORE: Mapping[str, Any] = {}


def _check_photos(rule: str, photos: Sequence[Mapping[str, Any]]) -> None:
    if rule == "required" and not photos:
        message = Message("Add at least one photograph.")
        raise Invalid(message, {"photos": message})
    if not rule and photos:
        message = Message("This step takes no photographs.")
        raise Invalid(message, {"photos": message})


def _locked(
    uow: UnitOfWork, item_id: int, actor: Actor, submission_key: str | None = None
) -> Mapping[str, Any]:
    row = work_items.lock(uow.conn, item_id)
    if row is None or not _entitled(actor, row["item_role"], row["item_unit_id"], row["item_assignee_id"]):
        raise NotFound(Message("There is no work item %(id)s that you may see.", id=item_id))
    if row["item_state"] == "open" and row["instance_status"] == "running":
        return row
    if row["item_state"] == "open":
        # The process ended while this command waited for its lock, and the item is read as it stood before.
        row = work_items.lock(uow.conn, item_id) or row
    return _ended(row, actor, submission_key)


def _ended(row: Mapping[str, Any], actor: Actor, submission_key: str | None) -> Mapping[str, Any]:
    """The answer to somebody who comes after the end of a work item."""
    same = submission_key is not None and row["item_submission_key"] == submission_key
    if same and row["item_ended_by"] == actor.person_id and row["item_state"] == "done":
        return _DONE_BEFORE
    by, at = row["ended_by_name"], row["item_ended_at"]
    if row["item_state"] == "done":
        raise Conflict(Message("%(name)s completed this work item already.", name=by or "system"), by, at)
    raise Conflict(Message("The process took this work item back: the case went on another way."), by, at)


def _lost(row: Mapping[str, Any], actor: Actor) -> Conflict:
    """Who was first, from the item read anew: as it was read before, it may be older than the lock that was waited for."""
    if row["item_assignee_id"] not in (None, actor.person_id):
        return _taken(row)
    return Conflict(Message("Somebody else moved this case a moment ago: look at it again."))


def _taken(row: Mapping[str, Any]) -> Conflict:
    return Conflict(
        Message("%(name)s has this work item.", name=row["assignee_name"]),
        row["assignee_name"],
        row["item_claimed_at"],
    )


def _assign(
    uow: UnitOfWork,
    row: Mapping[str, Any],
    actor: Actor,
    person_id: int | None,
    action: str,
    data: Mapping[str, Any],
) -> None:
    claimed_at = None if person_id is None else uow.now
    values = {"assignee_id": person_id, "claimed_at": claimed_at}
    if not work_items.change(uow.conn, row["item_id"], row["item_version"], values):
        found = _locked(uow, row["item_id"], actor)
        # The same command, sent again while its first sending was under way still.
        if found["item_assignee_id"] == person_id:
            return
        raise _lost(found, actor)
    case = Case(uow, row, actor)
    case.record(action, row["item_element_id"], {**data, "item": row["item_id"]})
    case.save()


def _entitled(actor: Actor, role: str, unit_id: int, assignee_id: int | None) -> bool:
    if actor.person_id is None:
        return False
    return assignee_id == actor.person_id or (role, unit_id) in actor.grants


def _leads(uow: UnitOfWork, actor: Actor, row: Mapping[str, Any]) -> bool:
    """A shift leader or supervisor at the unit or above it may take a work item from one who has it."""
    above = [unit.id for unit in unit_tree(uow).line(row["item_unit_id"])]
    return actor.has("shift_leader", above) or actor.has("supervisor", above)
