"""Makes findings: where, what, and how to mend it."""

from collections.abc import Callable, Iterable

from lxml import etree

from ..diagram import Bundle, Flow, Node, Scope, line_of
from ..finding import Finding, Severity

Rule = Callable[[Bundle], Iterable[Finding]]


def at(
    file: str, element: etree._Element, rule: str, message: str, remedy: str, severity: Severity = "error"
) -> Finding:
    """A finding at an XML element."""
    return Finding(file, line_of(element), element.get("id"), rule, message, remedy, severity)


def on(node: Node, rule: str, message: str, remedy: str, severity: Severity = "error") -> Finding:
    """A finding on a flow node."""
    return Finding(node.scope.file, line_of(node.element), node.id or None, rule, message, remedy, severity)


def along(
    scope: Scope, flow: Flow, rule: str, message: str, remedy: str, severity: Severity = "error"
) -> Finding:
    """A finding on a sequence flow."""
    return Finding(scope.file, line_of(flow.element), flow.id or None, rule, message, remedy, severity)


def within(node: Node, element: etree._Element, rule: str, message: str, remedy: str) -> Finding:
    """An error inside a flow node: its id, but the line of the inner element."""
    return Finding(
        node.scope.file, line_of(element) or line_of(node.element), node.id or None, rule, message, remedy
    )
