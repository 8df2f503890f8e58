"""What is filled in, before anything is made of it: texts, numbers and lists of a size that checking and storing them can bear."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from engine.messages import Message

MAX_TEXT = 4000
MAX_ITEMS = 50
MAX_DEPTH = 6
MAX_NUMBER = 2**63 - 1


def unfit(values: Mapping[str, Any], properties: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What no form can take, whatever it says, and texts that are longer than their field: a message for each field."""
    errors: dict[str, str] = {}
    for name, value in values.items():
        described = properties.get(name, {})
        # Blanks are nothing written, where something must be.
        needed = described.get("minLength", 0) > 0
        problem = next(_problems(value, longest(described), 0, needed), None)
        if problem is not None:
            errors[name] = problem
    return errors


def longest(described: Mapping[str, Any]) -> int:
    """How long the texts of a field may be."""
    limit = described.get("maxLength", MAX_TEXT)
    return min(int(limit), MAX_TEXT)


def _problems(value: Any, limit: int, depth: int, needed: bool = False) -> Iterator[Message]:
    if isinstance(value, str):
        if needed and not value.strip():
            yield Message("Fill this in.")
        if len(value) > limit:
            yield Message("Write at most %(n)s characters.", n=limit)
        if "\x00" in value:
            yield Message("Remove the characters that cannot be shown.")
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield Message("This must be of the type %(type)s.", type="number")
    elif isinstance(value, int):
        if abs(value) > MAX_NUMBER:
            yield Message("Give %(n)s or less.", n=MAX_NUMBER)
    elif isinstance(value, list | dict):
        yield from _inside(value, depth)


def _inside(value: list[Any] | dict[str, Any], depth: int) -> Iterator[Message]:
    if len(value) > MAX_ITEMS:
        yield Message("Give at most %(n)s.", n=MAX_ITEMS)
    elif depth >= MAX_DEPTH:
        yield Message("This is nested too deeply.")
    else:
        parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        for part in parts:
            yield from _problems(part, MAX_TEXT, depth + 1)
