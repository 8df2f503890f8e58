"""Events: what the engine cannot do, does otherwise, or would pass over."""

from collections.abc import Iterator

from ..diagram import Bundle, Node, Scope, bpmn, kind_of
from ..finding import Finding
from .report import Rule, on

_BORDER = "Use a boundary event on a subprocess, or a parallel branch that ends in a terminate event."


def _kinds(node: Node) -> list[str]:
    return [kind_of(definition).removesuffix("EventDefinition") for definition in node.definitions]


def unsupported(bundle: Bundle) -> Iterator[Finding]:
    """Event kinds that the engine takes for something else."""
    for node in bundle.nodes():
        for kind in _kinds(node):
            if kind == "link":
                yield on(
                    node,
                    "link-event",
                    "The engine ends the path at a link event.",
                    "Draw a sequence flow instead.",
                )
            elif kind == "compensate":
                message = "The engine does not know compensation; nothing would be undone."
                yield on(node, "compensation", message, "Draw the undoing as tasks behind a boundary event.")
        if node.element.get("isForCompensation") == "true":
            message = "The engine does not know compensation; this never runs."
            yield on(node, "compensation", message, "Draw the undoing as tasks behind a boundary event.")


def thrown(bundle: Bundle) -> Iterator[Finding]:
    """Throwing and end events that do nothing."""
    for node in bundle.nodes():
        kinds = _kinds(node)
        if node.kind == "endEvent" and "signal" in kinds:
            message = "The engine sends nothing at a signal end event."
            yield on(
                node, "signal-end", message, "Throw the signal in an intermediate event before a plain end."
            )
        if node.kind == "intermediateThrowEvent":
            for kind in kinds:
                if kind in {"timer", "conditional", "error", "terminate", "cancel"}:
                    message = f"A {kind} event cannot be thrown here; the engine passes it by."
                    yield on(
                        node, "throw-kind", message, "Draw a catching event, or an end event of that kind."
                    )
        if node.kind == "endEvent" and {"timer", "conditional"} & set(kinds):
            yield on(
                node, "throw-kind", "An end event cannot wait.", "Draw a catching event before a plain end."
            )


def caught(bundle: Bundle) -> Iterator[Finding]:
    """Catching events that catch nothing, or several things."""
    for node in bundle.nodes():
        if node.kind in {"intermediateCatchEvent", "boundaryEvent"} and not node.definitions:
            yield on(
                node,
                "catches-nothing",
                "The event waits for nothing.",
                "Give it a message, a timer or a condition.",
            )
        if len(node.definitions) > 1:
            yield on(
                node, "several-definitions", "The event has several definitions.", "Draw one event for each."
            )


def event_subprocesses(bundle: Bundle) -> Iterator[Finding]:
    """Event subprocesses: begun at once, not interrupting, and left behind in the shared diagram."""
    for scope in bundle.scopes():
        if scope.event_triggered and scope.parent is not None:
            starts = [node for node in scope.nodes if node.kind == "startEvent"]
            kinds = {kind for node in starts for kind in _kinds(node)}
            message = "The engine does not run event subprocesses rightly: it never interrupts for them."
            if "error" in kinds:
                message = "The engine runs an event subprocess with an error start at once, always."
            yield Finding(scope.file, _line(scope), scope.id, "event-subprocess", message, _BORDER)


def _line(scope: Scope) -> int | None:
    line: int | None = getattr(scope.element, "sourceline", None)
    return line


def choices(bundle: Bundle) -> Iterator[Finding]:
    """What stands behind an event-based gateway."""
    for node in bundle.nodes():
        if node.kind != "eventBasedGateway":
            continue
        targets = [node.scope.node(flow.target) for flow in node.outgoing]
        if len(targets) < 2:
            yield on(
                node,
                "event-choice",
                "An event-based gateway needs at least two events.",
                "Add one, or remove the gateway.",
            )
        messages: set[str] = set()
        for target in targets:
            if target is None:
                continue
            if target.kind not in {"intermediateCatchEvent", "receiveTask"}:
                message = f"A {target.kind} stands behind an event-based gateway."
                yield on(target, "event-choice", message, "Put a catching event between them.")
            if len(target.incoming) > 1:
                yield on(
                    target,
                    "event-choice",
                    "A second flow leads to an event of the choice.",
                    "Lead it elsewhere.",
                )
            if "conditional" in _kinds(target):
                yield on(
                    target,
                    "event-choice",
                    "A condition is never looked at here.",
                    "Use a message or a timer.",
                )
            if next(target.element.iter(bpmn("timeCycle")), None) is not None:
                yield on(target, "event-choice", "A cycle never fires here.", "Use a duration or a date.")
            reference = _message_of(target)
            if reference and reference in messages:
                yield on(
                    target, "event-choice", "Two events of the choice wait for the same message.", "Keep one."
                )
            messages.add(reference or "")


def _message_of(node: Node) -> str | None:
    for definition in node.definitions:
        if kind_of(definition) == "messageEventDefinition":
            return definition.get("messageRef")
    return node.element.get("messageRef")


def borders(bundle: Bundle) -> Iterator[Finding]:
    """Boundary events: on what, and whether they interrupt."""
    for node in bundle.nodes():
        if node.kind != "boundaryEvent":
            continue
        host = node.scope.node(node.attached_to)
        if host is None:
            message = f"The boundary event sits on {node.attached_to or 'nothing'!r}, which is not here."
            yield on(node, "border-host", message, "Attach it to an activity of the same process.")
            continue
        if node.incoming:
            yield on(
                node,
                "border-incoming",
                "A flow leads into a boundary event.",
                "Lead it to a gateway behind it.",
            )
        interrupting = node.element.get("cancelActivity", "true") == "true"
        kinds = _kinds(node)
        if "error" in kinds and not interrupting:
            yield on(
                node,
                "border-error",
                "An error always interrupts.",
                "Set it to interrupting, or use an escalation.",
            )
        if "error" in kinds and host.kind in {"userTask", "manualTask", "task", "scriptTask", "receiveTask"}:
            message = f"A {host.kind} never raises an error, so this is never reached."
            yield on(node, "border-error", message, "Attach it to a service task or a subprocess.", "warning")
        if "cancel" in kinds and host.kind != "transaction":
            yield on(
                node, "border-cancel", "Only a transaction can be cancelled.", "Attach it to a transaction."
            )


RULES: tuple[Rule, ...] = (
    unsupported,
    thrown,
    caught,
    event_subprocesses,
    choices,
    borders,
)
