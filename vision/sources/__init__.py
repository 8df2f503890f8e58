"""Sources: the pictures of cameras, from wherever they come, taken as what a stranger sends.

The network is read by code in Python, bounded in bytes and time, and reaches only what is allowed. What comes is decoded in a
process of its own. FFmpeg is given bytes, never an address, so that nothing which a camera sends can make it open another.
"""

from __future__ import annotations

from vision.sources.allowed import Allowed
from vision.sources.camera import Camera
from vision.sources.decoder import Decoder
from vision.sources.limits import Limits
from vision.sources.source import Source, SourceKind, of
from vision.sources.trouble import Kind, SourceTrouble

__all__ = [
    "Allowed",
    "Camera",
    "Decoder",
    "Kind",
    "Limits",
    "Source",
    "SourceKind",
    "SourceTrouble",
    "of",
    "open",
]


def open(  # noqa: A001 - said with the room's name: sources.open
    source: Source, limits: Limits, allowed: Allowed, decoder: Decoder | None = None
) -> Camera:
    """The camera of a source. Nothing is connected to before its first picture.

    Args:
        decoder: of the watch, shared by its cameras; without one, the camera has its own.
    """
    if source.kind == "files":
        from vision.sources.files import FileCamera

        return FileCamera(source, limits, allowed, decoder)
    if source.kind == "snapshot":
        from vision.sources.snapshot import SnapshotCamera

        return SnapshotCamera(source, limits, allowed, decoder)
    if source.kind == "hls":
        from vision.sources.hls import HlsCamera

        return HlsCamera(source, limits, allowed, decoder)
    from vision.sources.rtsp import RtspCamera

    return RtspCamera(source, limits, allowed, decoder)
