"""Stills and videos for tests, drawn and encoded in memory."""

from __future__ import annotations

import io
import struct
import zlib

import av
import cv2
import numpy as np

from vision.frame import Picture


def picture(width: int = 320, height: int = 240, at: int = 0) -> Picture:
    """A grey street with a light bar that moves to the right."""
    drawn = np.full((height, width, 3), 70, np.uint8)
    cv2.rectangle(drawn, (10, 20), (width // 3, height // 2), (40, 60, 110), -1)
    cv2.line(drawn, (0, height - 30), (width, height - 60), (200, 200, 200), 3)
    left = at * 7 % width
    drawn[:, left : left + 16] = 240
    return drawn


def jpeg(width: int = 320, height: int = 240, at: int = 0) -> bytes:
    done, data = cv2.imencode(".jpg", picture(width, height, at))
    assert done
    return data.tobytes()


def decoded(still: bytes) -> Picture:
    """What OpenCV makes of a still."""
    return np.asarray(cv2.imdecode(np.frombuffer(still, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def video(
    seconds: float = 3.0,
    codec: str = "libx264",
    form: str = "mp4",
    size: tuple[int, int] = (320, 240),
    b: int = 0,
) -> bytes:
    """A video of ten frames and one key frame a second."""
    target = io.BytesIO()
    with av.open(target, "w", format=form) as container:
        stream = container.add_stream(codec, rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
        stream.options = {
            "g": "10",
            "keyint_min": "10",
            "bf": str(b),
            "preset": "medium" if b else "ultrafast",
            **quiet,
        }
        for number in range(int(seconds * 10)):
            frame = av.VideoFrame.from_ndarray(picture(*size, at=number), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return target.getvalue()


def png_bomb(width: int = 20_000, height: int = 20_000) -> bytes:
    """A small PNG of very many white pixels."""
    row = b"\0" + b"\xff" * (width * 3)
    packed = zlib.compressobj(1)
    rows = b"".join(packed.compress(row) for _ in range(height)) + packed.flush()
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", rows),
        (b"IEND", b""),
    ]
    made = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)
