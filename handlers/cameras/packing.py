"""Values of JSON as few bytes, and back; for what is kept of a camera's health."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import zstandard

#: What is unpacked is never more than that.
MAX_BYTES = 4 * 1024 * 1024


def packed(values: Mapping[str, Any]) -> bytes:
    """Values of JSON, compressed."""
    return zstandard.compress(orjson.dumps(values))


def unpacked(content: bytes) -> dict[str, Any] | None:
    """What `packed` made of them; None where there is nothing, or nothing that can be read."""
    try:
        with zstandard.ZstdDecompressor().stream_reader(content) as reader:
            values = orjson.loads(reader.read(MAX_BYTES))
    except (zstandard.ZstdError, orjson.JSONDecodeError):
        return None
    return values if isinstance(values, dict) else None
