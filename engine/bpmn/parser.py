"""The library's parser with the product's own classes in it."""

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.event_parsers import EventBasedGatewayParser
from SpiffWorkflow.bpmn.parser.task_parsers import ConditionalGatewayParser, GatewayParser
from SpiffWorkflow.bpmn.parser.util import first, full_tag
from SpiffWorkflow.bpmn.specs.defaults import (
    EndEvent,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    StartEvent,
)
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.spiff.parser import event_parsers as events
from SpiffWorkflow.spiff.parser import task_spec as tasks
from SpiffWorkflow.spiff.parser.process import SpiffProcessParser
from SpiffWorkflow.spiff.specs.defaults import (
    CallActivity,
    ManualTask,
    NoneTask,
    ReceiveTask,
    ScriptTask,
    SendTask,
    SubWorkflowTask,
    TransactionSubprocess,
    UserTask,
)

from .borders import Border
from .correlation import CORRELATION, TO
from .error_routes import Error, Escalation
from .gateways import Decision, EventChoice, Exclusive, Fork, Inclusive, rows_variable
from .iso8601 import is_literal
from .messages import Message
from .multi_instance import Loop, Parallel, Sequential
from .process_info import read_properties
from .service_task import Service
from .signals import Signal
from .timers import Alternatives, Date, Duration, Repetition


class _Own(tasks.SpiffTaskParser):  # type: ignore[misc]
    """Tasks whose repetitions are of the product's own classes."""

    STANDARD_LOOP_CLASS = Loop
    PARALLEL_MI_CLASS = Parallel
    SEQUENTIAL_MI_CLASS = Sequential


class _TaskParser(_Own):
    pass


class _UserTaskParser(_Own, tasks.UserTaskParser):  # type: ignore[misc]
    pass


