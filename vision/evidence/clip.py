"""Clips: whether bytes are an MP4 that a browser can play, by its boxes alone (ISO/IEC 14496-12); nothing is decoded."""

from __future__ import annotations

from vision.errors import VisionError
from vision.evidence.layout import MAX_FILE

_MAX_BOXES = 10_000


def check_clip(content: bytes) -> None:
    """See that it is an MP4 file that is whole: its boxes fill it, the first says what it is, and there are movie and media.

    Raises:
        VisionError: it is not; names `clip`.
    """
    if len(content) > MAX_FILE:
        raise VisionError("A clip has %(most)d MB at most.", field="clip", most=MAX_FILE >> 20)
    kinds = _boxes(content)
    if not kinds or kinds[0] != b"ftyp" or b"moov" not in kinds or b"mdat" not in kinds:
        raise VisionError("The clip is no MP4: cut it from the packets of the stream.", field="clip")


def _boxes(content: bytes) -> list[bytes]:
    """The kinds of the outermost boxes; none if they do not fill the file exactly."""
    kinds: list[bytes] = []
    at = 0
    while at < len(content):
        size, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(content[at + 8 : at + 16])
        elif size == 0:
            size = len(content) - at
        if size < 8 or at + size > len(content) or len(kinds) >= _MAX_BOXES:
            return []
        kinds.append(kind)
        at += size
    return kinds
