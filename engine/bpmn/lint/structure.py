"""Ids, beginnings and ends, and whether everything hangs together."""

from collections import defaultdict
from collections.abc import Iterator

from ..diagram import BPMN, Bundle, Scope, bpmn, kind_of
from ..finding import Finding
from ..process_info import entries, reachable
from .report import Rule, along, at, on


def duplicate_ids(bundle: Bundle) -> Iterator[Finding]:
    """Two elements of one file with one id: the library takes either for the other."""
    for document in bundle.diagrams():
        seen: set[str] = set()
        for element in document.root.iter(f"{{{BPMN}}}*"):
            element_id = element.get("id")
            if element is document.root:
                continue
            if element_id and element_id in seen:
                message = f"The id {element_id!r} is used twice in this file."
                yield at(document.file, element, "duplicate-id", message, "Give one of the two another id.")
            elif element_id:
                seen.add(element_id)


def ids_of_other_processes(bundle: Bundle) -> Iterator[Finding]:
    """One id in two processes: scopes clash, and the record of visits counts the elements as one."""
    owners: dict[str, Scope] = {}
    for process in bundle.processes:
        ids = {process.id: process.element}
        ids.update((node.id, node.element) for scope in process.walk() for node in scope.nodes)
        for element_id, element in ids.items():
            other = owners.setdefault(element_id, process)
            if other is process or (other.file == process.file):
                continue
            clash = kind_of(element) in {"process", "subProcess", "transaction"}
            yield at(
                process.file,
                element,
                "id-of-another-process",
                f"The id {element_id!r} is used in {other.file} too.",
                "Give one of the two another id.",
                "error" if clash else "warning",
            )


def missing_ids(bundle: Bundle) -> Iterator[Finding]:
    """A flow node or flow without an id cannot be referred to."""
    for scope in bundle.scopes():
        for node in scope.nodes:
            if not node.id:
                yield on(node, "missing-id", f"A {node.kind} has no id.", "Give it one.")
        for flow in scope.flows:
            if not flow.id:
                yield along(
                    scope, flow, "missing-id", "A sequence flow has no id.", "Give it one.", "warning"
                )


def executable(bundle: Bundle) -> Iterator[Finding]:
    """At least one process must be executable; the others are passed over."""
    runnable = any(process.executable for process in bundle.processes)
    for process in bundle.processes:
        if not process.executable:
            yield at(
                process.file,
                process.element,
                "not-executable",
                f"The process {process.id!r} is marked as not executable.",
                'Set isExecutable="true", or remove it from the bundle.',
                "warning" if runnable else "error",
            )
    if not bundle.processes:
        yield Finding(
            "", None, None, "no-process", "The bundle holds no BPMN process.", "Add a .bpmn file with one."
        )


def starts(bundle: Bundle) -> Iterator[Finding]:
    """Where a process or subprocess begins."""
    for scope in bundle.scopes():
        if scope.kind == "adHocSubProcess":
            continue
        found = [node for node in scope.nodes if node.kind == "startEvent"]
        if not found:
            yield at(scope.file, scope.element, "no-start", f"{scope.id!r} has no start event.", "Draw one.")
        for node in found[1:]:
            if scope.kind != "process" or not (node.definitions and found[0].definitions):
                message = f"{scope.id!r} has several start events; the engine begins at one."
                yield on(node, "several-starts", message, "Keep one, and lead it to a gateway.")
        for node in found:
            if (
                scope.kind == "process"
                and node.definitions
                and kind_of(node.definitions[0]) != "messageEventDefinition"
            ):
                message = "The engine does not begin a process by itself at such an event."
                remedy = "Use a plain start event, and let a schedule or service begin the case."
                yield on(node, "start-kind", message, remedy, "warning")
            if node.incoming:
                yield on(
                    node,
                    "start-incoming",
                    "A flow leads into a start event.",
                    "Lead it to a gateway behind it.",
                )


