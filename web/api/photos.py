"""Photographs: uploaded and cleaned first, named in a report or a completion after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import Invalid
from engine.messages import Message
from handlers import photos
from web.api import references
from web.api.answers import StoredPhoto
from web.api.blueprint import REPORTS, api, outside_transaction, refusals
from web.api.callers import Call
from web.api.requests import NewPhoto
from web.installation import installation
from web.people import Person

#: What a photograph shows that is sent with a step of a stage; of every other stage, what was reported.
PURPOSES: Mapping[str, str] = {"verifying": "verify", "handling": "handle", "checking": "check"}


@api.post("/photos", tags=[REPORTS], responses={201: StoredPhoto, **refusals(413, 415)})
@outside_transaction
def upload_photo(caller: Person, form: NewPhoto) -> tuple[StoredPhoto, int]:
    """Store a photograph, and get the identifier under which a report or a completion names it."""
    parts = installation()
    try:
        row = photos.store(parts.settings.photos, form.photo.read(), "report")
    except Invalid as error:
        raise Invalid(error.args[0], {"photo": error.fields.get("photos", error.args[0])}) from error
    reference = references.sign(row, caller.id, parts.database.clock.now())
    return StoredPhoto.model_validate({**row, "id": reference}), 201


def named_photos(call: Call, named: Sequence[str], purpose: str) -> list[dict[str, Any]]:
    """The rows of the photographs that a request names, each once, for a purpose.

    Raises:
        Invalid: one was not uploaded by the caller, or too long ago.
    """
    found, errors = {}, {}
    for index, reference in enumerate(named):
        row = references.read(reference, call.caller.id, call.uow.now)
        if row is None:
            errors[f"photos.{index}"] = Message("You uploaded no such photograph today: upload it again.")
        else:
            found[row["sha256"]] = {**row, "purpose": purpose}
    if errors:
        raise Invalid(Message("The request does not fit: see its fields."), errors)
    return list(found.values())
