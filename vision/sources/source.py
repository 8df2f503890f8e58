"""Sources: where the pictures of a camera come from, as somebody wrote it down, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, cast, get_args
from urllib.parse import unquote, urlsplit, urlunsplit

from vision.errors import VisionError

#: A still over HTTP each time; the key frames of an RTSP stream; those of an HLS stream; files under the folder that is allowed.
SourceKind = Literal["snapshot", "rtsp", "hls", "files"]

SCHEMES: dict[str, tuple[str, ...]] = {
    "snapshot": ("http", "https"),
    "rtsp": ("rtsp", "rtsps"),
    "hls": ("http", "https"),
    "files": ("file", ""),
}
PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322}

_LONGEST = 2000
_BREAK = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True)
class Source:
    """Where pictures come from. `of` makes one of what somebody typed.

    Attributes:
        address: without user and password.
        name: of the camera; by it the waits of cameras that fail together are spread.
        every: seconds that each still of a folder is shown; a video has its own time.
        verify: whether the certificate of https and rtsps is checked.
    """

    kind: SourceKind
    address: str
    user: str = ""
    password: str = field(default="", repr=False)
    name: str = ""
    every: float = 1.0
    verify: bool = True


def of(
    address: str, kind: str, *, user: str = "", password: str = "", name: str = "", verify: bool = True
) -> Source:
    """A source of what was typed; user and password inside the address are taken out of it.

    Raises:
        VisionError: the field ``source`` (no such kind), ``url`` or ``login`` is wrong.
    """
    if kind not in get_args(SourceKind):
        raise VisionError("Use one of %(known)s.", field="source", known=", ".join(get_args(SourceKind)))
    address = address.strip()
    if not address or len(address) > _LONGEST:
        raise VisionError("Give an address of 1 to %(most)d characters.", field="url", most=_LONGEST)
    known = cast(SourceKind, kind)
    if known == "files":
        path, every = _path(address)
        return Source(known, path, name=name or path, every=every)
    bare, inside_user, inside_password = _split(address, SCHEMES[kind])
    user, password = user or inside_user, password or inside_password
    if _BREAK.search(user + password):
        raise VisionError("Give a login and a password without line breaks.", field="login")
    return Source(known, bare, user, password, name=name or bare, verify=verify)


def _path(address: str) -> tuple[str, float]:
    """A path, and how many seconds each still of it is shown: ``crossing?every=5``."""
    path, _, text = address.removeprefix("file://").partition("?every=")
    try:
        every = float(text or 1)
    except ValueError:
        every = 0.0
    if not 0.02 <= every <= 3600:
        raise VisionError("Show each still for 0.02 to 3600 seconds.", field="url")
    path = unquote(path)
    if not path or "\0" in path or "://" in path:
        raise VisionError("Give the path of a video, of a still or of a folder of stills.", field="url")
    return path, every


def _split(address: str, schemes: tuple[str, ...]) -> tuple[str, str, str]:
    """An address without user and password, and those two."""
    wrong = VisionError("Write the address as %(scheme)s://host/path.", field="url", scheme=schemes[0])
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise wrong from None
    if _CONTROL.search(address) or parts.scheme not in schemes or not parts.hostname or port == 0:
        raise wrong
    try:
        parts.hostname.encode("idna")
    except UnicodeError:
        raise wrong from None
    place = parts.netloc.rpartition("@")[2]
    bare = urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
    return bare, unquote(parts.username or ""), unquote(parts.password or "")
