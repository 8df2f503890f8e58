"""Files: videos and folders of stills, played over and over by the clock, or once from beginning to end."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vision.errors import VisionError
from vision.frame import Frame, Picture
from vision.sources import formats, stills
from vision.sources.allowed import Allowed
from vision.sources.camera import Camera
from vision.sources.decoder import Decoder
from vision.sources.limits import Limits
from vision.sources.source import Source
from vision.sources.trouble import SourceTrouble

#: Until somebody says otherwise, what is played from beginning to end begins at this instant.
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

_STILLS = frozenset({".jpg", ".jpeg", ".png"})
_MOST_STILLS = 100_000
# A frame that is shown for so many seconds more than it should be is the last one.
_STANDING = 2.0


class FileCamera(Camera):
    """A file or folder as a camera: where in it now is, the clock says, so that all who watch it see the same."""

    def __init__(self, source: Source, limits: Limits, allowed: Allowed, decoder: Decoder | None) -> None:
        super().__init__(source, limits, decoder)
        self._allowed = allowed
        self._folder = _Folder()
        self._length: tuple[int, float] | None = None
        self._position = 0.0

    def _next(self, at: datetime) -> Frame:
        path = self._allowed.path(self.source.address)
        if path.is_dir():
            names = self._folder.names(path)
            name = names[math.floor(at.timestamp() / self.source.every) % len(names)]
            return stills.frame(_read(self._allowed.path(str(path / name)), self._limits), at, self._decoder)
        form = sniffed(path)
        if form == "still":
            return stills.frame(_read(path, self._limits), at, self._decoder)
        self._position = at.timestamp() % self._seconds(path, form)
        picture, begins = self._decoder.video(path, form, self._position)
        return Frame(picture, at, stream_at=begins)

    def packets(self, seconds: float) -> bytes | None:
        """The seconds before the frame that was given last; None for stills."""
        path = self._allowed.path(self.source.address)
        if path.is_dir() or (form := sniffed(path)) == "still":
            return None
        begin = max(self._position - min(seconds, self._limits.clip_seconds), 0.0)
        return self._decoder.clip(
            "cut",
            path=str(path),
            form=form,
            begin=begin,
            end=max(self._position, begin + 1.0),
            most=self._limits.clip_bytes,
        )

    def _seconds(self, path: Path, form: str) -> float:
        """How long a video lasts; asked once for each version of the file."""
        changed = path.stat().st_mtime_ns
        if self._length is None or self._length[0] != changed:
            length = self._decoder.length(path, form)
            if not length > 0:
                raise SourceTrouble("damaged", "the video does not say how long it is")
            self._length = changed, length
        return self._length[1]


def frames(
    path: Path, every: float, begin: datetime = BEGIN, limits: Limits | None = None
) -> Iterator[Frame]:
    """A video or a folder of stills, from beginning to end.

    Args:
        every: seconds from one frame to the next: of a video one is taken for each, of a folder each still is one.
        begin: when the first was taken.

    Raises:
        VisionError: the field ``path``: it is no video and no folder of stills, or it is damaged.
    """
    limits = limits or Limits()
    step = timedelta(seconds=every)
    with Decoder(limits) as decoder:
        try:
            if path.is_dir():
                for number, name in enumerate(_Folder().names(path)):
                    yield stills.frame(_read(path / name, limits), begin + number * step, decoder)
            elif (form := sniffed(path)) == "still":
                yield stills.frame(_read(path, limits), begin, decoder)
            else:
                for number, (seconds, picture) in enumerate(_sampled(path, form, every, decoder)):
                    yield Frame(picture, begin + number * step, stream_at=seconds)
        except (SourceTrouble, OSError) as error:
            raise VisionError(
                "%(path)s cannot be played: %(error)s.", field="path", path=path, error=error
            ) from None


def sniffed(path: Path) -> str:
    """What a file is, see `vision.sources.formats`.

    Raises:
        SourceTrouble: ``not_a_picture``; ``unreachable``, where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return formats.of(file.read(400))
    except OSError as error:
        raise SourceTrouble("unreachable", f"{path.name}: {error.strerror}") from None


class _Folder:
    """The stills of a folder in the order of their names, listed again when it changed."""

    def __init__(self) -> None:
        self._changed = 0
        self._names: list[str] = []

    def names(self, path: Path) -> list[str]:
        changed = path.stat().st_mtime_ns
        if not self._names or self._changed != changed:
            found = (entry.name for entry in os.scandir(path) if Path(entry.name).suffix.lower() in _STILLS)
            self._names = sorted(itertools.islice(found, _MOST_STILLS))
            self._changed = changed
        if not self._names:
            raise SourceTrouble("not_a_picture", f"there are no stills in {path.name}")
        return self._names


def _sampled(path: Path, form: str, every: float, decoder: Decoder) -> Iterator[tuple[float, Picture]]:
    """Frames of a video and their seconds, until its end: as it says, or where nothing follows that can be decoded."""
    length = decoder.length(path, form)
    number = 0
    while number == 0 or number * every < length:
        picture, begins = decoder.video(path, form, number * every)
        if number * every - begins > max(3 * every, _STANDING):
            return
        yield begins, picture
        number += 1


def _read(path: Path, limits: Limits) -> bytes:
    try:
        if path.stat().st_size > limits.still_bytes:
            raise SourceTrouble("too_large", f"{path.name} has more than {limits.still_bytes} bytes")
        return path.read_bytes()
    except OSError as error:
        raise SourceTrouble("unreachable", f"{path.name}: {error.strerror}") from None
