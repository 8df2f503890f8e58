"""References: what stands for an uploaded photograph until a case takes it, signed, so that no table is needed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

#: How long an uploaded photograph can be named.
LIFETIME = timedelta(days=1)


def sign(row: Mapping[str, Any], person_id: int, now: datetime) -> str:
    """A reference to a stored photograph for the person who uploaded it."""
    until = int((now + LIFETIME).timestamp())
    signed: str | bytes = _signer().dumps([person_id, until, dict(row)])
    return signed if isinstance(signed, str) else signed.decode()


def read(reference: str, person_id: int, now: datetime) -> dict[str, Any] | None:
    """The row that a reference stands for; None if it was not made here, for somebody else, or too long ago."""
    try:
        whose, until, row = _signer().loads(reference)
    except BadData:
        return None
    if whose != person_id or until < now.timestamp():
        return None
    found: dict[str, Any] = row
    return found


def _signer() -> URLSafeSerializer:
    key = current_app.secret_key
    if not key:
        raise RuntimeError("the application has no SECRET_KEY")
    return URLSafeSerializer(key, salt="gridcase.api.photo")
