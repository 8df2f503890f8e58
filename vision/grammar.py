"""The grammar of expressions: what a rule may say; what else it says is refused at its place, with the way to mend it."""

from __future__ import annotations

import ast
import difflib
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from datetime import time

from vision.faults import MAX_DEPTH, SIGNS, Misread, Place, unreadable
from vision.zones import ZONE_TYPES

MAX_LENGTH = 500

#: What an expression may call, and what each argument is.
FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "stands": ("class",),
    "count": ("class",),
    "standing": (),
    "moves": (),
    "zone": ("zone",),
    "between": ("clock", "clock"),
    "weekday": (),
}
#: What an expression may name.
NAMES = frozenset({"dwell", "area"})
#: Classes that stand for several, beside those of models.
GROUPS = frozenset({"anything", "vehicle"})
#: How each function is written.
FORMS: Mapping[str, str] = {
    "stands": 'stands("vehicle")',
    "count": 'count("person")',
    "standing": "standing()",
    "moves": "moves()",
    "zone": 'zone("no_parking")',
    "between": 'between("07:00", "09:00")',
    "weekday": "weekday()",
}


def read(text: str) -> ast.expr:
    """An expression as a tree of forms that are let through.

    Raises:
        Misread: it says what is not let through, where, and what to do.
    """
    return _Reader(text).read()


def classes(body: ast.expr) -> Iterator[str]:
    """The classes of which an expression speaks, in their order."""
    for node in ast.walk(body):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            named = FUNCTIONS[node.func.id] == ("class",)
            yield from (str(one.value) for one in node.args if named and isinstance(one, ast.Constant))


def names(body: ast.expr) -> frozenset[str]:
    """What an expression names and calls."""
    return frozenset(node.id for node in ast.walk(body) if isinstance(node, ast.Name))


def clock(text: str) -> time:
    """A time of the day.

    Raises:
        ValueError: it is none.
    """
    return time.fromisoformat(text).replace(tzinfo=None)


