"""Tasks, subprocesses and their repetitions."""

from collections.abc import Iterator

from lxml import etree

from ..diagram import SPIFF, Bundle, Node, bpmn, kind_of, spiff
from ..finding import Finding
from .report import Rule, at, on, within

_UNSUPPORTED = {
    "complexGateway": "Use exclusive, inclusive or parallel gateways.",
    "adHocSubProcess": "Draw the order, or one user task whose form lists what is to do.",
    "subChoreography": "Draw a process.",
    "choreographyTask": "Draw a process.",
    "callChoreography": "Draw a process.",
}
#: Repetitions of one service task, and seconds before the first of them.
MAX_RETRIES = 50
MAX_BACKOFF = 86_400
_FOREIGN = ("camunda", "zeebe", "activiti", "flowable")


def unsupported(bundle: Bundle) -> Iterator[Finding]:
    """Elements that the engine cannot run."""
    for node in bundle.nodes():
        if node.kind in _UNSUPPORTED:
            yield on(node, "unsupported", f"The engine cannot run a {node.kind}.", _UNSUPPORTED[node.kind])


def scripts(bundle: Bundle) -> Iterator[Finding]:
    """Script tasks hold a script in the one language there is."""
    for node in bundle.nodes():
        if node.kind != "scriptTask":
            continue
        script = node.child("script")
        if script is None or not (script.text or "").strip():
            yield on(
                node, "no-script", "The script task has no script.", "Write assignments, such as: n = n + 1"
            )
        language = (node.element.get("scriptFormat") or "python").lower()
        if "python" not in language:
            message = f"The script is marked as {language}, but run as Python."
            yield on(node, "script-format", message, 'Write Python and set scriptFormat="python".')


def plain_tasks(bundle: Bundle) -> Iterator[Finding]:
    """A task without a kind waits for a person."""
    for node in bundle.nodes():
        if node.kind == "task":
            message = "A task without a kind waits for a person."
            yield on(
                node,
                "plain-task",
                message,
                "Choose its kind: user task, service task, script task.",
                "warning",
            )


def operators(bundle: Bundle) -> Iterator[Finding]:
    """Service tasks name an operation; its parameters have values."""
    for node in bundle.nodes():
        if node.kind != "serviceTask":
            continue
        operator = node.extensions.get("serviceTaskOperator")
        if operator is None or not operator.get("id"):
            yield on(
                node,
                "no-operator",
                "The service task names no operation.",
                "Choose a service task from the list.",
            )
            continue
        seen: set[str] = set()
        for parameter in operator.iter(spiff("parameter")):
            name = parameter.get("id")
            if not name or parameter.get("type") is None:
                message = f"The parameter {name or ''!r} lacks its id or type."
                yield within(node, parameter, "parameter", message, 'Write id="…" type="any" value="…".')
            if not (parameter.get("value") or "").strip():
                message = f"The parameter {name or ''!r} has no value and is left out."
                yield within(node, parameter, "parameter", message, "Give it an expression, or remove it.")
            if name in seen:
                yield within(
                    node, parameter, "parameter", f"The parameter {name!r} is given twice.", "Remove one."
                )
            seen.add(name or "")
        for retry in operator.iter(spiff("retry")):
            yield from _retry(node, retry)


def _retry(node: Node, retry: etree._Element) -> Iterator[Finding]:
    for name, most in (("retries", MAX_RETRIES), ("backoff_base", MAX_BACKOFF)):
        value = retry.get(name)
        if value and not (value.isascii() and value.isdigit() and int(value[:9]) <= most):
            message = f"{name} is {value!r}."
            yield within(node, retry, "retry", message, f"Write a whole number from 0 to {most}.")


def _text(element: etree._Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def repetitions(bundle: Bundle) -> Iterator[Finding]:
    """Multi-instance activities and loops say over what, and where the answers go."""
    for node in bundle.nodes():
        loop = node.child("standardLoopCharacteristics")
        if loop is not None and not loop.get("loopMaximum") and not _text(loop.find(bpmn("loopCondition"))):
            yield within(
                node, loop, "loop", "The loop has neither a condition nor a maximum.", "Give it one of them."
            )
        if loop is not None and loop.get("loopMaximum") and not loop.get("loopMaximum", "").isdigit():
            yield within(node, loop, "loop", "The loop's maximum is not a whole number.", "Write a number.")
        many = node.child("multiInstanceLoopCharacteristics")
        if many is not None:
            yield from _many(node, many)


def _many(node: Node, many: etree._Element) -> Iterator[Finding]:
    count, source = (_text(many.find(bpmn(tag))) for tag in ("loopCardinality", "loopDataInputRef"))
    if bool(count) == bool(source):
        message = "A multi-instance activity needs either a count or a list to go over."
        yield within(node, many, "multi-instance", message, "Set loopCardinality or loopDataInputRef.")
    output, item = _text(many.find(bpmn("loopDataOutputRef"))), many.find(bpmn("outputDataItem"))
    if bool(output) != (item is not None):
        message = "The answers are lost: list and item of the output belong together."
        yield within(
            node,
            many,
            "multi-instance",
            message,
            "Set both loopDataOutputRef and outputDataItem, or neither.",
        )


def foreign_extensions(bundle: Bundle) -> Iterator[Finding]:
    """Settings of other engines are not looked at."""
    for document in bundle.diagrams():
        for element in document.root.iter():
            spaces = {etree.QName(name).namespace or "" for name in (element.tag, *element.attrib)}
            foreign = next(
                (mark for mark in _FOREIGN for space in spaces if mark in space and space != SPIFF), None
            )
            if foreign is not None:
                message = f"Settings of {foreign} at a {kind_of(element)} are ignored."
                yield at(
                    document.file,
                    element,
                    "foreign-extension",
                    message,
                    "Use spiffworkflow:properties.",
                    "warning",
                )


RULES: tuple[Rule, ...] = (
    unsupported,
    scripts,
    plain_tasks,
    operators,
    repetitions,
    foreign_extensions,
)
