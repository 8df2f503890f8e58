"""Reroutes: a case that stopped at an incident goes on at another element of its diagram, on somebody's word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import incidents
from engine.actors import Actor
from engine.bpmn import ElementInfo, RerouteRefused
from engine.bundles import bundle_of
from engine.errors import Conflict, Invalid
from engine.execution import Execution
from engine.messages import Message
from engine.stopping import stopping
from engine.store.unit_of_work import UnitOfWork

#: Kinds of elements at which a case never begins anew: events that only happen, and gateways that join.
_NEVER = frozenset({"startEvent", "boundaryEvent", "parallelGateway", "inclusiveGateway"})

_REASONS: Mapping[str, Message] = {
    "unknown": Message("The diagram has no element %(element)s."),
    "kind": Message(
        "A case cannot go on at %(element)s: choose a task, an event on the way or an exclusive gateway."
    ),
    "elsewhere": Message("%(element)s lies in another subprocess than the one where the case stopped."),
    "repeated": Message(
        "The step is one of several of a repeated activity: only the whole activity could go on elsewhere."
    ),
    "parallel": Message(
        "From %(element)s the process comes to other parallel gateways than from where the case stopped, or to another side of them: a join would wait for ever or fire twice, or a branch would begin again."
    ),
    "occupied": Message("The case stands at %(element)s already."),
    "branched": Message("A boundary event of the step has begun a branch of its own, which would be lost."),
}


def destinations(uow: UnitOfWork, incident: Mapping[str, Any]) -> list[ElementInfo]:
    """The elements at which the case of an incident might go on, in the order drawn; whether it can is seen when it is tried."""
    if incident["bundle_hash"] is None:
        return []
    process = bundle_of(uow, incident["bundle_hash"]).process(incident["process_key"])
    return [one for one in process.elements.values() if one.kind not in _NEVER]


def reroute(uow: UnitOfWork, incident_id: int, actor: Actor, to: str, reason: str) -> None:
    """Take the case of an incident from where it stopped, let it go on at an element, and close the incident.

    Variables stay, whatever waited at the step is withdrawn, and a background task that answers later is only logged.

    Args:
        to: the id of the element in the diagram on which the case runs.

    Raises:
        Forbidden, NotFound, Conflict: as `engine.incidents.retry`; Conflict too if the case does not wait there any more.
        Invalid: there is no reason, or the case cannot go on at the element.
        Stopped: the process cannot go on from there either.
    """
    found, row = incidents.take(uow, incident_id, actor, reason)
    if row is None or row["instance_status"] != "running":
        raise Conflict(Message("There is no case under way that could go on elsewhere."))
    execution = Execution.of(uow, row, actor)
    task_id, element_id = _place(execution, found)
    said = {**incidents.said(found, reason), "from": element_id, "to": to}
    execution.case.record("incident_rerouted", element_id, said)
    with stopping("step", row, task_id=task_id, element_id=to):
        try:
            execution.reroute(task_id, to)
        except RerouteRefused as refused:
            message = Message(_REASONS[refused.problem].template, element=to)
            raise Invalid(message, {"to": message}) from refused
        execution.write()
    incidents.close(uow, found, "rerouted", actor, reason)


def _place(execution: Execution, found: Mapping[str, Any]) -> tuple[str, str]:
    """The task and the element from which the case is taken."""
    waiting = [*execution.instance.user_tasks(), *execution.instance.pending_services()]
    if found["task_id"] is not None:
        waiting = [token for token in waiting if token.task_id == found["task_id"]]
    if not waiting:
        raise Conflict(Message("The case does not wait at this step any more: retry closes the incident."))
    if len(waiting) > 1:
        raise Conflict(
            Message("The case waits at several steps, and the incident does not say which one stopped.")
        )
    return waiting[0].task_id, waiting[0].element_id
