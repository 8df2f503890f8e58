"""The small language in which a rule says what it looks for: numbers, times, counts and classes, and nothing that could do harm.

``stands("vehicle") >= dwell and not between("22:00", "06:00")``

An expression is a line of Python's grammar of which only a few forms are let through; it is walked, never executed. What is not
known, because nobody has looked yet, is a range: the answer says what must be and what may be.
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from vision import grammar

Range = tuple[float, float]


class Facts(Protocol):
    """What an expression may ask of one slot in one zone at one instant."""

    @property
    def at(self) -> datetime:
        """The instant, in the city's time zone."""

    def stands(self, name: str) -> Range:
        """Seconds for which something of a class has stood, at least and at most."""

    def count(self, name: str) -> Range:
        """How many of a class are in the zone now, at least and at most."""

    def number(self, name: str) -> float:
        """``dwell``, ``area``, ``standing`` or ``moves``."""

    def zone(self, name: str) -> bool:
        """Whether the zone is of a type."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether an expression holds: surely, and at all possibly."""

    must: bool
    may: bool


class Expression:
    """One expression, checked.

    Attributes:
        classes: of which it speaks.
        names: what it names and calls.

    Raises:
        Misread: it says what is not let through, and where.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._body = grammar.read(text)
        self.classes = tuple(dict.fromkeys(grammar.classes(self._body)))
        self.names = grammar.names(self._body)

    @property
    def counts(self) -> bool:
        """Whether it asks how many of a class there are."""
        return "count" in self.names

    def holds(self, facts: Facts) -> Answer:
        """Whether it holds."""
        must, may = _truth(self._body, facts)
        return Answer(must, may)


def _truth(node: ast.expr, facts: Facts) -> tuple[bool, bool]:
    match node:
        case ast.BoolOp(op=op, values=values):
            answers = [_truth(one, facts) for one in values]
            join = all if isinstance(op, ast.And) else any
            return join(must for must, _ in answers), join(may for _, may in answers)
        case ast.UnaryOp(operand=operand):
            must, may = _truth(operand, facts)
            return not may, not must
        case ast.Compare(left=left, ops=ops, comparators=others):
            ranges = [_range(one, facts) for one in (left, *others)]
            pairs = [_compared(op, *sides) for op, *sides in zip(ops, ranges[:-1], ranges[1:], strict=True)]
            return all(must for must, _ in pairs), all(may for _, may in pairs)
        case ast.Call(func=ast.Name(id=name), args=args):
            texts = [str(one.value) for one in args if isinstance(one, ast.Constant)]
            holds = facts.zone(texts[0]) if name == "zone" else _between(facts.at, *texts)
            return holds, holds
    raise AssertionError(ast.dump(node))


def _between(at: datetime, begin: str, end: str) -> bool:
    first, last, now = grammar.clock(begin), grammar.clock(end), at.time().replace(tzinfo=None)
    return first <= now < last if first <= last else now >= first or now < last


def _compared(op: ast.cmpop, one: Range, other: Range) -> tuple[bool, bool]:
    (low, high), (least, most) = one, other
    match op:
        case ast.Gt():
            return low > most, high > least
        case ast.GtE():
            return low >= most, high >= least
        case ast.Lt():
            return high < least, low < most
        case ast.LtE():
            return high <= least, low <= most
        case ast.Eq():
            return low == high == least == most, low <= most and least <= high
    return high < least or most < low, not low == high == least == most


def _range(node: ast.expr, facts: Facts) -> Range:
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value), float(value)
        case ast.Name(id=name):
            value = facts.number(name)
            return value, value
        case ast.UnaryOp(operand=operand):
            low, high = _range(operand, facts)
            return -high, -low
        case ast.BinOp(left=left, op=op, right=right):
            return _reckoned(op, _range(left, facts), _range(right, facts))
        case ast.Call(func=ast.Name(id=name), args=args):
            texts = [str(one.value) for one in args if isinstance(one, ast.Constant)]
            if name == "stands":
                return facts.stands(texts[0])
            if name == "count":
                return facts.count(texts[0])
            value = float(facts.at.weekday()) if name == "weekday" else facts.number(name)
            return value, value
    raise AssertionError(ast.dump(node))


def _reckoned(op: ast.operator, one: Range, other: Range) -> Range:
    match op:
        case ast.Add():
            return one[0] + other[0], one[1] + other[1]
        case ast.Sub():
            return one[0] - other[1], one[1] - other[0]
        case ast.Mult():
            ends = [_times(a, b) for a in one for b in other]
            return min(ends), max(ends)
    if other[0] <= 0.0 <= other[1]:
        # Nothing is known of a share of nothing.
        return -math.inf, math.inf
    ends = [_times(a, 1.0 / b) for a in one for b in other]
    return min(ends), max(ends)


def _times(one: float, other: float) -> float:
    return 0.0 if one == 0.0 or other == 0.0 else one * other
