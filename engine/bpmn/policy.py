"""Compiles what a designer has written, by RestrictedPython with a stricter policy.

Expressions: literals, variables, comparison, arithmetic, conditional expressions, comprehensions, f-strings
without format, calls of the functions and methods listed in `builtins_for_diagrams`. Scripts: assignments
to variables and to their items, and nothing else (`whitelist`). What is left is rewritten so that every
operator, call and loop goes through the guards of `guards`.
"""

import ast
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

from RestrictedPython.compile import compile_restricted_eval, compile_restricted_exec
from RestrictedPython.transformer import RestrictingNodeTransformer

from .whitelist import OPERATORS, Mode, Problem, problems_in, stray_attributes

MAX_EXPRESSION = 4_000
MAX_SCRIPT = 20_000
CACHED_TEXTS = 4_096


@dataclass(frozen=True)
class Compiled:
    """A checked text: its code, the names it mentions, the variables it writes, and the names of its own loops."""

    code: CodeType
    names: frozenset[str]
    targets: frozenset[str]
    bound: frozenset[str]


class PolicyError(ValueError):
    """A text that is refused, with every reason."""

    def __init__(self, text: str, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(f"{text!r}: " + "; ".join(problem.message for problem in problems))


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
        problems = [*problems_in(tree, mode), *stray_attributes(tree)]
        if problems:
            raise PolicyError(text, problems)
        # The names of called functions are not variables.
        called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called]
        targets = {_root(target) for node in ast.walk(tree) for target in _targets(node)}
        loops = {node.target for node in ast.walk(tree) if isinstance(node, ast.comprehension)}
        bound = {node.id for node in loops if isinstance(node, ast.Name)}
        known = frozenset(node.id for node in names)
        compiler = compile_restricted_eval if mode == "eval" else compile_restricted_exec
        result = compiler(tree, filename="<diagram>", policy=_Rewriter)
    except (RecursionError, MemoryError):
        raise PolicyError(text[:40] + "…", [Problem("nested too deeply")]) from None
    if result.errors or result.code is None:
        raise PolicyError(text, [Problem(message) for message in result.errors])
    return Compiled(result.code, known, frozenset(targets), frozenset(bound))


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
