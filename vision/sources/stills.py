"""Stills as frames: the bytes that came are kept beside what was decoded, for they are the evidence."""

from __future__ import annotations

from datetime import datetime

from vision.frame import Frame
from vision.sources.decoder import Decoder


def frame(data: bytes, at: datetime, decoder: Decoder) -> Frame:
    """The frame of a JPEG or PNG that was taken then.

    Raises:
        SourceTrouble: ``not_a_picture``, ``too_large``, ``damaged``.
    """
    picture = decoder.still(data)
    return Frame(picture, at, jpeg=data if data.startswith(b"\xff\xd8") else None)
