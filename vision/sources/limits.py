"""What one camera may cost: time, bytes, pixels, memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds on everything that comes from a camera.

    Attributes:
        seconds: for one picture as a whole: resolving, connecting, signing in, reading.
        decode_seconds: for decoding one picture, by the wall's clock; then the decoder is killed. Both together are 5 s.
        still_bytes: of one still as it is sent.
        segment_bytes: of one segment of HLS.
        playlist_bytes: of a playlist.
        pixels: of one picture; an 8K frame has 33 million.
        stream_rate: bytes a second that a stream may send, on average over some seconds.
        clip_seconds, clip_bytes: how much of a stream is kept for `Camera.packets`, whichever is reached first.
        memory: bytes that the decoder may take beyond what it has when it is ready.
        retry_seconds: the longest wait before a camera in trouble is asked again.
    """

    seconds: float = 3.0
    decode_seconds: float = 2.0
    still_bytes: int = 8 * 1024 * 1024
    segment_bytes: int = 16 * 1024 * 1024
    playlist_bytes: int = 256 * 1024
    pixels: int = 16_000_000
    stream_rate: int = 4 * 1024 * 1024
    clip_seconds: float = 20.0
    clip_bytes: int = 4 * 1024 * 1024
    memory: int = 320 * 1024 * 1024
    retry_seconds: float = 60.0
