"""Plain values with bytes among them as few bytes, and back; for what is kept of a camera's health."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import orjson
import zstandard

#: What is unpacked is never more than that.
MAX_BYTES = 4 * 1024 * 1024
_BYTES = "bytes:"


def packed(values: Mapping[str, Any]) -> bytes:
    """Values of JSON, and bytes among them, compressed."""
    plain = {
        name: _BYTES + b64encode(one).decode() if isinstance(one, bytes) else one
        for name, one in values.items()
    }
    return zstandard.compress(orjson.dumps(plain, option=orjson.OPT_SERIALIZE_NUMPY))


def unpacked(content: bytes) -> dict[str, Any] | None:
    """What `packed` made of; None where there is nothing, or nothing that can be read."""
    try:
        plain = orjson.loads(zstandard.ZstdDecompressor().decompress(content, MAX_BYTES))
    except (zstandard.ZstdError, orjson.JSONDecodeError):
        return None
    if not isinstance(plain, dict):
        return None
    return {name: _value(one) for name, one in plain.items()}


def _value(one: Any) -> Any:
    if isinstance(one, str) and one.startswith(_BYTES):
        return b64decode(one.removeprefix(_BYTES))
    return one
