"""The constructs of Python that a diagram may use; whatever is not listed is refused."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from .builtins_for_diagrams import FUNCTIONS, KEYWORDS, METHOD_NAMES
from .values import MAX_INTEGER

Mode = Literal["eval", "exec"]

OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.BitOr: "|",
}
_EXPRESSION_NODES = (
    ast.Expression, ast.Constant, ast.Name, ast.Load, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not,
    ast.USub, ast.UAdd, ast.BinOp, ast.Compare, ast.cmpop, ast.IfExp, ast.List, ast.Tuple, ast.Set, ast.Dict,
    ast.Subscript, ast.Slice, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension,
    ast.JoinedStr, ast.FormattedValue, ast.Call, ast.Attribute, ast.keyword, ast.Store,
    *OPERATORS,
)  # fmt: skip
_SCRIPT_NODES = (ast.Module, ast.Assign, ast.AugAssign, ast.Expr, ast.Pass)
_NAMES = {
    ast.Pow: "the operator **",
    ast.LShift: "the operator <<",
    ast.RShift: "the operator >>",
    ast.MatMult: "the operator @",
    ast.BitAnd: "the operator & (write: and)",
    ast.BitXor: "the operator ^",
    ast.Invert: "the operator ~",
    ast.Lambda: "lambda",
    ast.NamedExpr: "the operator :=",
    ast.Starred: "unpacking with *",
    ast.For: "a for loop (use a comprehension, or a loop in the diagram)",
    ast.While: "a while loop (draw the loop in the diagram)",
    ast.If: "an if statement (write: a if condition else b, or draw a gateway)",
    ast.FunctionDef: "a function definition (register a service task)",
    ast.ClassDef: "a class definition",
    ast.Import: "an import (register a service task)",
    ast.ImportFrom: "an import (register a service task)",
    ast.Try: "try",
    ast.With: "with",
    ast.Delete: "del",
}


@dataclass(frozen=True)
class Problem:
    """One reason why a text is refused; `line` counts within the text, from 1."""

    message: str
    line: int = 1


def _check_node(node: ast.AST, mode: Mode) -> Iterator[str]:
    allowed = _EXPRESSION_NODES if mode == "eval" else _EXPRESSION_NODES + _SCRIPT_NODES
    if not isinstance(node, allowed):
        yield f"{_NAMES.get(type(node), type(node).__name__)} is not allowed here"
    elif isinstance(node, ast.Constant):
        yield from _check_constant(node.value)
    elif isinstance(node, ast.Name) and node.id.startswith("_"):
        yield f"the name {node.id!r} begins with an underscore"
    elif isinstance(node, ast.Call):
        yield from _check_call(node)
    elif isinstance(node, ast.FormattedValue) and node.format_spec is not None:
        yield "a format in an f-string is not allowed; use round(number, digits)"
    elif isinstance(node, ast.comprehension) and (node.is_async or not isinstance(node.target, ast.Name)):
        yield "a comprehension goes over one variable; use its items, as in row[0]"
    elif isinstance(node, ast.Assign | ast.AugAssign):
        yield from _check_targets(node)


def problems_in(node: ast.AST, mode: Mode, line: int = 1) -> Iterator[Problem]:
    """The problems of a tree; what stands inside something refused is not looked at."""
    line = getattr(node, "lineno", line)
    found = list(_check_node(node, mode))
    yield from (Problem(message, line) for message in found)
    if not found:
        for child in ast.iter_child_nodes(node):
            yield from problems_in(child, mode, line)


def _check_constant(value: Any) -> Iterator[str]:
    if isinstance(value, bytes | complex) or value is Ellipsis:
        yield f"{value!r} is not a JSON value"
    elif isinstance(value, int) and abs(value) > MAX_INTEGER:
        yield "a whole number beyond 64 bits"


def _check_call(node: ast.Call) -> Iterator[str]:
    if isinstance(node.func, ast.Name):
        if node.func.id not in FUNCTIONS:
            yield f"there is no function {node.func.id!r}; there is: {', '.join(sorted(FUNCTIONS))}"
    elif isinstance(node.func, ast.Attribute):
        if node.func.attr not in METHOD_NAMES:
            yield f"there is no method {node.func.attr!r}; there is: {', '.join(sorted(METHOD_NAMES))}"
    else:
        yield "only functions and methods by name can be called"
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        yield "unpacking with * is not allowed"
    for keyword in node.keywords:
        if keyword.arg not in KEYWORDS:
            yield f"the named argument {keyword.arg or '**'!r} is not allowed"


def _check_targets(node: ast.Assign | ast.AugAssign) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        root = target
        while isinstance(root, ast.Subscript):
            root = root.value
        if not isinstance(root, ast.Name):
            yield "assign to a variable or to an item of one"
        elif isinstance(node, ast.AugAssign) and root is not target:
            yield "an item cannot be changed in place; write: x['a'] = x['a'] + 1"


def stray_attributes(tree: ast.AST) -> Iterator[Problem]:
    """Attributes are there for method calls only."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and id(node) not in called:
            yield Problem(
                f"{node.attr!r} cannot be reached with a dot; write: value['{node.attr}']", node.lineno
            )
