"""The guards of an evaluation: every operator, call and loop is paid for out of a budget, before it is done."""

from collections.abc import Iterable, Iterator, Sized
from math import inf, isfinite
from time import thread_time
from typing import Any

from .builtins_for_diagrams import FUNCTIONS, METHODS
from .values import MAX_INTEGER

# One unit is about one character; a list's item and a loop's round cost more.
BUDGET = 2_000_000
ITEM_COST = 8
ROUND_COST = 200
# After so many units one looks whether the time of the command is up.
BETWEEN_LOOKS = 50_000
MAX_RESULT = 1_000_000
MAX_RANGE = 10_000


class ExpressionError(ValueError):
    """An expression or script that is refused or has failed; the message says which and why."""


class Guard:
    """The guards of one evaluation, and what it may still spend: of its budget, and of the time of its command."""

    def __init__(self, until: float = inf) -> None:
        self.left = BUDGET
        self._until = until
        self._look_at = BUDGET

    def spend(self, units: int) -> None:
        """Pay; raise when nothing is left."""
        self.left -= units
        if self.left < 0:
            raise ExpressionError("it takes too long or makes too much; move the work into a service task")
        if self.left < self._look_at:
            self._look_at = self.left - BETWEEN_LOOKS
            if thread_time() > self._until:
                raise ExpressionError(
                    "it takes too long, with what ran before it; move the work into a service task"
                )

    def weigh(self, value: Any) -> Any:
        """Pay for looking at a value."""
        if isinstance(value, str):
            self.spend(len(value))
        elif isinstance(value, Sized):
            self.spend(ITEM_COST * len(value))
        return value

    def part(self, value: Any) -> str:
        """A value as text."""
        text = str(self.weigh(value))
        self.spend(len(text))
        return text

    def rounds(self, values: Iterable[Any]) -> Iterator[Any]:
        """Go through values, paying for each round."""
        if not isinstance(values, str | list | tuple | dict | set | range | Iterator):
            raise ExpressionError(f"a {type(values).__name__} cannot be gone through")
        for value in values:
            self.spend(ROUND_COST)
            yield value

    def item(self, holder: Any, key: Any) -> Any:
        """holder[key], of plain containers and texts only."""
        if not isinstance(holder, str | list | tuple | dict):
            raise ExpressionError(f"a {type(holder).__name__} has no items")
        return self.weigh(holder[key]) if isinstance(key, slice) else holder[key]

    def writable(self, holder: Any) -> Any:
        """A container whose items may be set."""
        if not isinstance(holder, list | dict):
            raise ExpressionError(f"items of a {type(holder).__name__} cannot be set")
        self.spend(ITEM_COST)
        return holder

    def inplace(self, operator: str, left: Any, right: Any) -> Any:
        """left operator= right, as a new value."""
        return self.binary(operator.removesuffix("="), left, right)

    def binary(self, operator: str, left: Any, right: Any) -> Any:
        """left operator right, if the result has room."""
        if isinstance(left, int | float) and isinstance(right, int | float):
            return self._number(operator, left, right)
        if operator == "+" and type(left) is type(right) and isinstance(left, str | list | tuple):
            self._room(left, len(left) + len(right))
            return left + right
        if operator == "*":
            text, times = (right, left) if isinstance(left, int) else (left, right)
            if isinstance(text, str | list | tuple) and isinstance(times, int):
                self._room(text, len(text) * max(times, 0))
                return text * times
        if operator == "|" and isinstance(left, dict) and isinstance(right, dict):
            self._room([], len(left) + len(right))
            return left | right
        raise ExpressionError(f"{operator} does not go with {type(left).__name__} and {type(right).__name__}")

    def _room(self, kind: Any, size: int) -> None:
        units = size if isinstance(kind, str) else ITEM_COST * size
        if units > MAX_RESULT:
            raise ExpressionError(f"the result would have {size} parts, which is too large")
        self.spend(units)

    def _number(self, operator: str, left: float, right: float) -> float:
        self.spend(1)
        # Both are bounded to 64 bits, so that no intermediate result can be large.
        result: float
        if operator == "+":
            result = left + right
        elif operator == "-":
            result = left - right
        elif operator == "*":
            result = left * right
        elif operator == "/":
            result = left / right
        elif operator == "//":
            result = left // right
        elif operator == "%":
            result = left % right
        else:
            raise ExpressionError(f"{operator} does not go with numbers")
        self._finite(result)
        return result

    def _finite(self, result: Any) -> Any:
        if isinstance(result, float) and not isfinite(result):
            raise ExpressionError("the result is not a finite number")
        if isinstance(result, int) and abs(result) > MAX_INTEGER:
            raise ExpressionError("the result is a whole number beyond 64 bits")
        return result

    def function(self, name: str, *arguments: Any, **keywords: Any) -> Any:
        """Call a function of the list."""
        if name not in FUNCTIONS:
            raise ExpressionError(f"there is no function {name!r}")
        for argument in arguments:
            self.weigh(argument)
        own = getattr(self, f"_call_{name}", None)
        if own is not None:
            return own(*arguments, **keywords)
        return _BUILTINS[name](*arguments, **keywords)

    def _call_int(self, value: Any = 0) -> int:
        if isinstance(value, str) and len(value) > 20:
            raise ExpressionError("too long for a whole number")
        return int(self._finite(int(value)))

    def _call_float(self, value: Any = 0.0) -> float:
        if isinstance(value, str) and len(value) > 40:
            raise ExpressionError("too long for a number")
        return float(self._finite(float(value)))

    def _call_round(self, value: float, digits: int | None = None) -> float:
        if digits is not None and not -15 <= digits <= 15:
            raise ExpressionError("round to between -15 and 15 digits")
        return round(value, digits)

    def _call_str(self, value: Any = "") -> str:
        return self.part(value)

    def _call_sum(self, values: Iterable[Any]) -> float:
        total: float = 0
        for value in self.rounds(values):
            if not isinstance(value, int | float):
                raise ExpressionError(f"sum adds numbers, not {type(value).__name__}")
            total = self._finite(total + value)
        return total

    def _call_range(self, *bounds: int) -> range:
        result = range(*bounds)
        if len(result) > MAX_RANGE:
            raise ExpressionError(f"a range of more than {MAX_RANGE}")
        return result

    def _call_list(self, values: Iterable[Any] = ()) -> list[Any]:
        return list(self.rounds(values))

    def _call_enumerate(self, values: Iterable[Any]) -> list[list[Any]]:
        return [[number, value] for number, value in enumerate(self.rounds(values))]

    def _call_zip(self, *columns: Iterable[Any]) -> list[list[Any]]:
        return [list(row) for row in zip(*(self.rounds(column) for column in columns), strict=False)]

    def _call_reversed(self, values: Any) -> list[Any]:
        return list(self.rounds(values))[::-1]

    def _call_sorted(self, values: Iterable[Any], *, reverse: bool = False) -> list[Any]:
        items = list(self.rounds(values))
        return sorted(items, reverse=reverse)

    def method(self, holder: Any, name: str, *arguments: Any, **keywords: Any) -> Any:
        """Call a method of the list for the holder's type."""
        if keywords or name not in METHODS.get(type(holder), ()):
            raise ExpressionError(f"a {type(holder).__name__} has no method {name!r}")
        self.weigh(holder)
        for argument in arguments:
            self.weigh(argument)
        if name == "replace":
            self._replacing(holder, *arguments)
        elif name == "join":
            arguments = (self._joining(holder, *arguments),)
        elif name in {"split", "rsplit", "splitlines"}:
            self.spend(ITEM_COST * len(holder))
        result = getattr(holder, name)(*arguments)
        return list(result) if name in {"items", "keys", "values"} else result

    def _replacing(self, text: str, old: str, new: str, *_: Any) -> None:
        self._room("", len(text) + text.count(old) * len(new))

    def _joining(self, separator: str, parts: Iterable[Any]) -> list[str]:
        texts = list(self.rounds(parts))
        if not all(isinstance(text, str) for text in texts):
            raise ExpressionError("join takes texts; convert with str(value)")
        self._room("", sum(len(text) for text in texts) + len(separator) * len(texts))
        return texts

    def scope(self) -> dict[str, Any]:
        """The only names there are besides the variables."""
        return {
            "__builtins__": {},
            "_binary_": self.binary,
            "_function_": self.function,
            "_getitem_": self.item,
            "_getiter_": self.rounds,
            "_inplacevar_": self.inplace,
            "_method_": self.method,
            "_operand_": self.weigh,
            "_part_": self.part,
            "_write_": self.writable,
        }


_BUILTINS: dict[str, Any] = {
    "abs": abs, "all": all, "any": any, "bool": bool, "len": len, "max": max, "min": min,
}  # fmt: skip
