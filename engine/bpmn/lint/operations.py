"""The service tasks of a diagram, held against the operations that are registered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from ..diagram import Bundle, Node, spiff
from ..finding import Finding
from .report import on, within


@dataclass(frozen=True)
class OperationSignature:
    """A registered operation: its parameters by name with whether each is required; `background` ones are repeated."""

    name: str
    parameters: Mapping[str, bool]
    has_result: bool
    background: bool = False


def check_operations(bundle: Bundle, operations: Mapping[str, OperationSignature]) -> Iterator[Finding]:
    """Unknown operations, unknown and missing parameters, and results that there are none of."""
    for node in bundle.nodes():
        operator = node.extensions.get("serviceTaskOperator")
        if node.kind != "serviceTask" or operator is None or not operator.get("id"):
            continue
        name = operator.get("id", "")
        signature = operations.get(name)
        if signature is None:
            near = get_close_matches(name, operations, 1)
            remedy = f"Did you mean {near[0]!r}?" if near else "Choose a service task from the list."
            yield within(node, operator, "unknown-operation", f"There is no operation {name!r}.", remedy)
            continue
        yield from _check_parameters(node, signature)
        if operator.get("resultVariable") and not signature.has_result:
            message = f"{name!r} gives no result for {operator.get('resultVariable')!r}."
            yield on(node, "no-result", message, "Remove the result variable.", "warning")
        if not signature.background and next(operator.iter(spiff("retry")), None) is not None:
            message = f"{name!r} is done within its step and never repeated: the retries are ignored."
            yield on(node, "ignored-retry", message, "Remove them.", "warning")


def _check_parameters(node: Node, signature: OperationSignature) -> Iterator[Finding]:
    operator = node.extensions["serviceTaskOperator"]
    given = {parameter.get("id", ""): parameter for parameter in operator.iter(spiff("parameter"))}
    known = ", ".join(sorted(signature.parameters)) or "none"
    for name, element in given.items():
        if name not in signature.parameters:
            message = f"{signature.name!r} has no parameter {name!r}."
            yield within(node, element, "unknown-parameter", message, f"It has: {known}.")
    for name, required in signature.parameters.items():
        if required and name not in given:
            message = f"{signature.name!r} needs the parameter {name!r}."
            yield within(node, operator, "missing-parameter", message, "Add it with an expression.")
