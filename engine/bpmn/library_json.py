"""The library's own JSON, both ways: the way out to plain SpiffWorkflow, and across its upgrades.

It holds the whole diagram. What only this product knows, the record of visits, travels under a key of its own,
which the library passes over.
"""

import json
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.helpers import DefaultRegistry
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    EventBasedGateway,
    ExclusiveGateway,
    InclusiveGateway,
    ParallelGateway,
)
from SpiffWorkflow.bpmn.specs.event_definitions import (
    CycleTimerEventDefinition,
    DurationTimerEventDefinition,
    MultipleEventDefinition,
    TimeDateEventDefinition,
)
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.spiff.specs import defaults, event_definitions
from SpiffWorkflow.util.task import TaskState

from .borders import Border
from .definitions import ParsedProcess
from .error_routes import Error, Escalation
from .errors import StateError
from .gateways import Decision, EventChoice, Exclusive, Fork, Inclusive
from .messages import Message
from .multi_instance import Loop, Parallel, Sequential
from .service_task import Service
from .signals import Signal
from .timers import Alternatives, Date, Duration, Repetition
from .visits import VisitLog
from .workflow import LiveSubprocess, LiveWorkflow

KEY = "gridcase"

# Our classes under the names of the library's, so that each reads what the other has written.
_STANDS_FOR = {
    Service: defaults.ServiceTask,
    Parallel: defaults.ParallelMultiInstanceTask,
    Sequential: defaults.SequentialMultiInstanceTask,
    Loop: defaults.StandardLoopTask,
    Decision: defaults.BusinessRuleTask,
    Fork: ParallelGateway,
    Exclusive: ExclusiveGateway,
    Inclusive: InclusiveGateway,
    EventChoice: EventBasedGateway,
    Border: BoundaryEvent,
    Message: event_definitions.MessageEventDefinition,
    Signal: event_definitions.SignalEventDefinition,
    Error: event_definitions.ErrorEventDefinition,
    Escalation: event_definitions.EscalationEventDefinition,
    Duration: DurationTimerEventDefinition,
    Date: TimeDateEventDefinition,
    Repetition: CycleTimerEventDefinition,
    Alternatives: MultipleEventDefinition,
    LiveWorkflow: BpmnWorkflow,
    LiveSubprocess: BpmnSubWorkflow,
}


def _serializer(parsed: ParsedProcess, script_engine: Any) -> BpmnWorkflowSerializer:
    return BpmnWorkflowSerializer(_registry(parsed, script_engine))


def _registry(parsed: ParsedProcess, script_engine: Any) -> DefaultRegistry:
    registry = DefaultRegistry()
    for target, converter in SPIFF_CONFIG.items():
        converter(target, registry)
    for ours, theirs in _STANDS_FOR.items():
        made = SPIFF_CONFIG[theirs](ours, registry, theirs.__name__)
        if ours is LiveWorkflow:
            # A fetched workflow gets the shared diagram, not the one in the text.
            made.target_class = lambda *_, **options: LiveWorkflow(
                parsed.spec, parsed.subprocess_specs, parsed.flows, script_engine, **options
            )
    return registry


def comparable(parsed: ParsedProcess, spec: Any) -> dict[str, dict[str, Any]]:
    """The task specs of a process or subprocess by name, as the library writes them: to be compared with another version's."""
    registry = _registry(parsed, None)
    return {name: registry.convert(task_spec) for name, task_spec in spec.task_specs.items()}


def process_id_of(plain: dict[str, Any]) -> str:
    """The process that a text of the library is of. Raises StateError."""
    try:
        return str(plain["spec"]["name"])
    except (KeyError, TypeError):
        raise StateError("this is not the library's JSON of a workflow") from None


def to_json(workflow: LiveWorkflow, parsed: ParsedProcess) -> str:
    """Write a workflow as the stock serializer does."""
    text = _serializer(parsed, workflow.script_engine).serialize_json(workflow)
    plain = json.loads(text)
    plain[KEY] = workflow.log.to_plain()
    return json.dumps(plain, ensure_ascii=False)


def from_json(plain: dict[str, Any], parsed: ParsedProcess, script_engine: Any) -> LiveWorkflow:
    """Read what the stock serializer or `to_json` has written; the visits of a stock text are read off its tasks."""
    serializer = _serializer(parsed, script_engine)
    log = plain.pop(KEY, None)
    try:
        serializer.migrate(plain)
        plain["spec"], plain["subprocess_specs"] = None, {}
        workflow: LiveWorkflow = serializer.from_dict(plain)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise StateError(f"the library's JSON cannot be read with this diagram: {error}") from error
    if log is not None:
        workflow.log = VisitLog.from_plain(log)
    else:
        for part in [workflow, *workflow.subprocesses.values()]:
            for task in part.in_order(TaskState.COMPLETED):
                workflow.note_visit(task)
    return workflow
