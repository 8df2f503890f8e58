"""Every expression and script of a diagram, held against the policy before it is ever run."""

import ast
from collections.abc import Iterator

from lxml import etree

from ..diagram import Bundle, Node, bpmn, kind_of, line_of, spiff
from ..finding import Finding
from ..iso8601 import is_literal
from ..policy import problems_of
from ..whitelist import Mode
from .report import Rule

REMEDY = "Write a Python expression, such as: kind == 'event' and (severity > 2 or len(photos) > 0)"
SCRIPT_REMEDY = "Write assignments only, such as: n = n + 1"
_ALIEN = {"true": "True", "false": "False", "null": "None", "none": "None", "TRUE": "True", "FALSE": "False"}


def faults(text: str, mode: Mode = "eval") -> Iterator[tuple[str, int]]:
    """Why a text is refused, each with its line within the text; words of other languages included."""
    problems = problems_of(text, mode)
    for problem in problems:
        yield problem.message, problem.line
    if not problems:
        yield from _alien(text, mode)


def _alien(text: str, mode: Mode) -> Iterator[tuple[str, int]]:
    tree = ast.parse(text.strip() if mode == "eval" else text, mode=mode)
    written = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in _ALIEN and node.id not in written:
            yield f"there is no {node.id!r}; write {_ALIEN[node.id]}", node.lineno


def _finding(
    node: Node, element: etree._Element, what: str, text: str, mode: Mode = "eval"
) -> Iterator[Finding]:
    for message, line in faults(text, mode):
        first = line_of(element)
        yield Finding(
            node.scope.file,
            None if first is None else first + line - 1,
            node.id,
            "expression",
            f"The {what} is refused: {message}.",
            REMEDY if mode == "eval" else SCRIPT_REMEDY,
        )


def conditions(bundle: Bundle) -> Iterator[Finding]:
    """Conditions on the flows out of gateways."""
    for node in bundle.nodes():
        if node.kind not in {"exclusiveGateway", "inclusiveGateway"}:
            continue
        for flow in node.outgoing:
            if (
                flow.condition is not None
                and flow.id != node.element.get("default")
                and flow.condition.strip()
            ):
                for finding in _finding(node, flow.element, "condition", flow.condition):
                    yield Finding(
                        finding.file, finding.line, flow.id, finding.rule, finding.message, finding.remedy
                    )


def scripts(bundle: Bundle) -> Iterator[Finding]:
    """Script tasks, and the scripts before and after a task."""
    for node in bundle.nodes():
        script = node.child("script") if node.kind == "scriptTask" else None
        if script is not None and (script.text or "").strip():
            yield from _finding(node, script, "script", script.text or "", "exec")
        for name in ("preScript", "postScript"):
            extension = node.extensions.get(name)
            if extension is not None and (extension.text or "").strip():
                yield from _finding(node, extension, name, extension.text or "", "exec")


def parameters(bundle: Bundle) -> Iterator[Finding]:
    """Values of service task parameters."""
    for node in bundle.nodes():
        operator = node.extensions.get("serviceTaskOperator")
        if operator is not None:
            for parameter in operator.iter(spiff("parameter")):
                value = parameter.get("value") or ""
                if value.strip():
                    yield from _finding(node, parameter, f"parameter {parameter.get('id')!r}", value)


def timers(bundle: Bundle) -> Iterator[Finding]:
    """Timer texts that are expressions."""
    for node in bundle.nodes():
        for definition in node.definitions:
            for element in definition.iter(bpmn("timeDate"), bpmn("timeDuration"), bpmn("timeCycle")):
                text = (element.text or "").strip()
                if text and not is_literal(text):
                    yield from _finding(node, element, "timer", text)


def loops(bundle: Bundle) -> Iterator[Finding]:
    """Counts and conditions of repeated activities, and of conditional events."""
    for node in bundle.nodes():
        holders = [node.child("standardLoopCharacteristics"), node.child("multiInstanceLoopCharacteristics")]
        tags = (
            bpmn("loopCardinality"),
            bpmn("completionCondition"),
            bpmn("loopCondition"),
            bpmn("condition"),
        )
        for holder in (*holders, *node.definitions):
            for element in holder.iter(*tags) if holder is not None else ():
                if (element.text or "").strip():
                    yield from _finding(node, element, kind_of(element), (element.text or "").strip())


def payloads(bundle: Bundle) -> Iterator[Finding]:
    """Payloads of messages and errors."""
    for node in bundle.nodes():
        for definition in node.definitions:
            for element in definition.iter(spiff("messagePayload"), spiff("payloadExpression")):
                if (element.text or "").strip():
                    yield from _finding(node, element, "payload", element.text or "")


RULES: tuple[Rule, ...] = (conditions, scripts, parameters, timers, loops, payloads)
