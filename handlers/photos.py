"""Photographs: cleaned, and kept under the hash of their content outside of everything that is served by itself."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.errors import Invalid, NotFound
from engine.messages import Message
from vision.photo import PhotoError, clean

PURPOSES = ("report", "verify", "handle", "check", "before", "begin", "half", "alarm")

_SHA256 = re.compile(r"[0-9a-f]{64}")


def store(folder: Path, content: bytes, purpose: str) -> dict[str, Any]:
    """Keep a photograph, and a thumbnail beside it; what is there already is left as it is.

    Args:
        folder: of all photographs (`engine.settings.Settings.photos`).
        content: the file as somebody sent it.
        purpose: one of `PURPOSES`.

    Returns:
        A row for `engine.reports.keep_photos`: sha256, media_type, bytes, width, height, purpose, taken_at, lon, lat.

    Raises:
        Invalid: it is no photograph, too large or damaged; names ``photos``. Nothing was written.
    """
    if purpose not in PURPOSES:
        raise ValueError(f"{purpose!r} is not one of {', '.join(PURPOSES)}")
    try:
        photo = clean(content)
    except PhotoError as error:
        message = Message(error.template, **error.values)
        raise Invalid(message, {"photos": message}) from error
    digest = hashlib.sha256(photo.jpeg).hexdigest()
    with _locked(folder, fcntl.LOCK_SH):
        _write(path_of(folder, digest, thumbnail=True), photo.thumbnail)
        _write(path_of(folder, digest), photo.jpeg)
    return {
        "sha256": digest,
        "media_type": "image/jpeg",
        "bytes": len(photo.jpeg),
        "width": photo.width,
        "height": photo.height,
        "purpose": purpose,
        "taken_at": photo.taken_at,
        "lon": photo.lon,
        "lat": photo.lat,
    }


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep everybody else from storing photographs in a folder meanwhile."""
    with _locked(folder, fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(folder: Path, operation: int) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, operation)
        yield
    finally:
        os.close(lock)


def path_of(folder: Path, sha256: str, *, thumbnail: bool = False) -> Path:
    """Where the photograph with a hash lies, whether it is there or not.

    Raises:
        NotFound: this is not the hash of a photograph.
    """
    if not _SHA256.fullmatch(sha256):
        raise NotFound(Message("There is no such photograph."))
    return folder / sha256[:2] / f"{sha256}{'.small' if thumbnail else ''}.jpg"


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, so that it survives a crash of the machine once this returns."""
    if path.exists():
        # Somebody wants it anew: `handlers.leftovers` goes by its age.
        os.utime(path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".incoming-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
