"""What one element says about another: messages, errors, called processes and decisions."""

from collections.abc import Iterator

from ..diagram import Bundle, Document, Node, bpmn, kind_of
from ..finding import Finding
from .report import Rule, at, on, within

_DECLARED = ("message", "error", "signal", "escalation")


def _document(bundle: Bundle, node: Node) -> Document:
    return next(document for document in bundle.documents if document.file == node.scope.file)


def _ids(document: Document, tag: str) -> set[str]:
    return {element.get("id", "") for element in document.root.iter(bpmn(tag))}


def declared(bundle: Bundle) -> Iterator[Finding]:
    """messageRef, errorRef, signalRef and escalationRef point at something declared in the file."""
    for node in bundle.nodes():
        document = _document(bundle, node)
        for element in (node.element, *node.definitions):
            for tag in _DECLARED:
                reference = element.get(f"{tag}Ref")
                if reference is not None and reference not in _ids(document, tag):
                    message = f"The {tag} {reference!r} is not declared in this file."
                    yield within(
                        node, element, f"unknown-{tag}", message, f"Choose a declared {tag}, or declare it."
                    )


def unnamed(bundle: Bundle) -> Iterator[Finding]:
    """A message or signal is known by its name, an error or escalation by its code."""
    for document in bundle.diagrams():
        for tag, mark in (
            ("message", "name"),
            ("signal", "name"),
            ("error", "errorCode"),
            ("escalation", "escalationCode"),
        ):
            for element in document.root.iterfind(bpmn(tag)):
                if not element.get(mark):
                    remedy = f"Give it a {mark}."
                    yield at(document.file, element, f"unnamed-{tag}", f"A {tag} has no {mark}.", remedy)
    for node in bundle.nodes():
        for definition in node.definitions:
            tag = kind_of(definition).removesuffix("EventDefinition")
            if tag in {"message", "signal"} and not definition.get(f"{tag}Ref") and not node.name:
                yield within(
                    node, definition, f"unnamed-{tag}", f"The event names no {tag}.", f"Choose a {tag}."
                )


def message_tasks(bundle: Bundle) -> Iterator[Finding]:
    """Send and receive tasks without a message do nothing."""
    for node in bundle.nodes():
        if (
            node.kind in {"sendTask", "receiveTask"}
            and not node.element.get("messageRef")
            and not node.definitions
        ):
            yield on(
                node, "no-message", f"The {node.kind} has no message and does nothing.", "Choose a message."
            )


def calls(bundle: Bundle) -> Iterator[Finding]:
    """Call activities call an executable process of the bundle, and never themselves in a circle."""
    processes = {process.id: process for process in bundle.processes}
    called: dict[str, set[str]] = {process.id: set() for process in bundle.processes}
    for process in bundle.processes:
        for scope in process.walk():
            called[process.id].update(
                node.element.get("calledElement", "") for node in scope.nodes if node.kind == "callActivity"
            )
    for process in bundle.processes:
        for node in (node for scope in process.walk() for node in scope.nodes if node.kind == "callActivity"):
            target = node.element.get("calledElement")
            if not target or target not in processes:
                message = f"The call activity calls {target or 'nothing'!r}, which is not in this bundle."
                yield on(node, "unknown-process", message, f"Call one of: {', '.join(sorted(processes))}.")
            elif not processes[target].executable:
                yield on(
                    node,
                    "unknown-process",
                    f"{target!r} is not executable.",
                    'Set isExecutable="true" there.',
                )
            elif _reaches(called, target, process.id):
                yield on(
                    node,
                    "calls-itself",
                    f"{process.id!r} calls itself by way of {target!r}.",
                    "Draw a loop instead.",
                )


def _reaches(called: dict[str, set[str]], start: str, goal: str) -> bool:
    seen: set[str] = set()
    pending = [start]
    while pending:
        current = pending.pop()
        if current == goal:
            return True
        if current not in seen:
            seen.add(current)
            pending.extend(called.get(current, ()))
    return False


def decisions(bundle: Bundle) -> Iterator[Finding]:
    """Business rule tasks name a decision of the bundle."""
    known = {
        element.get("id", "")
        for document in bundle.decisions()
        for element in document.root
        if kind_of(element) == "decision"
    }
    for node in bundle.nodes():
        if node.kind != "businessRuleTask":
            continue
        element = node.extensions.get("calledDecisionId")
        decision = (element.text or "").strip() if element is not None else ""
        if decision not in known:
            message = f"The task asks the decision {decision or 'nothing'!r}, which is not in this bundle."
            yield on(
                node,
                "unknown-decision",
                message,
                f"Name one of: {', '.join(sorted(known)) or 'none is there'}.",
            )


def data_stores(bundle: Bundle) -> Iterator[Finding]:
    """Data stores have no implementation."""
    for document in bundle.diagrams():
        for tag in ("dataStore", "dataStoreReference"):
            for element in document.root.iter(bpmn(tag)):
                message = "The engine knows no data stores."
                yield at(
                    document.file,
                    element,
                    "data-store",
                    message,
                    "Remove it; read and write by service tasks.",
                )


RULES: tuple[Rule, ...] = (
    declared,
    unnamed,
    message_tasks,
    calls,
    decisions,
    data_stores,
)
