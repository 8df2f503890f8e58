"""What a designer may write in an expression or script, compiled by RestrictedPython with a stricter policy.

Expressions: literals, variables, comparison, arithmetic, conditional expressions, comprehensions, f-strings
without format, calls of the functions and methods listed in `builtins_for_diagrams`. Scripts: assignments
to variables and to their items, and nothing else. What is left is rewritten so that every operator, call
and loop goes through the guards of `evaluation`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any, Literal

from RestrictedPython.compile import compile_restricted_eval, compile_restricted_exec
from RestrictedPython.transformer import RestrictingNodeTransformer

from .builtins_for_diagrams import FUNCTIONS, KEYWORDS, METHOD_NAMES
from .values import MAX_INTEGER

Mode = Literal["eval", "exec"]
MAX_EXPRESSION = 4_000
MAX_SCRIPT = 20_000
CACHED_TEXTS = 4_096

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


@dataclass(frozen=True)
class Compiled:
    """A checked text: its code, the variables it reads or writes, and those it writes."""

    code: CodeType
    names: frozenset[str]
    targets: frozenset[str]


class PolicyError(ValueError):
    """A text that is refused, with every reason."""

    def __init__(self, text: str, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(f"{text!r}: " + "; ".join(problem.message for problem in problems))


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


def _problems(node: ast.AST, mode: Mode, line: int = 1) -> Iterator[Problem]:
    """The problems of a tree; what stands inside something refused is not looked at."""
    line = getattr(node, "lineno", line)
    found = list(_check_node(node, mode))
    yield from (Problem(message, line) for message in found)
    if not found:
        for child in ast.iter_child_nodes(node):
            yield from _problems(child, mode, line)


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


def _check_attributes(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Attributes are there for method calls only."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and id(node) not in called:
            yield node, f"{node.attr!r} cannot be reached with a dot; write: value['{node.attr}']"


def _parse(text: str, mode: Mode) -> ast.Module | ast.Expression:
    limit = MAX_EXPRESSION if mode == "eval" else MAX_SCRIPT
    if len(text) > limit:
        raise PolicyError(text[:40] + "…", [Problem(f"longer than {limit} characters")])
    if not text.strip():
        raise PolicyError(text, [Problem("it is empty")])
    try:
        tree: Any = ast.parse(text.strip() if mode == "eval" else text, mode=mode)
    except SyntaxError as error:
        raise PolicyError(text, [Problem(f"syntax error: {error.msg}", error.lineno or 1)]) from None
    except (RecursionError, MemoryError):
        raise PolicyError(text[:40] + "…", [Problem("nested too deeply")]) from None
    except ValueError as error:
        raise PolicyError(text, [Problem(f"syntax error: {error}")]) from None
    assert isinstance(tree, ast.Module | ast.Expression)
    return tree


class _Rewriter(RestrictingNodeTransformer):
    """RestrictedPython's policy, with every operator and call sent through a guard."""

    def _guarded(self, node: ast.expr, guard: str, *arguments: ast.expr) -> ast.Call:
        call = ast.Call(func=ast.Name(guard, ast.Load()), args=list(arguments), keywords=[])
        ast.copy_location(call, node)
        ast.fix_missing_locations(call)
        return call

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:  # noqa: N802 - named by the library
        """Check the size of the result first."""
        node = self.node_contents_visit(node)
        return self._guarded(node, "_binary_", ast.Constant(OPERATORS[type(node.op)]), node.left, node.right)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:  # noqa: N802
        """Count what is compared."""
        node = self.node_contents_visit(node)
        operands: list[ast.expr] = [
            operand if isinstance(operand, ast.Constant) else self._guarded(operand, "_operand_", operand)
            for operand in (node.left, *node.comparators)
        ]
        node.left, node.comparators = operands[0], operands[1:]
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:  # noqa: N802
        """Call by name only, from the lists."""
        arguments = [self.visit(argument) for argument in node.args]
        keywords = [self.visit(keyword) for keyword in node.keywords]
        if isinstance(node.func, ast.Attribute):
            guard = self._guarded(
                node, "_method_", self.visit(node.func.value), ast.Constant(node.func.attr), *arguments
            )
        else:
            assert isinstance(node.func, ast.Name)
            guard = self._guarded(node, "_function_", ast.Constant(node.func.id), *arguments)
        guard.keywords = keywords
        return ast.fix_missing_locations(guard)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:  # noqa: N802
        """Count the text that an f-string takes in."""
        node = self.node_contents_visit(node)
        node.value = self._guarded(node.value, "_part_", node.value)
        return node


def _compile(text: str, mode: Mode) -> Compiled:
    tree = _parse(text, mode)
    try:
        problems = list(_problems(tree, mode))
        problems += [
            Problem(message, getattr(node, "lineno", 1)) for node, message in _check_attributes(tree)
        ]
        if problems:
            raise PolicyError(text, problems)
        # The names of called functions are not variables.
        called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called]
        targets = {_root(target) for node in ast.walk(tree) for target in _targets(node)}
        known = frozenset(node.id for node in names)
        compiler = compile_restricted_eval if mode == "eval" else compile_restricted_exec
        result = compiler(tree, filename="<diagram>", policy=_Rewriter)
    except (RecursionError, MemoryError):
        raise PolicyError(text[:40] + "…", [Problem("nested too deeply")]) from None
    if result.errors or result.code is None:
        raise PolicyError(text, [Problem(message) for message in result.errors])
    return Compiled(result.code, known, frozenset(targets))


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AugAssign) else []


def _root(target: ast.expr) -> str:
    while isinstance(target, ast.Subscript):
        target = target.value
    assert isinstance(target, ast.Name)
    return target.id


@lru_cache(maxsize=CACHED_TEXTS)
def _outcome(text: str, mode: Mode) -> Compiled | PolicyError:
    try:
        return _compile(text, mode)
    except PolicyError as error:
        return error


def compiled(text: str, mode: Mode) -> Compiled:
    """Compile an expression ("eval") or a script ("exec"), from the cache if it can be. Raises PolicyError."""
    outcome = _outcome(text, mode)
    if isinstance(outcome, PolicyError):
        raise PolicyError(text, outcome.problems)
    return outcome


def problems_of(text: str, mode: Mode = "eval") -> list[Problem]:
    """Every reason why a text would be refused; empty if it is sound."""
    outcome = _outcome(text, mode)
    return outcome.problems if isinstance(outcome, PolicyError) else []


@lru_cache(maxsize=CACHED_TEXTS)
def _syntax_error(text: str) -> str | None:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return str(error)
    return None


def check_syntax(text: str) -> None:
    """Check that a text is Python at all; the library asks so of decision cells. Raises SyntaxError."""
    fault = _syntax_error(text[:MAX_SCRIPT])
    if fault is not None:
        raise SyntaxError(fault)
