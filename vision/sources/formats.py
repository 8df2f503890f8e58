"""What bytes are, by how they begin: nobody's name for them, nor a server's type, is believed."""

from __future__ import annotations

from vision.sources.trouble import SourceTrouble

_SYNC = 0x47  # each packet of an MPEG transport stream begins with it, every 188 bytes


def of(head: bytes) -> str:
    """The container (``mov``, ``matroska``, ``avi``, ``mpegts``), or ``still`` for JPEG and PNG.

    Args:
        head: the first 400 bytes.

    Raises:
        SourceTrouble: ``not_a_picture``.
    """
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return "still"
    if head[4:8] in (b"ftyp", b"styp", b"moof", b"moov"):
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    if len(head) > 376 and head[0] == head[188] == head[376] == _SYNC:
        return "mpegts"
    raise SourceTrouble(
        "not_a_picture", f"it begins with {head[:16]!r}, which is no video and no still that is read"
    )
