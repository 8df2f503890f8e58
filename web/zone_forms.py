"""The form of a zone: its corners, hours and numbers as text, and what is wrong with them by field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from werkzeug.datastructures import MultiDict

from engine.errors import Invalid
from engine.messages import Message
from vision.zones import MAX_CORNERS

MAX_TEXT = 2000
MAX_PARTS = 20

#: What a number is where nothing was written.
_NUMBERS = {"dwell": 0.0, "grace": 60.0, "auto_score": 0.0}
#: What a Chinese keyboard writes for what is meant.
_WIDE = str.maketrans("：，－—–", ":,---")
_CORNER = re.compile(r"(-?\d*\.?\d{1,6}),(-?\d*\.?\d{1,6})", re.ASCII)
_PART = re.compile(r"(\d\d?:\d\d) ?- ?(\d\d?:\d\d)(?: +([1-7](?:,[1-7]){0,6}))?", re.ASCII)


def values_of(given: MultiDict[str, str]) -> dict[str, Any]:
    """What a form says, for `handlers.cameras.registry.save_zone`.

    Raises:
        Invalid: what cannot be read, by field.
    """
    problems: dict[str, Message] = {}
    values: dict[str, Any] = {
        "key": given.get("key", "").strip(),
        "name": given.get("name", "").strip()[:100],
        "type": given.get("type", ""),
        "rules": given.getlist("rules")[:MAX_PARTS],
        "auto_file": "auto_file" in given,
    }
    for name, read in (("outline", outline_of), ("hours", hours_of)):
        try:
            values[name] = read(given.get(name, ""))
        except ValueError as error:
            problems[name] = error.args[0]
    for name, otherwise in _NUMBERS.items():
        text = given.get(name, "").strip()
        try:
            values[name] = float(text) if text else otherwise
        except ValueError:
            problems[name] = Message("Write a number.")
    if problems:
        raise Invalid(Message("This zone cannot be kept."), problems)
    return values


def outline_of(text: str) -> list[list[float]]:
    """Corners of ``x,y x,y …``, shares of the picture.

    Raises:
        ValueError: with the message to show.
    """
    corners = text.split()
    found = [_CORNER.fullmatch(one) for one in corners[: MAX_CORNERS + 1]]
    if len(text) > MAX_TEXT or not all(found):
        raise ValueError(Message("Write corners as x,y with numbers from 0 to 1, and spaces between them."))
    return [[float(one[1]), float(one[2])] for one in found if one]


def hours_of(text: str) -> list[dict[str, Any]]:
    """Parts of the week, one a line: ``07:00-22:00``, with days behind it where it is not all: ``07:00-09:00 1,2,3,4,5``.

    Raises:
        ValueError: with the message to show.
    """
    written = text[:MAX_TEXT].translate(_WIDE)
    parts = [line.strip() for line in written.splitlines() if line.strip()]
    found = [_PART.fullmatch(one) for one in parts]
    wrong = Message("Write one part a line, as 07:00-22:00, or 07:00-09:00 1,2,3,4,5 for Monday to Friday.")
    if len(parts) > MAX_PARTS or not all(found):
        raise ValueError(wrong)
    hours = []
    for one in found:
        assert one is not None
        begin, end = one[1].zfill(5), one[2].zfill(5)
        try:
            time.fromisoformat(begin), time.fromisoformat(end)
        except ValueError as error:
            raise ValueError(wrong) from error
        days = [int(day) - 1 for day in one[3].split(",")] if one[3] else []
        hours.append({"begin": begin, "end": end, "days": days})
    return hours


def outline_text(outline: Sequence[Sequence[float]]) -> str:
    """Corners as a form has them."""
    return " ".join(f"{x:.4f},{y:.4f}" for x, y in outline)


def hours_text(hours: Sequence[Mapping[str, Any]]) -> str:
    """Hours as a form has them."""
    return "\n".join(
        f"{one['begin']}-{one['end']}"
        + (" " + ",".join(str(day + 1) for day in one["days"]) if one.get("days") else "")
        for one in hours
    )
