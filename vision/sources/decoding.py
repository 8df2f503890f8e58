"""Decoding, in the decoder's process: stills by OpenCV, video by FFmpeg, which is given bytes and never an address."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vision.sources.trouble import SourceTrouble

# A bounded child decodes one picture at a time: threads would only take memory.
cv2.setNumThreads(1)
av.logging.set_level(None)

#: Containers that are read, forced by name: FFmpeg does not guess, so that no playlist is ever taken for one.
FORMATS = frozenset({"mov", "matroska", "avi", "mpegts"})
CODECS = frozenset({"h264", "hevc", "mjpeg"})

# Nothing inside a file makes FFmpeg open another: no protocol but one that opens nothing.
_CLOSED = {"protocol_whitelist": "data"}
_PACKETS = 100_000
# How many seconds of a file are decoded rather than skipped, and how many damaged packets are passed over in a row.
_FORWARD = 20.0
_DAMAGED_PACKETS = 50


class Outbox:
    """Where pictures and clips are put for the parent.

    Args:
        pixels: how many a picture may have.
    """

    def __init__(self, memory: memoryview, pixels: int) -> None:
        self._memory = memory
        self.pixels = pixels

    def picture(self, picture: np.ndarray[Any, Any]) -> dict[str, Any]:
        """Put a picture; the answer says how large it is."""
        rows, columns = picture.shape[:2]
        self.check(columns, rows)
        np.copyto(
            np.frombuffer(self._memory, np.uint8, rows * columns * 3).reshape(rows, columns, 3), picture
        )
        return {"width": columns, "height": rows}

    def clip(self, data: memoryview) -> dict[str, Any]:
        """Put the bytes of a clip."""
        if len(data) > len(self._memory):
            raise SourceTrouble("too_large", f"the clip has {len(data)} bytes")
        self._memory[: len(data)] = data
        return {"size": len(data)}

    def check(self, width: int, height: int) -> None:
        """Refuse what has more pixels than it may."""
        if width * height > self.pixels:
            raise SourceTrouble("too_large", f"{width} x {height} pixels are more than {self.pixels}")


def still(inbox: memoryview, outbox: Outbox) -> dict[str, Any]:
    """A JPEG or PNG."""
    try:
        picture = cv2.imdecode(np.frombuffer(inbox, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        if error.code == -4:  # cv::Error::StsNoMem
            raise MemoryError from None
        raise SourceTrouble("damaged", f"the still cannot be decoded: {error.err}") from None
    if picture is None:
        raise SourceTrouble("damaged", "the still cannot be decoded")
    return outbox.picture(picture)


def unit(inbox: memoryview, outbox: Outbox, codec: str) -> dict[str, Any]:
    """One access unit with a key frame and its parameter sets."""
    if codec not in CODECS:
        raise SourceTrouble("not_a_picture", f"the stream is {codec}")
    context = cast(VideoCodecContext, av.CodecContext.create(codec, "r"))
    _careful(context, outbox.pixels)
    for frame in [*context.decode(av.Packet(bytes(inbox))), *context.decode(None)]:
        return _put(frame, outbox)
    raise SourceTrouble("damaged", "the key frame cannot be decoded")


def segment(inbox: memoryview, outbox: Outbox, form: str, at: float) -> dict[str, Any]:
    """The last key frame of a segment that begins so many seconds after the segment or earlier, and when it does."""
    with opened(io.BytesIO(inbox), form, outbox.pixels) as container:
        stream = video_stream(container)
        first: float | None = None
        chosen, seconds = None, 0.0
        for count, packet in enumerate(container.demux(stream)):
            if count > _PACKETS:
                raise SourceTrouble("too_large", "the segment has too many packets")
            if not packet.size or packet.pts is None or packet.time_base is None:
                continue
            shown = float(packet.pts * packet.time_base)
            first = shown if first is None else first
            if packet.is_keyframe and (chosen is None or shown - first <= at):
                chosen, seconds = packet, shown - first
        if chosen is not None:
            for frame in [*stream.codec_context.decode(chosen), *stream.codec_context.decode(None)]:
                return {**_put(frame, outbox), "seconds": seconds}
    raise SourceTrouble("damaged", "the segment has no key frame that can be decoded")


def video(inbox: memoryview, outbox: Outbox, path: str, form: str, at: float) -> dict[str, Any]:
    """The frame of a file that is shown at so many seconds from its beginning, the last one after its end."""
    frame = _Reader.of(path, form, outbox.pixels).frame(at)
    return {**_put(frame, outbox), "seconds": frame.time or 0.0}


def length(inbox: memoryview, outbox: Outbox, path: str, form: str) -> dict[str, Any]:
    """How many seconds a file lasts."""
    with Path(path).open("rb") as file, opened(file, form, outbox.pixels) as container:
        stream = video_stream(container)
        if stream.duration and stream.time_base:
            return {"seconds": float(stream.duration * stream.time_base)}
        return {"seconds": (container.duration or 0) / av.time_base}


def opened(file: Any, form: str, pixels: int) -> InputContainer:
    """A container of bytes or of an open file; its video is decoded carefully.

    Raises:
        SourceTrouble: ``not_a_picture``, ``too_large``.
    """
    if form not in FORMATS:
        raise SourceTrouble("not_a_picture", f"{form} is not read")
    container = cast(InputContainer, av.open(file, format=form, options=_CLOSED, metadata_errors="replace"))
    for stream in container.streams.video[:1]:
        if stream.codec_context.width * stream.codec_context.height > pixels:
            raise SourceTrouble(
                "too_large", f"{stream.codec_context.width} x {stream.codec_context.height} pixels"
            )
        _careful(stream.codec_context, pixels)
    return container


def video_stream(container: InputContainer) -> VideoStream:
    """The first video of a container."""
    for stream in container.streams.video:
        return stream
    raise SourceTrouble("not_a_picture", "it has no video")


def _careful(context: VideoCodecContext, pixels: int) -> None:
    context.thread_count = 1
    context.skip_frame = "NONKEY"
    context.options = {"max_pixels": str(pixels)}


def _put(frame: VideoFrame, outbox: Outbox) -> dict[str, Any]:
    outbox.check(frame.width, frame.height)
    return outbox.picture(frame.to_ndarray(format="bgr24"))


class _Reader:
    """A video file that was asked for lately: going on in it costs less than beginning anew."""

    _latest: _Reader | None = None

    def __init__(self, path: str, form: str, pixels: int) -> None:
        self._key = _identity(path, form)
        self._container = opened(Path(path).open("rb"), form, pixels)  # noqa: SIM115 - as long as it is read
        self._stream = video_stream(self._container)
        self._stream.codec_context.skip_frame = "DEFAULT"
        self._begin = float((self._stream.start_time or 0) * (self._stream.time_base or 0))
        self._frames: Iterator[VideoFrame] = self._container.decode(self._stream)
        self._shown: VideoFrame | None = None
        self._ahead: VideoFrame | None = None

    @classmethod
    def of(cls, path: str, form: str, pixels: int) -> _Reader:
        """The reader of this file; another file's, or that of a file that was written anew, is given up."""
        if cls._latest is None or cls._latest._key != _identity(path, form):
            cls._latest = None
            cls._latest = cls(path, form, pixels)
        return cls._latest

    def frame(self, at: float) -> VideoFrame:
        """The last frame that begins at or before so many seconds from the beginning."""
        wanted = at + self._begin + 1e-6
        if (
            self._shown is not None
            and not self._time(self._shown) <= wanted <= self._time(self._shown) + _FORWARD
        ):
            self._seek(wanted)
        while self._ahead is None or self._time(self._ahead) <= wanted:
            self._shown = self._ahead or self._shown
            self._ahead = self._following()
            if self._ahead is None:
                break
        frame = self._shown or self._ahead
        if frame is None:
            raise SourceTrouble("damaged", "no frame of the video can be decoded")
        return frame

    def _following(self) -> VideoFrame | None:
        """The next frame that can be decoded; None at the end."""
        for _ in range(_DAMAGED_PACKETS):
            try:
                return next(self._frames, None)
            except av.error.InvalidDataError:
                self._frames = self._container.decode(self._stream)
        raise SourceTrouble("damaged", "too much of the video cannot be decoded")

    def _time(self, frame: VideoFrame) -> float:
        return frame.time or 0.0

    def _seek(self, wanted: float) -> None:
        self._container.seek(int(wanted * av.time_base), backward=True)
        self._frames = self._container.decode(self._stream)
        self._shown = self._ahead = None


def _identity(path: str, form: str) -> tuple[Any, ...]:
    status = os.stat(path)
    return path, form, status.st_mtime_ns, status.st_size
