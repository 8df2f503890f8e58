"""Playlists of HLS (RFC 8216): read here, for FFmpeg would fetch whatever one names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin

from vision.sources.trouble import SourceTrouble

_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=(?:"([^"]*)"|([^,]*))')
_LINES = 20_000
#: The widest variant that is taken: more pixels cost more and show a parked car no better.
_WIDE = 1920


@dataclass(frozen=True)
class Segment:
    """A piece of the stream.

    Attributes:
        number: in the stream, rising.
        seconds: how long it says that it lasts.
        address: of its bytes.
        head: the address of what comes before it (``EXT-X-MAP``); empty where it stands alone.
    """

    number: int
    seconds: float
    address: str
    head: str


@dataclass(frozen=True)
class Playlist:
    """What a playlist says: either variants, as addresses of other playlists, the best first, or segments.

    Attributes:
        ended: whether nothing will be added.
    """

    variants: tuple[str, ...] = ()
    segments: tuple[Segment, ...] = ()
    ended: bool = False


def read(text: str, base: str) -> Playlist:
    """A playlist that was found at the address `base`.

    Raises:
        SourceTrouble: ``not_a_picture``: it is none; ``refused``: it is encrypted.
    """
    lines = [line.strip() for line in text.splitlines()[:_LINES]]
    if not lines or not lines[0].lstrip("\ufeff").startswith("#EXTM3U"):
        raise SourceTrouble("not_a_picture", f"it begins with {text[:16]!r} and is no playlist")
    if any(line.startswith("#EXT-X-STREAM-INF:") for line in lines):
        return Playlist(variants=_variants(lines, base))
    return Playlist(segments=_segments(lines, base), ended="#EXT-X-ENDLIST" in lines)


def _variants(lines: list[str], base: str) -> tuple[str, ...]:
    """Addresses: the widest first of those that are not too wide, then what is wider, narrowest first."""
    found: list[tuple[int, int, str]] = []
    waiting: tuple[int, int] | None = None
    for line in lines:
        if line.startswith("#EXT-X-STREAM-INF:"):
            attributes = _attributes(line)
            waiting = (
                _number(attributes.get("RESOLUTION", "").partition("x")[0]),
                _number(attributes.get("BANDWIDTH", "")),
            )
        elif line and not line.startswith("#") and waiting is not None:
            found.append((*waiting, _joined(base, line)))
            waiting = None
    ordered = sorted(found, key=lambda it: (it[0] > _WIDE, it[0] if it[0] > _WIDE else -it[0], -it[1]))
    return tuple(address for _, _, address in ordered)


def _segments(lines: list[str], base: str) -> tuple[Segment, ...]:
    found: list[Segment] = []
    number, seconds, head = 0, 0.0, ""
    for line in lines:
        name, _, value = line.partition(":")
        if name == "#EXT-X-MEDIA-SEQUENCE":
            number = _number(value)
        elif name == "#EXTINF":
            seconds = _seconds(value.partition(",")[0])
        elif name == "#EXT-X-MAP":
            head = _joined(base, _attributes(line).get("URI", ""))
        elif name == "#EXT-X-KEY" and _attributes(line).get("METHOD", "NONE") != "NONE":
            raise SourceTrouble("refused", "the stream is encrypted, which is not read")
        elif name == "#EXT-X-BYTERANGE":
            raise SourceTrouble("refused", "the stream's segments are parts of one file, which is not read")
        elif line and not line.startswith("#"):
            found.append(Segment(number, seconds, _joined(base, line), head))
            number += 1
    return tuple(found)


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:
        raise SourceTrouble("forbidden", f"{address[:200]!r} is no address") from None


def _attributes(line: str) -> dict[str, str]:
    return {name: quoted or bare for name, quoted, bare in _ATTRIBUTE.findall(line.partition(":")[2])}


def _number(text: str) -> int:
    return int(text) if text.strip().isdecimal() and len(text) < 16 else 0


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return 0.0
    return seconds if 0 <= seconds <= 3600 else 0.0
