"""The header of a still: its format and size, read before anything decodes it.

A picture of a few kilobytes can ask for gigabytes; what it says about its size costs some microseconds to read.
"""

from __future__ import annotations

import struct
from typing import Literal, NamedTuple

from vision.sources.trouble import SourceTrouble

_PNG = b"\x89PNG\r\n\x1a\n"
# Start of frame, of every coding (ITU-T T.81, table B.1), without DHT (C4), JPG (C8) and DAC (CC).
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_FILLING = 64 * 1024
_LONE = frozenset({0x01, *range(0xD0, 0xD9)})


class Header(NamedTuple):
    """Format, width and height in pixels."""

    format: Literal["jpeg", "png"]
    width: int
    height: int


def read(still: bytes, pixels: int) -> Header:
    """The header of a still.

    Args:
        pixels: how many it may have.

    Raises:
        SourceTrouble: ``not_a_picture``, ``damaged`` (cut off before its size), ``too_large``.
    """
    if still.startswith(b"\xff\xd8\xff"):
        # Some cameras send filling bytes behind the end; a decoder would make grey of what is missing before it.
        if still.rfind(b"\xff\xd9", max(len(still) - _FILLING, 0)) < 0:
            raise SourceTrouble("damaged", "the JPEG is cut off before its end")
        header = Header("jpeg", *_jpeg(still))
    elif still.startswith(_PNG) and still[12:16] == b"IHDR" and len(still) > 24:
        width, height = struct.unpack_from(">II", still, 16)
        header = Header("png", width, height)
    else:
        raise SourceTrouble("not_a_picture", f"it begins with {still[:16]!r}: JPEG and PNG are read")
    if not header.width or not header.height:
        raise SourceTrouble("damaged", "the still has no width or no height")
    if header.width * header.height > pixels:
        raise SourceTrouble("too_large", f"{header.width} x {header.height} pixels are more than {pixels}")
    return header


def _jpeg(still: bytes) -> tuple[int, int]:
    """Width and height: of the first frame among the segments."""
    place, end = 2, len(still)
    while place + 9 < end:
        if still[place] != 0xFF:
            break
        marker = still[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker in _LONE:
            place += 2
        elif marker in _FRAMES:
            height, width = struct.unpack_from(">HH", still, place + 5)
            return width, height
        else:
            place += 2 + max(int.from_bytes(still[place + 2 : place + 4]), 2)
    raise SourceTrouble("damaged", "the JPEG ends before it says how large it is")
