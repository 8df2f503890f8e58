"""Identifiers in addresses: whole numbers that the database can have; any other address leads nowhere."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import IntegerConverter, Map

MAX_ID = 2**63 - 1


class Identifier(IntegerConverter):
    """``<int:…>`` in the addresses of this application."""

    def __init__(self, map: Map, *args: Any, **options: Any) -> None:  # noqa: A002 - named by the library
        super().__init__(map, *args, **{"max": MAX_ID, **options})
