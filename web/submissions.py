"""What a form carries from one attempt to the next: its own key, and photographs that were taken in already."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from engine.errors import Invalid
from engine.messages import Message
from handlers import photos
from web.installation import installation

MAX_PHOTOS = 6
_KEPT_FOR = 24 * 3600


def new_key() -> str:
    """A key for one submission: sent twice, it is done once."""
    return secrets.token_urlsafe(16)


def sent_key() -> str:
    """The key that came with the request, or a new one."""
    key = request.form.get("key", "")[:100]
    return key if key and key.isascii() and key.isprintable() else new_key()


def take_photos(purpose: str) -> list[Mapping[str, Any]]:
    """Store the photographs of the request; those kept from an earlier attempt come first.

    Raises:
        Invalid: names ``photos``: too many, or one that cannot be read.
    """
    rows = [row for row in map(_unsealed, request.form.getlist("kept")) if row]
    files = [one for one in request.files.getlist("photos") if one.filename]
    if len(rows) + len(files) > MAX_PHOTOS:
        message = Message("Add at most %(n)s photographs.", n=MAX_PHOTOS)
        raise Invalid(message, {"photos": message})
    folder = installation().settings.photos
    return [*rows, *(photos.store(folder, one.stream.read(), purpose) for one in files)]


def seal(row: Mapping[str, Any]) -> str:
    """A stored photograph as text that a page can carry and only this program can make."""
    return _serializer().dumps(dict(row))


def _unsealed(text: str) -> Mapping[str, Any] | None:
    try:
        row: Mapping[str, Any] = _serializer().loads(text, max_age=_KEPT_FOR)
    except BadSignature:
        return None
    return row


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="photographs")


def seals(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Seal and content hash of each photograph."""
    return [(seal(row), str(row["sha256"])) for row in rows]