class _ScriptTaskParser(_Own, tasks.ScriptTaskParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        """Take the script as text, with the scripts before and after, which the library forgets here."""
        task = super().create_task()
        extensions = self.parse_extensions()
        task.prescript, task.postscript = extensions.get("preScript"), extensions.get("postScript")
        return task


class _ServiceTaskParser(_Own, tasks.ServiceTaskParser):  # type: ignore[misc]
    pass


class _SubprocessParser(_Own, tasks.SubWorkflowParser):  # type: ignore[misc]
    pass


class _CallParser(_Own, tasks.CallActivityParser):  # type: ignore[misc]
    pass


class _DecisionParser(_Own, tasks.BusinessRuleTaskParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        """The library's task, turned into the product's own class."""
        task = super().create_task()
        task.__class__ = Decision
        task.rows = rows_variable(read_properties(self.node))
        return task


def _name_around(definition: etree._Element) -> str | None:
    """The name of the event that an event definition stands in."""
    event = definition.getparent()
    return event.get("name") if event is not None else None


def _timer_text(element: etree._Element) -> str:
    """A timer's text as an expression: a bare ISO text becomes a literal."""
    text = (element.text or "").strip()
    return repr(text) if is_literal(text) else text


class _EventParser(events.SpiffEventDefinitionParser):  # type: ignore[misc]
    """Events with the product's own definitions."""

    STANDARD_LOOP_CLASS = Loop
    PARALLEL_MI_CLASS = Parallel
    SEQUENTIAL_MI_CLASS = Sequential

    def parse_timer_event(self, event: etree._Element) -> Any:
        """A timer, named by its element's id: two of the same name must not be taken for one."""
        description = self.get_event_description(event)
        for tag, definition in (("timeDate", Date), ("timeDuration", Duration), ("timeCycle", Repetition)):
            element = first(self.xpath(f".//bpmn:{tag}"))
            if element is not None:
                return definition(self.node.get("id"), _timer_text(element), description=description)
        self.raise_validation_exception("The timer says neither when nor how long")
        return None

    def parse_message_event(self, event: etree._Element) -> Message:
        """A message, with its payload expression and variable from the event or, as of old, from the message."""
        reference = event.get("messageRef")
        name = _name_around(event)
        expression, variable = self.parse_message_extensions(event)
        if reference:
            message = self._declared("message", reference)
            name = message.get("name")
            if expression is None and variable is None:
                expression, variable = self.parse_message_extensions(message)
        given = read_properties(self.node)
        return Message(
            name,
            expression=expression,
            message_var=variable,
            correlation=given.get(CORRELATION),
            to=given.get(TO),
        )

    def parse_signal_event(self, event: etree._Element) -> Signal:
        """A signal, with its payload expression and variable."""
        found = super().parse_signal_event(event)
        return Signal(found.name, expression=found.expression, variable=found.variable)

    def parse_error_event(self, event: etree._Element) -> Any:
        """An error, matched by its code."""
        return self._coded(event, "error", Error)

    def parse_escalation_event(self, event: etree._Element) -> Any:
        """An escalation, matched by its code."""
        return self._coded(event, "escalation", Escalation)

    def _coded(self, event: etree._Element, tag: str, definition: Any) -> Any:
        reference = event.get(f"{tag}Ref")
        if not reference:
            return definition(_name_around(event))
        declared = self._declared(tag, reference)
        extensions = self.parse_extensions(declared)
        return definition(
            declared.get("name"),
            expression=extensions.get("payloadExpression"),
            variable=extensions.get("variableName"),
            code=declared.get(f"{tag}Code"),
        )

    def _declared(self, tag: str, reference: str) -> etree._Element:
        root: etree._Element = self.node.getroottree().getroot()
        for element in root.iter(full_tag(tag)):
            if element.get("id") == reference:
                return element
        self.raise_validation_exception(f"There is no {tag} with the id {reference!r}")
        raise AssertionError


class _StartParser(_EventParser, events.SpiffStartEventParser):  # type: ignore[misc]
    pass


class _EndParser(_EventParser, events.SpiffEndEventParser):  # type: ignore[misc]
    pass


class _CatchParser(_EventParser, events.SpiffIntermediateCatchEventParser):  # type: ignore[misc]
    pass


class _ThrowParser(_EventParser, events.SpiffIntermediateThrowEventParser):  # type: ignore[misc]
    pass


class _BoundaryParser(_EventParser, events.SpiffBoundaryEventParser):  # type: ignore[misc]
    pass


class _SendParser(_EventParser, events.SpiffSendTaskParser):  # type: ignore[misc]
    pass


class _ReceiveParser(_EventParser, events.SpiffReceiveTaskParser):  # type: ignore[misc]
    pass


class _EventChoiceParser(EventBasedGatewayParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        """A gateway whose choice keeps its timers apart."""
        return self._create_task(Alternatives())


class _ProcessParser(SpiffProcessParser):  # type: ignore[misc]
    def _index_process_nodes(self) -> None:
        """Only BPMN's own elements: an operation or parameter may have the id of a flow node."""
        super()._index_process_nodes()
        self.nodes_by_id = {node.get("id"): node for node in self.xpath(".//bpmn:*[@id]")}


class DiagramParser(SpiffBpmnParser):  # type: ignore[misc]
    """Parses a bundle into the library's specs, of the product's own classes."""

    PROCESS_PARSER_CLASS = _ProcessParser
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012 - the library's own declaration
        **SpiffBpmnParser.OVERRIDE_PARSER_CLASSES,
        full_tag("task"): (_TaskParser, NoneTask),
        full_tag("userTask"): (_UserTaskParser, UserTask),
        full_tag("manualTask"): (_TaskParser, ManualTask),
        full_tag("scriptTask"): (_ScriptTaskParser, ScriptTask),
        full_tag("serviceTask"): (_ServiceTaskParser, Service),
        full_tag("subProcess"): (_SubprocessParser, SubWorkflowTask),
        full_tag("transaction"): (_SubprocessParser, TransactionSubprocess),
        full_tag("callActivity"): (_CallParser, CallActivity),
        full_tag("businessRuleTask"): (_DecisionParser, Decision),
        full_tag("sendTask"): (_SendParser, SendTask),
        full_tag("receiveTask"): (_ReceiveParser, ReceiveTask),
        full_tag("startEvent"): (_StartParser, StartEvent),
        full_tag("endEvent"): (_EndParser, EndEvent),
        full_tag("intermediateCatchEvent"): (_CatchParser, IntermediateCatchEvent),
        full_tag("intermediateThrowEvent"): (_ThrowParser, IntermediateThrowEvent),
        full_tag("boundaryEvent"): (_BoundaryParser, Border),
        full_tag("exclusiveGateway"): (ConditionalGatewayParser, Exclusive),
        full_tag("inclusiveGateway"): (ConditionalGatewayParser, Inclusive),
        full_tag("parallelGateway"): (GatewayParser, Fork),
        full_tag("eventBasedGateway"): (_EventChoiceParser, EventChoice),
    }
