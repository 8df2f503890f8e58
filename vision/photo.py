"""Photographs from outside: checked before they are decoded, turned upright, made small, and freed of everything but the picture."""

from __future__ import annotations

import io
import math
import struct
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 50_000_000
LONGEST_SIDE = 2048
THUMBNAIL_SIDE = 320
QUALITY = 85
THUMBNAIL_QUALITY = 75
#: Cameras write a dozen at most; each costs a pass over the whole picture, whatever its few bytes.
MAX_SCANS = 64

_FORMATS = ("JPEG", "PNG", "WEBP")
# What a decoder raises over bytes that somebody damaged or forged.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    struct.error,
    zlib.error,
)

# One photograph is decoded at a time in a process: the largest takes 200 MB, and warnings are switched for all threads.
_decoding = Lock()


class PhotoError(ValueError):
    """A file that is not taken as a photograph.

    Args:
        template: what is wrong and what to do, in English, with ``%(name)s`` places.
        values: what goes there.
    """

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template % values if values else template)
        self.template = template
        self.values = values


@dataclass(frozen=True)
class CleanPhoto:
    """A photograph as it is kept.

    Attributes:
        jpeg: the picture, upright, its longest side `LONGEST_SIDE` pixels at most, with no metadata at all.
        thumbnail: the same with `THUMBNAIL_SIDE` pixels at most.
        width, height: of `jpeg`, in pixels.
        taken_at: when the camera says it was taken (ISO 8601, with the offset from UTC if the camera gave it).
        lon, lat: where the camera says it was taken, in WGS-84 degrees; both or none.
    """

    jpeg: bytes
    thumbnail: bytes
    width: int
    height: int
    taken_at: str | None
    lon: float | None
    lat: float | None


def clean(content: bytes) -> CleanPhoto:
    """Make a photograph out of whatever was sent.

    JPEG, PNG and WebP are taken; what a file is, its content says, never its name.

    Raises:
        PhotoError: it is too large, no photograph, animated or damaged.
    """
    with _decodable(content) as image:
        taken_at, position = _metadata(image)
        picture = _upright(image, LONGEST_SIDE)
    small = picture.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    lon, lat = position or (None, None)
    return CleanPhoto(
        jpeg=_encoded(picture, QUALITY),
        thumbnail=_encoded(small, THUMBNAIL_QUALITY),
        width=picture.width,
        height=picture.height,
        taken_at=taken_at,
        lon=lon,
        lat=lat,
    )


def upright(content: bytes, side: int) -> Image.Image:
    """The picture of a file (RGB), turned as the camera was held, its longest side so many pixels at most.

    Raises:
        PhotoError: it is too large, no photograph, animated or damaged.
    """
    with _decodable(content) as image:
        return _upright(image, side)


@contextmanager
def _decodable(content: bytes) -> Iterator[Image.Image]:
    """An image that may be decoded, alone in this process; whatever is wrong with it is told as a `PhotoError`."""
    if len(content) > MAX_BYTES:
        raise PhotoError("This file is larger than %(limit)d MB: send a smaller one.", limit=MAX_BYTES >> 20)
    try:
        with _decoding, warnings.catch_warnings():
            # Small faults in what a camera wrote beside the picture; too many pixels are refused below.
            warnings.simplefilter("ignore")
            with _opened(content) as image:
                yield image
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except PhotoError:
        raise
    except _BROKEN as error:
        raise PhotoError("This photograph is damaged or incomplete: send it again.") from error


def _opened(content: bytes) -> Image.Image:
    """The image with its header read and nothing decoded, if it may be decoded."""
    try:
        image = Image.open(io.BytesIO(content), formats=_FORMATS)
    except UnidentifiedImageError as error:
        raise PhotoError("This is not a photograph: send a JPEG, PNG or WebP file.") from error
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels()
    if content.startswith(b"\xff\xd8"):
        # A telephone may append further pictures to a JPEG (depth, brightness): only the first one is decoded.
        if content.count(b"\xff\xda") > MAX_SCANS:
            raise PhotoError("This photograph is damaged or incomplete: send it again.")
    elif getattr(image, "is_animated", False):
        raise PhotoError("This picture moves: send a photograph that stands still.")
    return image


def _too_many_pixels() -> PhotoError:
    return PhotoError(
        "This photograph has more than %(limit)d million pixels: send a smaller one.",
        limit=MAX_PIXELS // 1_000_000,
    )


def _upright(image: Image.Image, side: int) -> Image.Image:
    """Decode, make small, turn as the camera was held, and put on white what can be seen through."""
    # A JPEG far larger than needed is decoded at a half, a quarter or an eighth of its size.
    image.draft("RGB", (side, side))
    small = _resizable(image)
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    turned = _turned(small)
    if turned.has_transparency_data:
        layered = turned.convert("RGBA")
        turned = Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered)
    # A copy of the pixels alone: whatever else came along stays behind.
    plain = turned.convert("RGB")
    return Image.frombytes("RGB", plain.size, plain.tobytes())


def _resizable(image: Image.Image) -> Image.Image:
    """The image in a mode in which neighbouring pixels can be mixed."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 257).convert("L")
    if image.mode not in {"L", "LA", "RGB", "RGBA", "CMYK"} or "transparency" in image.info:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def _turned(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except _BROKEN:
        # Metadata that cannot be read say nothing about how the camera was held; the picture itself is whole.
        return image


def _encoded(picture: Image.Image, quality: int) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality, optimize=True)
    return stream.getvalue()


def _metadata(image: Image.Image) -> tuple[str | None, tuple[float, float] | None]:
    """When and where the picture was taken, as far as it says so in a readable way."""
    try:
        exif = image.getexif()
        details: Mapping[int, Any] = exif.get_ifd(ExifTags.IFD.Exif)
        gps: Mapping[int, Any] = exif.get_ifd(ExifTags.IFD.GPSInfo)
    except _BROKEN:
        return None, None
    return _taken_at(details), _position(gps)


def _taken_at(details: Mapping[int, Any]) -> str | None:
    text = details.get(ExifTags.Base.DateTimeOriginal)
    offset = details.get(ExifTags.Base.OffsetTimeOriginal)
    if not isinstance(text, str):
        return None
    try:
        taken = datetime.strptime(text.strip("\x00 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - cameras seldom say the zone
        if isinstance(offset, str):
            zone = datetime.strptime(offset.strip("\x00 "), "%z").tzinfo
            taken = taken.replace(tzinfo=zone)
    except ValueError:
        return None
    return taken.isoformat()


def _position(gps: Mapping[int, Any]) -> tuple[float, float] | None:
    lat = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), "N", "S", 90.0)
    lon = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), "E", "W", 180.0)
    # Cameras that know no position write zeros.
    if lon is None or lat is None or (lon == 0.0 and lat == 0.0):
        return None
    return lon, lat


def _degrees(parts: Any, side: Any, plus: str, minus: str, limit: float) -> float | None:
    """Degrees, minutes and seconds as decimal degrees, None unless they are what they must be."""
    if side not in (plus, minus) or not isinstance(parts, tuple) or len(parts) != 3:
        return None
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    value = degrees + minutes / 60.0 + seconds / 3600.0
    if min(degrees, minutes, seconds) < 0 or not math.isfinite(value) or value > limit:
        return None
    return round(-value if side == minus else value, 7)
