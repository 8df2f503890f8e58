"""Every expression and script of a diagram, held against the policy before it is ever run."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from ..correlation import CORRELATION, TO
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


@dataclass(frozen=True, eq=False)
class Text:
    """One expression or script of a diagram, and where it stands."""

    node: Node
    element: etree._Element
    what: str
    text: str
    mode: Mode = "eval"
    element_id: str = ""


def conditions(bundle: Bundle) -> Iterator[Text]:
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
                yield Text(node, flow.element, "condition", flow.condition, "eval", flow.id)


def scripts(bundle: Bundle) -> Iterator[Text]:
    """Script tasks, and the scripts before and after a task."""
    for node in bundle.nodes():
        script = node.child("script") if node.kind == "scriptTask" else None
        if script is not None and (script.text or "").strip():
            yield Text(node, script, "script", script.text or "", "exec")
        for name in ("preScript", "postScript"):
            extension = node.extensions.get(name)
            if extension is not None and (extension.text or "").strip():
                yield Text(node, extension, name, extension.text or "", "exec")


def parameters(bundle: Bundle) -> Iterator[Text]:
    """Values of service task parameters."""
    for node in bundle.nodes():
        operator = node.extensions.get("serviceTaskOperator")
        if operator is not None:
            for parameter in operator.iter(spiff("parameter")):
                value = parameter.get("value") or ""
                if value.strip():
                    yield Text(node, parameter, f"parameter {parameter.get('id')!r}", value)


def timers(bundle: Bundle) -> Iterator[Text]:
    """Timer texts that are expressions."""
    for node in bundle.nodes():
        for definition in node.definitions:
            for element in definition.iter(bpmn("timeDate"), bpmn("timeDuration"), bpmn("timeCycle")):
                text = (element.text or "").strip()
                if text and not is_literal(text):
                    yield Text(node, element, "timer", text)


def loops(bundle: Bundle) -> Iterator[Text]:
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
                    yield Text(node, element, kind_of(element), (element.text or "").strip())


def payloads(bundle: Bundle) -> Iterator[Text]:
    """Payloads of messages and errors."""
    for node in bundle.nodes():
        for definition in node.definitions:
            for element in definition.iter(spiff("messagePayload"), spiff("payloadExpression")):
                if (element.text or "").strip():
                    yield Text(node, element, "payload", element.text or "")


def correlations(bundle: Bundle) -> Iterator[Text]:
    """Keys of messages, and the platforms at which they open cases."""
    for node in bundle.nodes():
        for name in (CORRELATION, TO):
            element = node.property(name)
            if element is not None and (element.get("value") or "").strip():
                yield Text(node, element, name, element.get("value") or "")


def texts_of(bundle: Bundle) -> Iterator[Text]:
    """Every text that the engine will run."""
    for source in (conditions, scripts, parameters, timers, loops, payloads, correlations):
        yield from source(bundle)


def refused(bundle: Bundle) -> Iterator[Finding]:
    """Texts that the policy refuses."""
    for item in texts_of(bundle):
        for message, line in faults(item.text, item.mode):
            first = line_of(item.element)
            yield Finding(
                item.node.scope.file,
                None if first is None else first + line - 1,
                item.element_id or item.node.id,
                "expression",
                f"The {item.what} is refused: {message}.",
                REMEDY if item.mode == "eval" else SCRIPT_REMEDY,
            )


RULES: tuple[Rule, ...] = (refused,)
