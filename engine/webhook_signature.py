"""Signatures of webhooks, by the specification Standard Webhooks (https://www.standardwebhooks.com): symmetric, version 1."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

PREFIX = "whsec_"
TOLERANCE = timedelta(minutes=5)

_VERSION = "v1"
#: A header may bring several signatures, while a secret is exchanged for another.
_MOST = 10


def new_secret() -> str:
    """A secret of 32 random bytes."""
    return encode_secret(secrets.token_bytes(32))


def encode_secret(key: bytes) -> str:
    """A secret in its written form, ``whsec_`` and base64."""
    return PREFIX + base64.b64encode(key).decode()


def decode_secret(secret: str) -> bytes:
    """The bytes of a written secret.

    Raises:
        ValueError: it is none, or not of 24 to 64 bytes.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret is whsec_ and base64") from error
    if not secret.startswith(PREFIX) or not 24 <= len(key) <= 64:
        raise ValueError("a secret is whsec_ and the base64 of 24 to 64 bytes")
    return key


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature of a message sent at a Unix time."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(decode_secret(secret), signed, hashlib.sha256).digest()
    return f"{_VERSION},{base64.b64encode(digest).decode()}"


def is_signed(
    secret: str, message_id: str, timestamp: str, signatures: str, body: bytes, now: datetime
) -> bool:
    """Whether one of the signatures of a message is right, and its time within `TOLERANCE` of now."""
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        return False
    expected = sign(secret, message_id, int(timestamp), body).encode()
    # Every one is compared, each in constant time.
    right = [hmac.compare_digest(expected, one.encode()) for one in signatures.split(" ")[:_MOST]]
    return any(right) and abs(int(timestamp) - now.timestamp()) <= TOLERANCE.total_seconds()
