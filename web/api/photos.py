"""Photographs: uploaded and cleaned first, named in a report or a completion after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.errors import Invalid
from engine.messages import Message
from web.api import references
from web.api.callers import Call


def named_photos(call: Call, named: Sequence[str], purpose: str) -> list[dict[str, Any]]:
    """The rows of the photographs that a request names, each once, for a purpose.

    Raises:
        Invalid: one was not uploaded by the caller, or too long ago.
    """
    found, errors = {}, {}
    for index, reference in enumerate(named):
        row = references.read(reference, call.caller.person_id, call.uow.now)
        if row is None:
            errors[f"photos.{index}"] = Message("You uploaded no such photograph today: upload it again.")
        else:
            found[row["sha256"]] = {**row, "purpose": purpose}
    if errors:
        raise Invalid(Message("The request does not fit: see its fields."), errors)
    return list(found.values())
