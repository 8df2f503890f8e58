"""Decision tables: what the engine reads as Python that was meant as FEEL, and policies it does not know."""

import ast
import re
from collections.abc import Iterator

from lxml import etree

from ..diagram import Bundle, Document, kind_of
from ..finding import Finding
from .report import Rule, at
from .texts import faults

_KNOWN_POLICIES = frozenset({"UNIQUE", "FIRST", "ANY", "COLLECT"})
# As the library does: a question mark outside quotes stands for the input.
_INPUT_MARK = re.compile(r"(\?)(?=(?:[^'\"]|['\"][^'\"]*['\"])*$)")
CELL_REMEDY = "Write a value such as 'road', or a comparison such as > 3, 4 <= ? <= 6, or ? in ['a', 'b']."


def _child(element: etree._Element, tag: str) -> etree._Element | None:
    return next((child for child in element if kind_of(child) == tag), None)


def _children(element: etree._Element, tag: str) -> list[etree._Element]:
    return [child for child in element if kind_of(child) == tag]


def _text(element: etree._Element | None) -> str | None:
    text = _child(element, "text") if element is not None else None
    return None if text is None else text.text


def _tables(bundle: Bundle) -> Iterator[tuple[Document, etree._Element]]:
    for document in bundle.decisions():
        for decision in _children(document.root, "decision"):
            table = _child(decision, "decisionTable")
            if table is not None:
                yield document, table


def one_table(bundle: Bundle) -> Iterator[Finding]:
    """One decision with one table a file."""
    for document in bundle.decisions():
        found = _children(document.root, "decision")
        if len(found) != 1:
            message = f"The file holds {len(found)} decisions; the engine reads exactly one."
            yield at(
                document.file,
                document.root,
                "one-decision",
                message,
                "Put each decision into a file of its own.",
            )
        for decision in found:
            if _child(decision, "decisionTable") is None:
                message = "The decision is not a table; the engine reads tables only."
                yield at(document.file, decision, "one-decision", message, "Write it as a decision table.")


def policies(bundle: Bundle) -> Iterator[Finding]:
    """Hit policies and aggregations."""
    for document, table in _tables(bundle):
        policy = (table.get("hitPolicy") or "UNIQUE").upper()
        if policy not in _KNOWN_POLICIES:
            message = f"The engine takes the first hit under {policy}."
            yield at(document.file, table, "hit-policy", message, "Use FIRST or COLLECT.")
        if table.get("aggregation"):
            message = f"The engine does not aggregate by {table.get('aggregation')}."
            yield at(
                document.file,
                table,
                "aggregation",
                message,
                "Collect, and add up in a script: total = sum(values)",
            )


def shapes(bundle: Bundle) -> Iterator[Finding]:
    """Columns with names, rows with a cell for each column, and nothing else in the table."""
    for document, table in _tables(bundle):
        inputs, outputs = _children(table, "input"), _children(table, "output")
        for child in table:
            if kind_of(child) not in {"input", "output", "rule"}:
                message = f"A {kind_of(child)} in a decision table is not understood."
                yield at(document.file, child, "table-shape", message, "Remove it.")
            elif not child.get("id"):
                yield at(
                    document.file, child, "table-shape", f"A {kind_of(child)} has no id.", "Give it one."
                )
        for column in inputs:
            if not (_text(_child(column, "inputExpression")) or "").strip():
                yield at(
                    document.file,
                    column,
                    "table-shape",
                    "An input column has no expression.",
                    "Name the variable.",
                )
        for column in outputs:
            if not (column.get("name") or column.get("label")):
                yield at(
                    document.file,
                    column,
                    "table-shape",
                    "An output column has no name.",
                    "Name the variable.",
                )
        if not outputs:
            yield at(document.file, table, "table-shape", "The table has no output.", "Add an output column.")
        for rule in _children(table, "rule"):
            cells = len(_children(rule, "inputEntry")), len(_children(rule, "outputEntry"))
            if cells != (len(inputs), len(outputs)):
                message = "A row has another number of cells than the table has columns."
                yield at(document.file, rule, "table-shape", message, "Fill or remove the row.")


def cells(bundle: Bundle) -> Iterator[Finding]:
    """Every expression in a table."""
    for document, table in _tables(bundle):
        expressions = [
            (_text(_child(column, "inputExpression")) or "").strip() for column in _children(table, "input")
        ]
        for column, expression in zip(_children(table, "input"), expressions, strict=True):
            for message, _ in faults(expression) if expression else ():
                yield _refused(document, column, "input expression", message)
        for rule in _children(table, "rule"):
            for entry, expression in zip(_children(rule, "inputEntry"), expressions, strict=False):
                yield from _input_cell(document, entry, expression)
            for entry in _children(rule, "outputEntry"):
                text = _text(entry)
                for message, _ in faults(text) if text else ():
                    yield _refused(document, entry, "output cell", message)


def _refused(document: Document, element: etree._Element, what: str, message: str) -> Finding:
    return at(document.file, element, "decision-cell", f"The {what} is refused: {message}.", CELL_REMEDY)


def _input_cell(document: Document, entry: etree._Element, expression: str) -> Iterator[Finding]:
    text = _text(entry)
    if text is None or text == "-":
        return
    if not text.strip():
        yield _refused(document, entry, "input cell", "it holds only blanks; leave it empty or write -")
        return
    condition = _condition(text, expression or "value")
    for message, _ in faults(condition):
        yield _refused(document, entry, "input cell", f"{text!r}: {message}")
        return
    if _never(text):
        yield _refused(
            document,
            entry,
            "input cell",
            f"{text!r} never matches; this is FEEL, and the engine reads Python",
        )


def _condition(text: str, expression: str) -> str:
    """The condition that the library makes of a cell."""
    marked = _INPUT_MARK.sub("dmninputexpr", text)
    if "dmninputexpr" in marked:
        return marked
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return expression + text
    return f"({expression}) == ({text})"


def _never(text: str) -> bool:
    """Whether a cell that is compared with == is a list or a negation as FEEL writes it."""
    if _INPUT_MARK.search(text):
        return False
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    if isinstance(tree, ast.BoolOp):
        return all(isinstance(value, ast.Constant) for value in tree.values)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        return isinstance(tree.operand, ast.Constant | ast.Tuple)
    return isinstance(tree, ast.Tuple | ast.List)


def overlaps(bundle: Bundle) -> Iterator[Finding]:
    """Under UNIQUE no two rows may match; where they surely do, the engine silently takes the first."""
    for document, table in _tables(bundle):
        if (table.get("hitPolicy") or "UNIQUE").upper() != "UNIQUE":
            continue
        rows = [
            (rule, [(_text(entry) or "-").strip() for entry in _children(rule, "inputEntry")])
            for rule in _children(table, "rule")
        ]
        for place, (rule, given) in enumerate(rows):
            for number, (_, earlier) in enumerate(rows[:place], 1):
                if all(
                    one == other or "-" in (one, other) for one, other in zip(earlier, given, strict=False)
                ):
                    message = f"Row {place + 1} can match together with row {number}, and UNIQUE forbids it."
                    remedy = "Set the hit policy to FIRST, or make the rows exclude each other."
                    yield at(document.file, rule, "overlapping-rows", message, remedy, "warning")
                    break


RULES: tuple[Rule, ...] = (one_table, policies, shapes, cells, overlaps)
