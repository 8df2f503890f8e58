"""The decoder: bytes from outside become pictures in a process of their own, bounded in time and memory.

One serves all cameras of a watch. It keeps nothing of theirs but its place in one file, so that when it is killed or dies over
what one camera sent, the others notice nothing but the time that it takes to start another.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from vision.frame import Picture
from vision.sources import header
from vision.sources.bounded import Answer, Bounded
from vision.sources.limits import Limits
from vision.sources.trouble import SourceTrouble


class Decoder:
    """Pictures and clips of bytes. May be used from several threads, which wait for each other; ends with its block.

    Its process starts when it is first asked for something. Every method raises `SourceTrouble` of the kinds ``too_large``,
    ``not_a_picture`` and ``damaged``; the last also for what the process did not survive.

    Args:
        limits: its bounds on pixels, memory and the time of one picture.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._process = Bounded(self._limits)

    @property
    def pid(self) -> int | None:
        """The process that decodes, where one runs."""
        return self._process.pid

    def begin(self) -> None:
        """Start the process before anything is asked for, which takes a second or more on a machine with nothing to spare.

        Raises:
            RuntimeError: it does not start.
        """
        self._process.begin()

    @property
    def worked(self) -> float:
        """Seconds of a processor that its processes have taken so far, those that ended included."""
        return self._process.worked

    def still(self, data: bytes) -> Picture:
        """A JPEG or PNG, once its header says that it is not too large."""
        header.read(data, self._limits.pixels)
        return _picture(self._process.ask("still", data))

    def unit(self, data: bytes, codec: str) -> Picture:
        """An access unit of a key frame with its parameter sets; H.264 and H.265 in the form of their annex B."""
        return _picture(self._process.ask("unit", data, codec=codec))

    def segment(self, data: bytes, form: str, at: float) -> tuple[Picture, float]:
        """The key frame of a segment of HLS that is shown so many seconds after its beginning, and since when it is."""
        answer = self._process.ask("segment", data, form=form, at=at)
        return _picture(answer), answer.seconds

    def video(self, path: Path, form: str, at: float) -> tuple[Picture, float]:
        """The frame of a video file that is shown at so many seconds, and since when it is."""
        answer = self._process.ask("video", path=str(path), form=form, at=at)
        return _picture(answer), answer.seconds

    def length(self, path: Path, form: str) -> float:
        """How many seconds a video file lasts, as it says."""
        return self._process.ask("length", path=str(path), form=form).seconds

    def clip(self, work: str, parts: Sequence[bytes] = (), **given: Any) -> bytes:
        """A clip as MP4 without encoding anything again, by ``remux``, ``splice`` or ``cut`` of `vision.sources.remuxing`."""
        answer = self._process.ask(work, b"".join(parts), **given)
        if not answer.clip:
            raise SourceTrouble("damaged", "the clip is empty")
        return answer.clip

    def close(self) -> None:
        """End the process and give the memory back."""
        self._process.close()

    def __enter__(self) -> Decoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _picture(answer: Answer) -> Picture:
    if answer.picture is None:
        raise SourceTrouble("damaged", "the decoder gave no picture")
    return answer.picture
