"""The sheets of a catalogue: which columns each has, and what may stand in them.

A sheet is one of a workbook, or a CSV file of a folder by the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.messages import Message
from engine.working_time import UNITS_OF_TIME

KINDS = ("component", "event")
MAX_TEXT = 500
MAX_LIMIT = 10_000
MAX_METRES = 5_000
MAX_HOURS = 24 * 366

#: In these numberings a code has four digits, of which two are the major class: what a spreadsheet took away can be put back.
FOUR_DIGITS = frozenset({"gb30428", "cjt214"})


@dataclass(frozen=True)
class Column:
    """One column of a sheet.

    Attributes:
        name: its heading.
        parse: gives the value of a cell's text, or raises ValueError with a `Message`.
        required: whether the column must be there, and each of its cells have text.
        otherwise: the value of a cell without text.
        digits: how many the codes have that stand here, in schemes of four digits; 0 where there are no codes.
        scheme: the column that names the scheme of the codes.
    """

    name: str
    parse: Callable[[str], Any]
    required: bool = True
    otherwise: Any = None
    digits: int = 0
    scheme: str = "scheme"


@dataclass(frozen=True)
class Sheet:
    """One sheet of a catalogue.

    Attributes:
        key: the columns that together tell its rows apart.
        required: whether a catalogue must have it.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool = True


def _text(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueError(Message("has more than %(most)d characters", most=MAX_TEXT))
    return text


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(
                Message("%(text)s is not one of %(allowed)s", text=_shown(text), allowed=", ".join(allowed))
            )
        return text

    return parse


def _limit(text: str) -> Decimal:
    try:
        limit = Decimal(text)
    except InvalidOperation:
        limit = Decimal(0)
    if not limit.is_finite() or not 0 < limit <= MAX_LIMIT:
        raise ValueError(
            Message("%(text)s is not a number above 0, up to %(most)d", text=_shown(text), most=MAX_LIMIT)
        )
    return limit


def _whole(most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
            raise ValueError(
                Message("%(text)s is not a whole number from 1 to %(most)d", text=_shown(text), most=most)
            )
        return int(text)

    return parse


def _shown(text: str) -> str:
    """What was found, short enough to be told."""
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


_SCHEME = Column("scheme", _text)
_KIND = Column("kind", _one_of(*KINDS))
_CODE = Column("code", _text, digits=4)

UNIT_TYPES = Sheet(
    "unit_types",
    (
        Column("code", _text),
        Column("name_zh", _text),
        Column("name_en", _text),
        Column("profession", _text, required=False, otherwise=""),
    ),
    key=("code",),
)

CATEGORIES = Sheet(
    "categories",
    (
        _SCHEME,
        _KIND,
        _CODE,
        Column("major_code", _text, digits=2),
        Column("major_zh", _text),
        Column("major_en", _text),
        Column("name_zh", _text),
        Column("name_en", _text),
        Column("unit_type", _text),
        Column("similar_metres", _whole(MAX_METRES), required=False, otherwise=50),
        Column("similar_hours", _whole(MAX_HOURS), required=False, otherwise=24),
    ),
    key=("scheme", "kind", "code"),
)

STANDARDS = Sheet(
    "standards",
    (
        _SCHEME,
        _KIND,
        _CODE,
        Column("condition_no", _whole(999)),
        Column("condition_zh", _text),
        Column("condition_en", _text),
        Column("limit", _limit),
        Column("unit_of_time", _one_of(*UNITS_OF_TIME)),
        Column("closing_zh", _text),
        Column("closing_en", _text),
        Column("unit_type", _text),
    ),
    key=("scheme", "kind", "code", "condition_no"),
)

EQUIVALENTS = Sheet(
    "equivalents",
    (
        _SCHEME,
        _KIND,
        _CODE,
        Column("other_scheme", _text),
        Column("other_code", _text, digits=4, scheme="other_scheme"),
    ),
    key=("scheme", "kind", "code", "other_scheme"),
    required=False,
)

#: In the order in which they are read and written.
SHEETS: Mapping[str, Sheet] = {one.name: one for one in (UNIT_TYPES, CATEGORIES, STANDARDS, EQUIVALENTS)}
