"""The gate for everything that becomes a variable: plain JSON, bounded, and a copy."""

import math
from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 32
MAX_ITEMS = 50_000
MAX_TEXT = 1_000_000
MAX_INTEGER = 2**63 - 1

# The library's serializer takes a mapping with this key for one of its own objects and cannot load it again.
RESERVED_KEYS = frozenset({"typename"})


class ValueRefusedError(ValueError):
    """A value that cannot be kept as a variable; the message names the variable and the reason."""


class _Copier:
    """Copies one value and counts its parts."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.items = 0
        self.text = 0

    def copy(self, value: Any, depth: int = 0) -> Any:
        self.items += 1
        if self.items > MAX_ITEMS:
            raise self.refuse(f"has more than {MAX_ITEMS} parts; keep large data in the case document")
        if depth > MAX_DEPTH:
            raise self.refuse(f"is nested deeper than {MAX_DEPTH} levels or contains itself")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int):
            if abs(value) > MAX_INTEGER:
                raise self.refuse("holds a whole number beyond 64 bits; store it as text")
            return int(value)
        if isinstance(value, float):
            if not math.isfinite(value):
                raise self.refuse("holds a number that is not finite")
            return float(value)
        if isinstance(value, list | tuple):
            return [self.copy(item, depth + 1) for item in value]
        if isinstance(value, Mapping):
            return {self._key(key): self.copy(item, depth + 1) for key, item in value.items()}
        raise self.refuse(
            f"holds a {type(value).__name__}, which is not JSON; convert it to text, number, list or mapping"
        )

    def _text(self, value: str) -> str:
        self.text += len(value)
        if self.text > MAX_TEXT:
            raise self.refuse(f"holds more than {MAX_TEXT} characters; keep long texts in the case document")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise self.refuse("holds a half surrogate, which is not valid text") from None
        return str(value)

    def _key(self, key: Any) -> str:
        if not isinstance(key, str):
            raise self.refuse(f"has the key {key!r}; keys must be text")
        if key in RESERVED_KEYS:
            raise self.refuse(f"has the reserved key {key!r}; rename it")
        return self._text(key)

    def refuse(self, reason: str) -> ValueRefusedError:
        return ValueRefusedError(f"variable {self.name!r} {reason}")


def json_value(name: str, value: Any) -> Any:
    """Return a deep copy of `value` as plain JSON (tuples become lists). Raises ValueRefusedError naming it."""
    return _Copier(name).copy(value)


def json_mapping(values: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a set of variables. Raises ValueRefusedError naming the first that cannot be kept."""
    copied = {}
    for name, value in values.items():
        if type(name) is not str or not name:
            raise ValueRefusedError(f"variable name {name!r} must be non-empty text")
        if name in RESERVED_KEYS:
            raise ValueRefusedError(f"variable {name!r} has a reserved name; rename it")
        copied[name] = json_value(name, value)
    return copied
