"""Actions: what a diagram lets people do with a case at any time, beside the steps that wait in the inbox.

An action is a message that the process waits for. The element that catches it says who may send it (property ``roles``), with
which form (``form``), at which stages of the case (``stages``; at any without it), and its name is what the button says. So a designer adds, removes and restricts actions like any other
step: to void a case, to urge it, to suspend it. The message ``merge`` does more than end the case: see `engine.merging`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import entitlement, merging
from engine.actors import Actor, may_see
from engine.bpmn import Instance
from engine.bundles import bundle_of
from engine.columns import write_columns
from engine.errors import Conflict, NotFound
from engine.execution import Execution
from engine.forms import Form
from engine.messages import Message
from engine.stopping import stopping
from engine.store import instances
from engine.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Action:
    """Something that a person may do with a case now.

    Attributes:
        name: of the message, and so of the action.
        title: in the languages of the UI.
        form: what must be filled in, or None.
    """

    name: str
    title: Mapping[str, str]
    form: Form | None


def available(uow: UnitOfWork, row: Mapping[str, Any], actor: Actor) -> list[Action]:
    """The actions that an actor may take on a case; `row` is one of `engine.store.instances.of_case`."""
    if row["instance_status"] != "running":
        return []
    bundle = bundle_of(uow, row["bundle_hash"])
    instance = Instance.restore(bundle.definitions, bytes(row["state"]))
    found = []
    for name, token in entitlement.offered(uow, row, instance, actor):
        title = {"zh": token.name, "en": token.properties.get("name_en") or token.name}
        found.append(Action(name, title, bundle.forms.get(token.properties.get("form", ""))))
    return found


def act(uow: UnitOfWork, case_id: int, name: str, actor: Actor, values: Mapping[str, Any]) -> None:
    """Take an action on a case, and run the process until it waits again.

    Raises:
        NotFound: no such case that the actor may see.
        Conflict: the process does not wait for this action now.
        Forbidden: the actor's roles do not allow it.
        Invalid: with a message for each field of the form.
        Stopped: the process cannot go on from there.
    """
    if name == merging.MESSAGE:
        merging.merge(uow, case_id, actor, values)
        return
    row = instances.of_case(uow.conn, case_id, lock=True)
    if row is None or not may_see(uow, actor, row):
        raise NotFound(Message("There is no case %(id)s that you may see.", id=case_id))
    execution = Execution.of(uow, row, actor)
    if row["instance_status"] != "running":
        raise Conflict(Message("This cannot be done with the case as it is now."))
    token = entitlement.event_of(uow, row, execution.instance, name, actor)
    form = execution.bundle.forms.get(token.properties.get("form", ""))
    variables: Mapping[str, Any] = {}
    data: Mapping[str, Any] = {}
    if form is not None:
        filled = form.fill(values)
        variables, data = filled.variables, filled.all
        write_columns(execution.case, filled.case)
    execution.case.record("acted", token.element_id, {"action": name, **data})
    with stopping("step", row, task_id=token.task_id, element_id=token.element_id):
        execution.instance.send_message(name, variables, token.task_id)
        execution.advance()
        execution.write()
