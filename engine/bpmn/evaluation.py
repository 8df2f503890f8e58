"""Runs compiled texts over variables, without ever changing them."""

from collections.abc import Mapping
from copy import deepcopy
from math import inf
from typing import Any

from .guards import ExpressionError, Guard
from .policy import PolicyError, compiled
from .values import ValueRefusedError, json_value

_PLAIN = (str, int, float, bool, type(None), list, tuple, dict)
_FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    NameError,
    RecursionError,
    TypeError,
    ValueError,
    StopIteration,
)


def _explain(text: str, error: BaseException) -> ExpressionError:
    shown = text if len(text) <= 200 else text[:200] + "…"
    if isinstance(error, NameError):
        return ExpressionError(f"{shown!r}: there is no variable {error.name!r} at this point")
    if isinstance(error, KeyError):
        return ExpressionError(f"{shown!r}: there is no item {error.args[0]!r}")
    if isinstance(error, ExpressionError | ValueRefusedError):
        return ExpressionError(f"{shown!r}: {error}")
    return ExpressionError(f"{shown!r}: {type(error).__name__}: {error}")


def evaluate(text: str, variables: Mapping[str, Any], until: float = inf) -> Any:
    """The value of an expression, found by an instant of the thread's processor time. Never changes the variables. Raises ExpressionError."""
    try:
        program = compiled(text, "eval")
        scope = Guard(until).scope()
        scope.update((name, variables[name]) for name in program.names if name in variables)
        result = eval(program.code, scope)  # noqa: S307 - compiled by RestrictedPython under our policy
    except PolicyError as error:
        raise ExpressionError(str(error)) from None
    except _FAILURES as error:
        raise _explain(text, error) from error
    if not isinstance(result, _PLAIN):
        raise ExpressionError(f"{text!r}: the result is a {type(result).__name__}, not a JSON value")
    return result


def execute(text: str, variables: Mapping[str, Any], until: float = inf) -> dict[str, Any]:
    """Run a script over a copy of the variables; return those that it has set, as plain JSON. Raises ExpressionError."""
    try:
        program = compiled(text, "exec")
        scope = Guard(until).scope()
        scope.update((name, deepcopy(variables[name])) for name in program.names if name in variables)
        exec(program.code, scope)  # noqa: S102 - compiled by RestrictedPython under our policy
        return {name: json_value(name, scope[name]) for name in sorted(program.targets)}
    except PolicyError as error:
        raise ExpressionError(str(error)) from None
    except _FAILURES as error:
        raise _explain(text, error) from error
