"""The list that a page was opened from: its address carries the filters on, so that one goes on in the same list."""

from __future__ import annotations

from typing import Any

from flask import request

#: What of an address says which list is meant.
NAMES = ("view", "q", "stage", "category", "unit")


def listed() -> dict[str, Any]:
    """The list as the address of the request says it; empty if the page was opened from elsewhere."""
    given = request.args
    return {name: given[name] for name in NAMES if given.get(name)} if "view" in given else {}
