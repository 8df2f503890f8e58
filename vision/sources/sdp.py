"""The description of a stream (SDP, RFC 8866), as far as its video goes."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from vision.sources.trouble import SourceTrouble

_CODECS = {"H264": "h264", "H265": "hevc"}


@dataclass(frozen=True)
class Track:
    """The video of a stream.

    Attributes:
        codec: ``h264`` or ``hevc``.
        payload: the number of its RTP packets.
        control: its address, for requests over the connection that there is; never connected to.
        parameter_sets: what a decoder must know first, where the description says it.
    """

    codec: str
    payload: int
    control: str
    parameter_sets: tuple[bytes, ...]


def video(text: str, base: str) -> Track:
    """The first video that can be read.

    Args:
        base: the address to which those of the description are relative.

    Raises:
        SourceTrouble: ``not_a_picture``: there is none.
    """
    names = []
    for lines in _media(text):
        attributes = [line[2:] for line in lines if line.startswith("a=")]
        for number, name in _codecs(attributes):
            names.append(name)
            if name in _CODECS:
                control = next((a[8:].strip() for a in attributes if a.startswith("control:")), "")
                return Track(
                    _CODECS[name], number, _joined(base, control), tuple(_parameter_sets(attributes, number))
                )
    raise SourceTrouble(
        "not_a_picture", f"the stream has {', '.join(names[:5]) or 'no video'}: H264 and H265 are read"
    )


def _media(text: str) -> list[list[str]]:
    """The lines of each video."""
    parts: list[list[str]] = []
    current: list[str] = []
    for line in text.splitlines():
        if line.startswith("m="):
            current = []
            if line.startswith("m=video"):
                parts.append(current)
        current.append(line.strip())
    return parts


def _codecs(attributes: list[str]) -> list[tuple[int, str]]:
    found = []
    for attribute in attributes:
        number, _, name = attribute.removeprefix("rtpmap:").partition(" ")
        if attribute.startswith("rtpmap:") and number.isdecimal() and len(number) <= 3:
            found.append((int(number), name.partition("/")[0].strip().upper()))
    return found


def _joined(base: str, control: str) -> str:
    if control in ("", "*"):
        return base
    if "://" in control:
        return control
    # Cameras give addresses with a query: what is relative comes behind all of it.
    return base.rstrip("/") + "/" + control


def _parameter_sets(attributes: list[str], number: int) -> list[bytes]:
    sets = []
    for attribute in attributes:
        if not attribute.startswith(f"fmtp:{number} "):
            continue
        for parameter in attribute.partition(" ")[2].split(";"):
            name, _, value = parameter.strip().partition("=")
            if name.lower() in ("sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps"):
                sets += [_decoded(text) for text in value.split(",")]
    return [unit for unit in sets if unit]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
