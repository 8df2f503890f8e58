"""The map below the city's own layers: a service of map tiles that the city has or may use, by its settings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

#: Datums in which tiles may be. A map in GCJ-02 lies up to 700 m off, and no browser can mend that: the page says so.
DATUMS = ("wgs84", "gcj02")

_MOST = 500


@dataclass(frozen=True)
class BaseMap:
    """A service of map tiles in the Web Mercator scheme.

    Attributes:
        url: with the places ``{z}``, ``{x}`` and ``{y}``.
        attribution: what the page says of where the map is from.
        datum: one of `DATUMS`.
    """

    url: str
    attribution: str
    datum: str

    @property
    def origin(self) -> str:
        """The only host from which a page with this map may get something besides its own."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def read(url: str, attribution: str, datum: str) -> BaseMap:
    """Read the settings of a service.

    Raises:
        ValueError: with the name of the setting that cannot be used, and why.
    """
    parts = urlsplit(url)
    plain = parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
    )
    if not plain or not re.fullmatch(r"[a-z0-9.:-]+", parts.netloc) or len(url) > _MOST:
        raise ValueError("GRIDCASE_TILES_URL must be an address that begins with https:// and a host's name")
    if not re.fullmatch(r"[!-~]+", url) or any(f"{{{name}}}" not in url for name in "zxy"):
        raise ValueError("GRIDCASE_TILES_URL must have the places {z}, {x} and {y} and no blanks")
    if datum not in DATUMS:
        raise ValueError(f"GRIDCASE_TILES_DATUM is {datum!r}: give one of {', '.join(DATUMS)}")
    return BaseMap(url, attribution[:200], datum)