class _Reader:
    def __init__(self, text: str) -> None:
        # A line break means no more than a space; so all is one line, and places are counted in it.
        self._text = re.sub(r"[\r\n\f]", " ", text)

    def read(self) -> ast.expr:
        text = self._text
        if not text.strip() or len(text) > MAX_LENGTH:
            raise Misread("Write a condition of 1 to %(most)d characters.", (0, len(text)), most=MAX_LENGTH)
        indent = len(text) - len(text.lstrip())
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                body = ast.parse(text.strip(), mode="eval").body
        except SyntaxError as error:
            raise unreadable(text, error.msg, (error.offset or 0) - 1 + indent) from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise Misread("This cannot be read.", (0, len(text))) from error
        self._indent = indent
        if self._kind(body, 0) != "truth":
            raise Misread(
                "This is a number: say a condition, such as %(example)s.",
                self._place(body),
                example='stands("vehicle") >= dwell',
            )
        return body

    def _place(self, *nodes: ast.expr) -> Place:
        """The part of the text that makes up nodes."""
        content = self._text.lstrip().encode()
        begin, end = nodes[0].col_offset, nodes[-1].end_col_offset or len(content)
        before, within = content[:begin].decode(), content[begin:end].decode()
        return self._indent + len(before), self._indent + len(before) + len(within)

    def _kind(self, node: ast.expr, depth: int) -> str:
        """``truth`` or ``number``; everything else is refused."""
        if depth > MAX_DEPTH:
            raise Misread("Nest it at most %(most)d deep.", self._place(node), most=MAX_DEPTH)
        match node:
            case ast.BoolOp(values=values):
                return self._all(values, "truth", depth)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._all([operand], "truth", depth)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._all([operand], "number", depth)
            case ast.Compare(left=left, ops=ops, comparators=others):
                known = ast.Lt | ast.LtE | ast.Gt | ast.GtE | ast.Eq | ast.NotEq
                if not all(isinstance(op, known) for op in ops):
                    raise Misread("Compare with <, <=, >, >=, == or !=.", self._place(node))
                self._all([left, *others], "number", depth)
                return "truth"
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), right=right):
                return self._all([left, right], "number", depth)
            case ast.Constant(value=bool()):
                raise Misread("Leave out True and False.", self._place(node))
            case ast.Constant(value=int() | float() as value) if abs(value) <= 1e9:
                return "number"
            case ast.Name(id=name) if name in NAMES:
                return "number"
            case ast.Call(func=ast.Name(id=name) as called, args=args, keywords=[]):
                self._called(called, node)
                self._arguments(name, args, node)
                return "truth" if name in {"zone", "between"} else "number"
        raise self._foreign(node)

    def _all(self, nodes: Iterable[ast.expr], kind: str, depth: int) -> str:
        """See that all are of a kind, and give it."""
        for node in nodes:
            found = self._kind(node, depth + 1)
            if found != kind and kind == "truth":
                raise Misread(
                    "This is a number where a condition belongs: compare it, as in %(example)s.",
                    self._place(node),
                    example="moves() >= 5",
                )
            if found != kind:
                raise Misread(
                    "This is a condition where a number belongs: join conditions by and, or, not.",
                    self._place(node),
                )
        return kind

    def _called(self, called: ast.Name, node: ast.expr) -> None:
        if called.id in NAMES:
            raise Misread("Write %(name)s without brackets.", self._place(node), name=called.id)
        if called.id not in FUNCTIONS:
            raise self._unknown(called.id, self._place(called))

    def _foreign(self, node: ast.expr) -> Misread:
        """What to say of a form that is not of the language."""
        place = self._place(node)
        match node:
            case ast.Name(id=name) if name in FUNCTIONS:
                return Misread("Write %(name)s as %(form)s.", place, name=name, form=FORMS[name])
            case ast.Name(id=name):
                return self._unknown(name, place)
            case ast.Constant(value=str()):
                return Misread(
                    "A text stands here by itself: it belongs into a form such as %(form)s.",
                    place,
                    form=FORMS["stands"],
                )
            case ast.BinOp(op=ast.BitAnd() | ast.BitOr() as op):
                sign = "&" if isinstance(op, ast.BitAnd) else "|"
                return Misread("Write %(right)s in place of %(sign)s.", place, right=SIGNS[sign], sign=sign)
        known = ", ".join([*sorted(FUNCTIONS), *sorted(NAMES)])
        return Misread("Use numbers, comparisons, and, or, not, and %(known)s.", place, known=known)

    def _unknown(self, name: str, place: Place) -> Misread:
        near = difflib.get_close_matches(name.lower(), [*FUNCTIONS, *NAMES], 1)
        if near:
            return Misread("There is no %(name)s: is %(near)s meant?", place, name=name, near=near[0])
        known = ", ".join([*sorted(FUNCTIONS), *sorted(NAMES)])
        return Misread("There is no %(name)s: use one of %(known)s.", place, name=name, known=known)

    def _arguments(self, name: str, args: list[ast.expr], node: ast.expr) -> None:
        wanted = FUNCTIONS[name]
        texts = [one.value for one in args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if len(texts) != len(args) or len(args) != len(wanted):
            place = self._place(*args) if args and wanted else self._place(node)
            raise Misread("Write %(name)s as %(form)s.", place, name=name, form=FORMS[name])
        for text, kind, arg in zip(texts, wanted, args, strict=True):
            self._argument(name, text, kind, self._place(arg))

    def _argument(self, name: str, text: str, kind: str, place: Place) -> None:
        if kind == "clock":
            try:
                clock(text)
            except ValueError as error:
                raise Misread("Write a time of the day as 07:30.", place) from error
        elif kind == "zone" and text not in ZONE_TYPES:
            known = ", ".join(ZONE_TYPES)
            raise Misread(
                "There is no type of zone %(name)s: use one of %(known)s.", place, name=text, known=known
            )
        elif not text or len(text) > 40:
            raise Misread("Give %(name)s a name of 1 to 40 characters.", place, name=name)
