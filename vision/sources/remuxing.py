"""Clips, in the decoder's process: original packets put into an MP4 file, never encoded again."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from vision.sources.decoding import CODECS, Outbox, opened, video_stream
from vision.sources.trouble import SourceTrouble

#: Of RTP's video (RFC 6184, section 5.1).
_CLOCK = 90_000


def units(
    inbox: memoryview, outbox: Outbox, codec: str, units: list[list[int]], width: int, height: int
) -> dict[str, Any]:
    """Access units as they came by RTP, in the order of decoding.

    Args:
        units: of each its bytes, its time in ticks of 90 kHz from the first, and whether it is a key frame.
    """
    if codec not in CODECS:
        raise SourceTrouble("not_a_picture", f"the stream is {codec}")
    target = io.BytesIO()
    decoded = _decoding_times([ticks for _, ticks, _ in units])
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_mux_stream(codec, width=width, height=height, rate=25)
        stream.time_base = Fraction(1, _CLOCK)
        place = 0
        for (size, ticks, key), dts in zip(units, decoded, strict=True):
            packet = Packet(bytes(inbox[place : place + size]))
            place += size
            packet.stream, packet.time_base = stream, Fraction(1, _CLOCK)
            packet.pts, packet.dts, packet.is_keyframe = ticks, dts, bool(key)
            container.mux(packet)
    return outbox.clip(target.getbuffer())


def segments(inbox: memoryview, outbox: Outbox, form: str, sizes: list[int]) -> dict[str, Any]:
    """Segments of HLS that follow each other."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as output:
        copy = _Copy(output)
        place = 0
        for size in sizes:
            with opened(io.BytesIO(inbox[place : place + size]), form, outbox.pixels) as container:
                copy.take(container)
            place += size
        copy.check()
    return outbox.clip(target.getbuffer())


def cut(
    inbox: memoryview, outbox: Outbox, path: str, form: str, begin: float, end: float, most: int
) -> dict[str, Any]:
    """A part of a file, from the last key frame at or before its beginning, of so many bytes at most."""
    target = io.BytesIO()
    with (
        Path(path).open("rb") as file,
        opened(file, form, outbox.pixels) as container,
        av.open(target, "w", format="mp4") as output,
    ):
        stream = video_stream(container)
        start = float((stream.start_time or 0) * (stream.time_base or 0))
        container.seek(int((start + begin) * av.time_base), backward=True)
        copy = _Copy(output)
        copy.take(container, until=start + end, most=most)
        copy.check()
    return outbox.clip(target.getbuffer())


class _Copy:
    """Packets of one video after another, put into one file that begins at zero with a key frame."""

    def __init__(self, output: OutputContainer) -> None:
        self._output = output
        self._stream: VideoStream | None = None
        self._origin = 0
        self._last = -1

    def take(self, container: InputContainer, until: float | None = None, most: int | None = None) -> None:
        source = video_stream(container)
        taken = 0
        for packet in container.demux(source):
            if packet.dts is None or not packet.size or packet.time_base is None:
                continue
            taken += packet.size
            if until is not None and packet.dts * packet.time_base >= until:
                return
            if most is not None and taken > most:
                return
            if self._stream is None:
                if not packet.is_keyframe:
                    continue
                self._stream = self._output.add_stream_from_template(source)
                self._origin = packet.dts
            self._put(packet)

    def check(self) -> None:
        """Refuse a clip in which there is nothing."""
        if self._stream is None:
            raise SourceTrouble("damaged", "there is no key frame in what is kept")

    def _put(self, packet: Packet[VideoStream]) -> None:
        assert packet.dts is not None, "what has no time is not taken"
        assert self._stream is not None, "the file was begun"
        packet.stream = self._stream
        shown = packet.pts if packet.pts is not None else packet.dts
        # The clock of a stream may begin anew in the middle of it: what follows is put right behind.
        packet.dts = max(packet.dts - self._origin, self._last + 1)
        packet.pts = max(shown - self._origin, packet.dts)
        self._last = packet.dts
        self._output.mux(packet)


def _decoding_times(shown: list[int]) -> list[int]:
    """When to decode units that are shown at these ticks: in order, none later than it is shown."""
    ordered = sorted(shown)
    late = max((first - own for first, own in zip(ordered, shown, strict=True)), default=0)
    return [ticks - late for ticks in ordered]
