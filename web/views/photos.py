"""Photographs of a case, for those who may see the case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request, send_file
from flask.typing import ResponseReturnValue

from engine import cases
from engine.actors import Actor
from engine.errors import NotFound
from engine.messages import Message
from engine.store import attachments
from engine.store.unit_of_work import UnitOfWork
from handlers import photos
from web.access import for_people
from web.installation import installation

blueprint = Blueprint("photos", __name__, url_prefix="/cases/<int:case_id>/photos")

_YEAR = 365 * 24 * 3600


@blueprint.get("/<sha256>")
@for_people
def show(uow: UnitOfWork, actor: Actor, case_id: int, sha256: str) -> ResponseReturnValue:
    """A photograph in full."""
    return _send(uow, actor, case_id, sha256, thumbnail=False)


@blueprint.get("/<sha256>/small")
@for_people
def thumbnail(uow: UnitOfWork, actor: Actor, case_id: int, sha256: str) -> ResponseReturnValue:
    """A photograph in small."""
    return _send(uow, actor, case_id, sha256, thumbnail=True)


def _send(
    uow: UnitOfWork, actor: Actor, case_id: int, sha256: str, *, thumbnail: bool
) -> ResponseReturnValue:
    cases.visible_case(uow, case_id, actor)
    row = attachments.read(uow.conn, case_id, sha256)
    if row is None:
        raise NotFound(Message("There is no such photograph."))
    return send(row, thumbnail=thumbnail)


def send(row: Mapping[str, Any], *, thumbnail: bool) -> ResponseReturnValue:
    """A photograph in full or in small, for somebody who may see it.

    Args:
        row: of `engine.store.attachments`.

    Raises:
        NotFound: it is not stored here.
    """
    sha256 = row["sha256"]
    path = photos.path_of(installation().settings.photos, sha256, thumbnail=thumbnail)
    if not path.is_file():
        raise NotFound(Message("This photograph is no longer stored here."))
    response = send_file(path, mimetype=row["media_type"], conditional=False, etag=False)
    response.set_etag(f"{sha256}{'-small' if thumbnail else ''}")
    # The address names the content; but who may see it is for this server to say, so no shared cache keeps it.
    response.cache_control.private = True
    response.cache_control.public = False
    response.cache_control.no_cache = None
    response.cache_control.max_age = _YEAR
    response.cache_control.immutable = True
    return response.make_conditional(request)
