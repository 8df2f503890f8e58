"""What the rest of the house may know of a process: its elements, lanes and what a test can cover."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from lxml import etree

from .diagram import Node, Scope, bpmn, kind_of, spiff


@dataclass(frozen=True)
class Retry:
    """What a service task says of its repetitions: how many, and after how many seconds the first; None says nothing."""

    retries: int | None
    backoff_base: int | None


@dataclass(frozen=True)
class ElementInfo:
    """One flow node. `kind` is its BPMN local name; `properties` its spiffworkflow:properties and documentation."""

    id: str
    kind: str
    name: str
    lane: str | None
    properties: Mapping[str, str]
    retry: Retry | None = None


@dataclass(frozen=True)
class ProcessInfo:
    """One process with the elements of its embedded subprocesses.

    `coverable` holds the ids of all flow nodes and sequence flows that execution can visit, `start_messages` the names of
    the messages with which it begins, `calls` the process that each call activity runs. `name_en` is the property of that name
    of the process or of its pool.
    """

    id: str
    name: str
    file: str
    elements: Mapping[str, ElementInfo]
    lanes: tuple[str, ...]
    coverable: frozenset[str]
    start_messages: tuple[str, ...] = ()
    calls: Mapping[str, str] = field(default_factory=dict)
    name_en: str = ""

    @property
    def key_variables(self) -> list[str]:
        """The variables that take the key of the message with which it begins."""
        starts = (one for one in self.elements.values() if one.kind == "startEvent")
        return [one.properties["key_variable"] for one in starts if one.properties.get("key_variable")]


def read_properties(element: etree._Element) -> dict[str, str]:
    """The spiffworkflow:properties of an element by name, and its documentation under that name."""
    properties = {}
    documentation = element.find(bpmn("documentation"))
    if documentation is not None and documentation.text:
        properties["documentation"] = documentation.text.strip()
    holder = element.find(bpmn("extensionElements"))
    if holder is None:
        return properties
    for entry in holder.iterfind(f"{spiff('properties')}/{spiff('property')}"):
        name = entry.get("name")
        if name:
            properties[name] = entry.get("value", "")
    return properties


def read_retry(node: Node) -> Retry | None:
    """The spiffworkflow:retry of a service task, if it has one; the lint has seen to it that its numbers are some."""
    operator = node.extensions.get("serviceTaskOperator")
    element = next(operator.iter(spiff("retry")), None) if operator is not None else None
    if element is None:
        return None
    retries, backoff_base = element.get("retries"), element.get("backoff_base")
    return Retry(
        int(retries) if retries else None,
        int(backoff_base) if backoff_base else None,
    )


def read_lanes(process: Scope) -> tuple[dict[str, str], tuple[str, ...]]:
    """The lane name of each node that a lane lists, and all lane names in the order drawn. Inner lanes win."""
    members: dict[str, str] = {}
    names: list[str] = []
    for lane in process.element.iter(bpmn("lane")):
        name = str(lane.get("name") or lane.get("id", ""))
        names.append(name)
        for reference in lane.iterfind(bpmn("flowNodeRef")):
            members[(reference.text or "").strip()] = name
    return members, tuple(dict.fromkeys(names))


def entries(scope: Scope) -> list[Node]:
    """The nodes at which a scope begins: start events, and event subprocesses."""
    return [
        node
        for node in scope.nodes
        if node.kind == "startEvent" or node.element.get("triggeredByEvent") == "true"
    ]


def reachable(scope: Scope) -> frozenset[str]:
    """The ids of the nodes and flows of one scope that a token can reach, those below it not included."""
    by_id = {node.id: node for node in scope.nodes}
    boundaries: dict[str, list[Node]] = {}
    for node in scope.nodes:
        if node.kind == "boundaryEvent" and node.attached_to:
            boundaries.setdefault(node.attached_to, []).append(node)
    seen: set[str] = set()
    pending = entries(scope)
    while pending:
        node = pending.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        pending.extend(boundaries.get(node.id, []))
        for flow in node.outgoing:
            seen.add(flow.id)
            if flow.target in by_id:
                pending.append(by_id[flow.target])
    return frozenset(seen)


def _coverable(scope: Scope) -> frozenset[str]:
    here = reachable(scope)
    below = (_coverable(child) for child in scope.children if child.id in here)
    return here.union(*below)


def _lane(node: Node, members: Mapping[str, str]) -> str | None:
    if node.id in members:
        return members[node.id]
    if node.attached_to:
        host = node.scope.node(node.attached_to)
        return _lane(host, members) if host is not None else None
    scope = node.scope
    while scope.parent is not None:
        if scope.id in members:
            return members[scope.id]
        scope = scope.parent
    return None


def read_process(process: Scope) -> ProcessInfo:
    """Describe one process."""
    members, lanes = read_lanes(process)
    elements = {
        node.id: ElementInfo(
            node.id,
            kind_of(node.element),
            node.name,
            _lane(node, members),
            MappingProxyType(read_properties(node.element)),
            read_retry(node),
        )
        for scope in process.walk()
        for node in scope.nodes
    }
    return ProcessInfo(
        process.id,
        process.name,
        process.file,
        MappingProxyType(elements),
        lanes,
        _coverable(process) - {""},
        tuple(_start_messages(process)),
        MappingProxyType(_calls(process)),
        _name_en(process),
    )


def _calls(process: Scope) -> dict[str, str]:
    nodes = [node for scope in process.walk() for node in scope.nodes if node.kind == "callActivity"]
    return {node.id: node.element.get("calledElement", "") for node in nodes}


def _name_en(process: Scope) -> str:
    pools = process.element.getroottree().getroot().iter(bpmn("participant"))
    drawn = [process.element, *(one for one in pools if one.get("processRef") == process.id)]
    return next((name for one in drawn if (name := read_properties(one).get("name_en"))), "")


def _start_messages(process: Scope) -> Iterator[str]:
    messages = process.element.getroottree().getroot().iterfind(bpmn("message"))
    names = {element.get("id"): element.get("name", "") for element in messages}
    for node in process.nodes:
        for definition in node.definitions if node.kind == "startEvent" else ():
            if kind_of(definition) == "messageEventDefinition":
                yield names.get(definition.get("messageRef"), node.name)