def ends(bundle: Bundle) -> Iterator[Finding]:
    """Every path ends in an end event: elsewhere a branch stops and its data are lost."""
    for scope in bundle.scopes():
        if scope.kind == "adHocSubProcess":
            continue
        if not any(node.kind == "endEvent" for node in scope.nodes):
            yield at(scope.file, scope.element, "no-end", f"{scope.id!r} has no end event.", "Draw one.")
        for node in scope.nodes:
            if node.kind == "endEvent" and node.outgoing:
                yield on(node, "end-outgoing", "A flow leads out of an end event.", "Remove it.")
            passive = (
                node.element.get("triggeredByEvent") == "true"
                or node.element.get("isForCompensation") == "true"
            )
            if node.kind != "endEvent" and not node.outgoing and not passive:
                message = "The path stops here; what happened on it is lost."
                yield on(node, "dead-end", message, "Lead it on to an end event.")


def dangling(bundle: Bundle) -> Iterator[Finding]:
    """Flows whose ends are missing or lie in another process or subprocess."""
    for scope in bundle.scopes():
        known = {node.id for node in scope.nodes}
        for flow in scope.flows:
            for end, node_id in (("begins", flow.source), ("ends", flow.target)):
                if node_id not in known:
                    message = f"The flow {end} at {node_id or 'nothing'!r}, which is not in {scope.id!r}."
                    yield along(
                        scope,
                        flow,
                        "dangling-flow",
                        message,
                        "Connect it again, within one process or subprocess.",
                    )


def unreachable(bundle: Bundle) -> Iterator[Finding]:
    """Nodes that nothing leads to: the engine never runs them."""
    for scope in bundle.scopes():
        if scope.kind == "adHocSubProcess" or not entries(scope):
            continue
        reached = reachable(scope)
        for node in scope.nodes:
            if node.id and node.id not in reached and node.element.get("isForCompensation") != "true":
                yield on(
                    node, "unreachable", "Nothing leads here, so it never runs.", "Connect it or remove it."
                )


def names(bundle: Bundle) -> Iterator[Finding]:
    """People see the name of a user task."""
    for node in bundle.nodes():
        if node.kind in {"userTask", "manualTask", "task"} and not node.name.strip():
            yield on(
                node,
                "missing-name",
                "A task for a person has no name.",
                "Name it as people should see it.",
                "warning",
            )


def lanes(bundle: Bundle) -> Iterator[Finding]:
    """A user task's lane says whose work it is."""
    for process in bundle.processes:
        members: dict[str, list[str]] = defaultdict(list)
        present = list(process.element.iter(bpmn("lane")))
        for lane in present:
            inner = {(reference.text or "").strip() for reference in lane.iterfind(bpmn("flowNodeRef"))}
            if not lane.get("name"):
                yield at(
                    process.file,
                    lane,
                    "lane-name",
                    "A lane has no name.",
                    "Name it after the role that works in it.",
                )
            for node_id in inner:
                if lane.find(bpmn("childLaneSet")) is None:
                    members[node_id].append(str(lane.get("name") or lane.get("id", "")))
        for scope in process.walk():
            for node in scope.nodes:
                if node.kind != "userTask":
                    continue
                holders = members.get(node.id) or next(
                    (members[outer] for outer in _outer(scope) if members.get(outer)), []
                )
                if not holders:
                    message = "A user task is in no lane, so nobody is responsible for it."
                    yield on(
                        node, "no-lane", message, "Put it into a lane.", "error" if present else "warning"
                    )
                elif len(set(holders)) > 1:
                    message = f"A user task is in several lanes: {', '.join(sorted(set(holders)))}."
                    yield on(node, "several-lanes", message, "Leave it in one lane.")


def _outer(scope: Scope) -> Iterator[str]:
    current: Scope | None = scope
    while current is not None:
        yield current.id
        current = current.parent


RULES: tuple[Rule, ...] = (
    duplicate_ids,
    ids_of_other_processes,
    missing_ids,
    executable,
    starts,
    ends,
    dangling,
    unreachable,
    names,
    lanes,
)
