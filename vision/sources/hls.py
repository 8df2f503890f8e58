"""HLS cameras: the newest segment is fetched, and shown as fast as it was filmed: one segment late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from vision.frame import Frame
from vision.sources import formats, playlist
from vision.sources.allowed import Allowed
from vision.sources.camera import Camera
from vision.sources.decoder import Decoder
from vision.sources.http import Client
from vision.sources.limits import Limits
from vision.sources.playlist import Playlist, Segment
from vision.sources.reach import Deadline
from vision.sources.source import Source
from vision.sources.trouble import SourceTrouble

# A stream that adds nothing for so many times what a segment lasts stands still.
_STANDING = 3.0
_LATE_SECONDS = 6.0


@dataclass
class _Fetched:
    """A segment that is here, and since when."""

    segment: Segment
    data: bytes
    form: str
    at: datetime


class HlsCamera(Camera):
    """A camera, or the platform before it, that offers HLS; each address of its playlists is held to the allow-list."""

    def __init__(self, source: Source, limits: Limits, allowed: Allowed, decoder: Decoder | None) -> None:
        super().__init__(source, limits, decoder)
        self._client = Client(source, limits, allowed)
        self._address = source.address
        self._head: tuple[str, bytes] = ("", b"")
        self._now: _Fetched | None = None
        self._given: tuple[int, float] | None = None

    def _next(self, at: datetime) -> Frame:
        deadline = Deadline(self._limits.seconds)
        now = self._current(at, deadline)
        offset = max((at - now.at).total_seconds(), 0.0)
        picture, seconds = self._decoder.segment(now.data, now.form, offset)
        if (now.segment.number, seconds) == self._given:
            raise SourceTrouble("too_slow", "no newer key frame came: have the camera send one every 2 s")
        self._given = now.segment.number, seconds
        late = max(offset - seconds, 0.0) + now.segment.seconds
        return Frame(picture, at - timedelta(seconds=late))

    def packets(self, seconds: float) -> bytes | None:
        """The last seconds, fetched now, of whole segments; None where the playlist has none."""
        deadline = Deadline(self._limits.seconds)
        wanted, chosen = min(seconds, self._limits.clip_seconds), list[Segment]()
        for segment in reversed(self._playlist(deadline).segments):
            chosen.insert(0, segment)
            wanted -= segment.seconds
            if wanted <= 0 or len(chosen) >= 20:
                break
        fetched: list[tuple[bytes, str]] = []
        room = self._limits.segment_bytes
        for segment in reversed(chosen):
            data, form = self._bytes(segment, deadline)
            room -= len(data)
            if room < 0 and fetched:
                break
            fetched.insert(0, (data, form))
        if not fetched:
            return None
        parts = [data for data, form in fetched if form == fetched[-1][1]]
        return self._decoder.clip("splice", parts, form=fetched[-1][1], sizes=[len(part) for part in parts])

    def _current(self, at: datetime, deadline: Deadline) -> _Fetched:
        """The segment that is shown now: the same until it is over, then the newest."""
        now = self._now
        age = (at - now.at).total_seconds() if now is not None else 0.0
        if now is not None and 0 <= age < now.segment.seconds:
            return now
        found = self._playlist(deadline)
        if not found.segments:
            raise SourceTrouble("ended" if found.ended else "too_slow", "the playlist has no segments")
        newest = found.segments[-1]
        if now is not None and newest.number == now.segment.number:
            if found.ended:
                raise SourceTrouble("ended", "the playlist is at its end")
            if age > _STANDING * max(now.segment.seconds, _LATE_SECONDS / _STANDING):
                raise SourceTrouble("too_slow", f"the playlist adds nothing for {age:.0f} s")
            return now
        data, form = self._bytes(newest, deadline)
        self._now = _Fetched(newest, data, form, at)
        return self._now

    def _playlist(self, deadline: Deadline) -> Playlist:
        """The playlist with segments: behind one with variants, of the best."""
        for _ in range(3):
            answer = self._client.get(self._address, self._limits.playlist_bytes, deadline)
            found = playlist.read(answer.body.decode("utf-8", "replace"), answer.address)
            if not found.variants:
                return found
            self._address = found.variants[0]
        raise SourceTrouble("refused", "the playlist leads to others without end")

    def _bytes(self, segment: Segment, deadline: Deadline) -> tuple[bytes, str]:
        """The bytes of a segment behind its head, and the container that they are."""
        data = self._client.get(segment.address, self._limits.segment_bytes, deadline).body
        if segment.head:
            if self._head[0] != segment.head:
                self._head = (
                    segment.head,
                    self._client.get(segment.head, self._limits.playlist_bytes, deadline).body,
                )
            data = self._head[1] + data
        form = formats.of(data[:400])
        if form not in ("mpegts", "mov"):
            raise SourceTrouble("not_a_picture", f"a segment is {form}")
        if len(data) > self._limits.segment_bytes:
            raise SourceTrouble("too_large", f"a segment has more than {self._limits.segment_bytes} bytes")
        return data, form

    def _reset(self) -> None:
        self._client.close()
        self._address = self.source.address
