"""When a timer fires: exactly one ISO 8601 time, where it can be read before it runs."""

import ast
from collections.abc import Iterator

from lxml import etree

from ..diagram import Bundle, Node, kind_of
from ..finding import Finding
from ..iso8601 import TimeFormatError, is_literal, parse_instant
from .report import Rule, within


def timers(bundle: Bundle) -> Iterator[Finding]:
    """When a timer fires."""
    for node in bundle.nodes():
        for definition in node.definitions:
            if kind_of(definition) == "timerEventDefinition":
                yield from _timer(node, definition)


def _timer(node: Node, definition: etree._Element) -> Iterator[Finding]:
    given = [child for child in definition if kind_of(child) in {"timeDate", "timeDuration", "timeCycle"}]
    if len(given) != 1 or not (given[0].text or "").strip():
        message = "The timer must say exactly one of date, duration or cycle."
        yield within(node, definition, "timer", message, "Write a duration such as PT4H.")
        return
    kind, text = kind_of(given[0]), (given[0].text or "").strip()
    if kind == "timeCycle" and (
        node.kind != "boundaryEvent" or node.element.get("cancelActivity", "true") == "true"
    ):
        message = "A cycle repeats only at a boundary event that does not interrupt."
        yield within(
            node, given[0], "timer-cycle", message, "Use a duration, or set the event to non-interrupting."
        )
    fault = _time_fault(kind, text)
    if fault:
        yield within(node, given[0], "timer", fault, "Write PT4H, R3/PT1H or 2026-05-01T08:00:00+08:00.")


def _time_fault(kind: str, text: str) -> str | None:
    """Why a literal time is wrong; expressions are the business of another rule."""
    literal = text
    if not is_literal(text):
        try:
            tree = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return f"{text!r} is neither an ISO 8601 time nor an expression."
        if not isinstance(tree, ast.Constant):
            return None
        if not isinstance(tree.value, str):
            return f"{text!r} is not an ISO 8601 time."
        literal = tree.value.strip()
    form = "timeCycle" if literal[:1] == "R" else "timeDuration" if literal[:1] == "P" else "timeDate"
    if not is_literal(literal):
        return f"{text!r} is not an ISO 8601 time."
    if form != kind and not (kind == "timeDate" and form == "timeDuration"):
        return f"{text!r} is a {form} and stands in a {kind}."
    if form == "timeDate":
        try:
            parse_instant(literal)
        except TimeFormatError as error:
            return f"{error}."
    return None


RULES: tuple[Rule, ...] = (timers,)
