"""Faults of expressions: where they are and what to do, for people who know their city, not Python.

Brackets and quotes that are not closed, signs of a Chinese keyboard, ``&&`` for ``and``: what is written instead of what the language has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from vision.errors import VisionError

MAX_DEPTH = 12

#: Characters of a text, from 0: the first of a part, and the one behind it.
Place = tuple[int, int]

#: What is written for what the language has another sign or word for.
SIGNS: Mapping[str, str] = {
    **dict(zip("，（）“”‘’＞＜＋－＊／：。", ',()""""><+-*/:.', strict=True)),
    **dict(zip("＝≥≤≠×÷", ("==", ">=", "<=", "!=", "*", "/"), strict=True)),
    **dict(zip(("=", "=>", "=<", "<>"), ("==", ">=", "<=", "!="), strict=True)),
    **dict.fromkeys(("&&", "&", "且", "并且"), "and"),
    **dict.fromkeys(("||", "|", "或", "或者"), "or"),
    **dict.fromkeys(("!", "非"), "not"),
}
_PAIRS = ("=>", "=<", "<>", "&&", "||")
_WORD = re.compile(r"\w+")


class Misread(VisionError):
    """An expression that is not of the language.

    Args:
        place: the part of the text that is wrong; nothing of it where something is missing at the end.
    """

    def __init__(self, template: str, place: Place, **values: object) -> None:
        super().__init__(template, field="expression", **values)
        self.place = place


def unreadable(text: str, message: str, at: int) -> Misread:
    """What to say of a text that is no expression at all.

    Args:
        message: what Python says of it.
        at: the character of which it says that.
    """
    if at < 0 or at >= len(text.rstrip()):
        return Misread("Something is missing at the end.", (len(text), len(text)))
    sign = next((one for one in _around(text, at) if one in SIGNS), None)
    if sign is not None:
        begin = text.index(sign, max(0, at - 1))
        place = (begin, begin + len(sign))
        return Misread("Write %(right)s in place of %(sign)s.", place, right=SIGNS[sign], sign=sign)
    place = next((one.span() for one in _WORD.finditer(text) if at in range(*one.span())), (at, at + 1))
    written = text[slice(*place)]
    if written.lower() in ("and", "or", "not") and written != written.lower():
        right = written.lower()
        return Misread("Write %(right)s in place of %(sign)s.", place, right=right, sign=written)
    if text[at] == "\u3000":
        return Misread("Write an ordinary space here.", place)
    if "too many nested" in message:
        return Misread("Nest it at most %(most)d deep.", place, most=MAX_DEPTH)
    if "never closed" in message:
        return Misread("This bracket is not closed: write one more behind it.", place)
    if "unmatched" in message or "does not match" in message:
        return Misread("This bracket closes none that is open.", place)
    if "unterminated" in message:
        return Misread("This quotation mark is not closed.", (at, len(text)))
    if "leading zeros" in message:
        return Misread("Write numbers without 0 before them, and times of the day in quotes.", place)
    return Misread(
        "This does not fit here: join conditions by and, or, not; compare with <, <=, >, >=, == or !=.",
        place,
    )


def _around(text: str, at: int) -> Iterator[str]:
    """The signs and words that a fault at a character may be about, the longer ones first."""
    for begin in (at - 1, at):
        yield from (text[begin : begin + 2] for _ in range(begin >= 0) if text[begin : begin + 2] in _PAIRS)
    word = _WORD.match(text, at)
    yield from ([word[0]] if word else [])
    yield text[at]
