"""The bundle as it was drawn: files, scopes, flow nodes and sequence flows with their lines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from .finding import DiagramError, Finding
from .source import read_xml

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
BPMN_SUFFIXES = (".bpmn", ".bpmn20.xml")
DMN_SUFFIXES = (".dmn",)

TASKS = frozenset(
    "task userTask manualTask scriptTask serviceTask sendTask receiveTask businessRuleTask callActivity".split()
)
SCOPES = frozenset("subProcess transaction adHocSubProcess".split())
GATEWAYS = frozenset(
    "exclusiveGateway parallelGateway inclusiveGateway eventBasedGateway complexGateway".split()
)
EVENTS = frozenset("startEvent endEvent intermediateCatchEvent intermediateThrowEvent boundaryEvent".split())
FLOW_NODES = (
    TASKS
    | SCOPES
    | GATEWAYS
    | EVENTS
    | frozenset({"subChoreography", "choreographyTask", "callChoreography"})
)


def bpmn(tag: str) -> str:
    """The tag in the BPMN namespace, as lxml writes it."""
    return f"{{{BPMN}}}{tag}"


def spiff(tag: str) -> str:
    """The tag in the namespace of the spiffworkflow extensions."""
    return f"{{{SPIFF}}}{tag}"


def kind_of(element: etree._Element) -> str:
    """The local name of an element, without its namespace."""
    return etree.QName(element).localname


def line_of(element: etree._Element) -> int | None:
    """The line on which an element begins."""
    line: int | None = getattr(element, "sourceline", None)
    return line


@dataclass(eq=False)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    condition: str | None
    element: etree._Element


@dataclass(eq=False)
class Node:
    """A flow node: task, event, gateway or subprocess."""

    id: str
    kind: str
    name: str
    element: etree._Element
    scope: "Scope"
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)

    def child(self, tag: str) -> etree._Element | None:
        """Its first direct child with that BPMN tag."""
        return self.element.find(bpmn(tag))

    @property
    def attached_to(self) -> str | None:
        """The activity on whose border it sits, for a boundary event."""
        return self.element.get("attachedToRef")

    @property
    def definitions(self) -> list[etree._Element]:
        """Its event definitions, in the order drawn."""
        return [child for child in self.element if kind_of(child).endswith("EventDefinition")]

    @property
    def extensions(self) -> Mapping[str, etree._Element]:
        """Its spiffworkflow extension elements by local name."""
        holder = self.child("extensionElements")
        if holder is None:
            return {}
        return {kind_of(child): child for child in holder if etree.QName(child).namespace == SPIFF}

    def property(self, name: str) -> etree._Element | None:
        """The last of its spiffworkflow:property elements with that name, which is the one that counts."""
        holder = self.extensions.get("properties")
        found = [] if holder is None else holder.iterfind(spiff("property"))
        return next((one for one in reversed(list(found)) if one.get("name") == name), None)


@dataclass(eq=False)
class Scope:
    """A process or an embedded subprocess: what holds flow nodes."""

    id: str
    kind: str
    name: str
    file: str
    element: etree._Element
    parent: "Scope | None" = None
    nodes: list[Node] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    children: list["Scope"] = field(default_factory=list)

    def node(self, node_id: str | None) -> Node | None:
        """The first flow node with that id, in this scope only."""
        return next((node for node in self.nodes if node.id == node_id), None)

    def boundaries(self, node_id: str) -> list[Node]:
        """The boundary events on an activity."""
        return [node for node in self.nodes if node.kind == "boundaryEvent" and node.attached_to == node_id]

    def walk(self) -> Iterator["Scope"]:
        """This scope and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def event_triggered(self) -> bool:
        """Whether it is an event subprocess."""
        return self.element.get("triggeredByEvent") == "true"

    @property
    def executable(self) -> bool:
        """Whether the process may be run; the library takes a missing mark for yes."""
        return self.element.get("isExecutable", "true") == "true"


@dataclass(eq=False)
class Document:
    """One file of the bundle."""

    file: str
    root: etree._Element

    @property
    def is_decision(self) -> bool:
        """Whether it is a DMN file."""
        return self.file.lower().endswith(DMN_SUFFIXES)


@dataclass(eq=False)
class Bundle:
    """All files of one deployment."""

    documents: list[Document]
    processes: list[Scope]

    def scopes(self) -> Iterator[Scope]:
        """Every process and every subprocess."""
        for process in self.processes:
            yield from process.walk()

    def nodes(self) -> Iterator[Node]:
        """Every flow node of every scope."""
        for scope in self.scopes():
            yield from scope.nodes

    def diagrams(self) -> list[Document]:
        """The BPMN files."""
        return [document for document in self.documents if not document.is_decision]

    def decisions(self) -> list[Document]:
        """The DMN files."""
        return [document for document in self.documents if document.is_decision]


def _read_flow(element: etree._Element) -> Flow:
    condition = element.find(bpmn("conditionExpression"))
    return Flow(
        element.get("id", ""),
        element.get("sourceRef", ""),
        element.get("targetRef", ""),
        None if condition is None else (condition.text or ""),
        element,
    )


def _read_scope(element: etree._Element, file: str, parent: Scope | None) -> Scope:
    scope_id = element.get("id", "")
    scope = Scope(scope_id, kind_of(element), element.get("name") or scope_id, file, element, parent)
    for child in element:
        kind = kind_of(child)
        if kind == "sequenceFlow":
            scope.flows.append(_read_flow(child))
        elif kind in FLOW_NODES:
            scope.nodes.append(Node(child.get("id", ""), kind, child.get("name", ""), child, scope))
            if kind in SCOPES:
                scope.children.append(_read_scope(child, file, scope))
    for flow in scope.flows:
        for node in scope.nodes:
            if node.id == flow.source:
                node.outgoing.append(flow)
            if node.id == flow.target:
                node.incoming.append(flow)
    return scope


def read_bundle(files: Mapping[str, bytes]) -> Bundle:
    """Read all BPMN and DMN files (others, such as forms, are passed over). Raises DiagramError with every cause."""
    documents: list[Document] = []
    findings: list[Finding] = []
    for file in sorted(files):
        if not file.lower().endswith(BPMN_SUFFIXES + DMN_SUFFIXES):
            continue
        try:
            documents.append(Document(file, read_xml(file, files[file])))
        except DiagramError as error:
            findings.extend(error.findings)
    if findings:
        raise DiagramError(findings)
    processes = [
        _read_scope(element, document.file, None)
        for document in documents
        if not document.is_decision
        for element in document.root.iterfind(bpmn("process"))
    ]
    return Bundle(documents, processes)
