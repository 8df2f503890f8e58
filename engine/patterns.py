"""How long a pattern of a form may take to match.

Python's matcher tries one way after the other and cannot be stopped; ``^(a+)+$`` has more ways through thirty letters than there is
time. So the ways are counted before a pattern is taken: an upper bound over all texts of a length.
"""

from __future__ import annotations

import math
import re
from importlib import import_module
from typing import Any

# The parser of the standard library's own expressions, for which there are no types.
_constants: Any = import_module("re._constants")
_parser: Any = import_module("re._parser")

MAX_PATTERN = 500
#: Half a second.
MAX_STEPS = 30_000_000

_ONE_WAY = {
    "LITERAL",
    "NOT_LITERAL",
    "ANY",
    "IN",
    "CATEGORY",
    "RANGE",
    "AT",
    "GROUPREF",
    "FAILURE",
    "SUCCESS",
}


def steps(pattern: str, length: int) -> float:
    """How many steps a search for a pattern in a text of a length takes at most; infinite where they cannot be counted.

    Raises:
        re.error: this is no regular expression.
    """
    if len(pattern) > MAX_PATTERN:
        return math.inf
    try:
        parsed = _parser.parse(pattern)
        ways, size = _sequence(parsed, length)
    except (RecursionError, OverflowError):
        return math.inf
    anchored = len(parsed) > 0 and parsed[0] == (_constants.AT, _constants.AT_BEGINNING)
    return ways * size * (1 if anchored and not parsed.state.flags & re.MULTILINE else length + 1)


def _sequence(parsed: Any, length: int) -> tuple[float, float]:
    """The ways through a sequence of parts, and how many parts there are."""
    ways, size = 1.0, 1.0
    for operation, argument in parsed:
        more_ways, more_size = _part(str(operation), argument, length)
        ways, size = ways * more_ways, size + more_size
    return ways, size


def _part(operation: str, argument: Any, length: int) -> tuple[float, float]:
    if operation in _ONE_WAY:
        return 1.0, 1.0
    match operation:
        case "BRANCH":
            return _either(argument[1], length)
        case "SUBPATTERN":
            return _sequence(argument[3], length)
        case "ATOMIC_GROUP":
            return _sequence(argument, length)
        case "ASSERT" | "ASSERT_NOT":
            return _sequence(argument[1], length)
        case "GROUPREF_EXISTS":
            return _either([one for one in argument[1:] if one is not None], length)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, repeated = argument
            return _repeat(least, most, repeated, length)
    return math.inf, 1.0


def _either(choices: Any, length: int) -> tuple[float, float]:
    counted = [_sequence(one, length) for one in choices]
    return sum(ways for ways, _ in counted), sum(size for _, size in counted)


def _repeat(least: Any, most: Any, repeated: Any, length: int) -> tuple[float, float]:
    once, size = _sequence(repeated, length)
    least, most = min(int(least), length), min(int(most), length)
    # Each number of turns is a way of its own, and each turn has the ways of what is repeated.
    if once == 1.0:
        ways = float(most - least + 1)
    elif most * math.log2(once) > 60:
        ways = math.inf
    else:
        ways = sum(once**turns for turns in range(least, most + 1))
    return max(ways, 1.0), size * max(least, 1)
