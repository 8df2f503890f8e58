"""Stills: the newest picture of each camera, and one a minute of the last hours, to draw zones on and to try rules with.

They lie in files, the oldest are removed, and no more than a bound is kept of any camera; they are no evidence.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.errors import NotFound
from engine.messages import Message
from engine.settings import Settings

#: One still is kept in so many seconds, so many of them, and so many bytes of one camera at most.
EVERY = timedelta(seconds=60)
MOST, MAX_BYTES = 120, 24 * 1024 * 1024
_FORM = "%Y%m%dT%H%M%S.%fZ.jpg"
_NEWEST = "newest.jpg"


@dataclass(frozen=True)
class Still:
    """A picture as it is kept.

    Attributes:
        at: when it was taken, in UTC.
        path: of the JPEG file; it may be gone a moment later.
    """

    at: datetime
    path: Path

    def read(self) -> bytes:
        """Its bytes.

        Raises:
            NotFound: it was removed by now.
        """
        try:
            return self.path.read_bytes()
        except FileNotFoundError as error:
            raise NotFound(Message("This picture is not kept any more.")) from error


class Stills:
    """The stills of all cameras of an installation."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.cameras / "stills"

    def keep(self, camera_id: int, at: datetime, jpeg: bytes, *, recent: bool) -> None:
        """Keep a picture as the newest.

        Args:
            recent: whether it is one of those that stay for the last hours, too.
        """
        folder = self._folder / str(camera_id)
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / _NEWEST, at, jpeg)
        if recent:
            _write(folder / at.astimezone(UTC).strftime(_FORM), at, jpeg)
            _forget(folder)

    def newest(self, camera_id: int) -> Still | None:
        """The last picture of a camera that was kept, or None."""
        path = self._folder / str(camera_id) / _NEWEST
        try:
            return Still(datetime.fromtimestamp(path.stat().st_mtime, UTC), path)
        except FileNotFoundError:
            return None

    def recent(self, camera_id: int) -> list[Still]:
        """Those of the last hours, the oldest first."""
        folder = self._folder / str(camera_id)
        return [Still(_taken(path), path) for path in _of_the_ring(folder)]

    def forget_others(self, camera_ids: Container[int]) -> int:
        """Remove the stills of all cameras but these; gives of how many."""
        if not self._folder.is_dir():
            return 0
        others = [one for one in self._folder.iterdir() if int(one.name) not in camera_ids]
        for folder in others:
            shutil.rmtree(folder, ignore_errors=True)
        return len(others)


def _of_the_ring(folder: Path) -> list[Path]:
    return sorted(folder.glob("2*Z.jpg")) if folder.is_dir() else []


def _taken(path: Path) -> datetime:
    return datetime.strptime(path.name, _FORM).replace(tzinfo=UTC)


def _write(path: Path, at: datetime, content: bytes) -> None:
    """Write a file whole or not at all, dated when its picture was taken."""
    file = tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False)  # noqa: SIM115 - closed below
    try:
        with file:
            file.write(content)
        # A temporary file is its owner's alone, and so is a still.
        os.utime(file.name, (at.timestamp(), at.timestamp()))
        Path(file.name).replace(path)
    except OSError:
        # On a disk that is full each try would leave one more.
        Path(file.name).unlink(missing_ok=True)
        raise


def _forget(folder: Path) -> None:
    """Remove what is too much, the oldest first."""
    kept = 0
    for number, path in enumerate(reversed(_of_the_ring(folder))):
        kept += path.stat().st_size
        if number >= MOST or kept > MAX_BYTES:
            path.unlink(missing_ok=True)
