"""Drawing: annotated copies of frames, with the zone, the box, the place and the time written on them."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw, ImageFont

from vision.errors import VisionError
from vision.evidence.facts import Facts
from vision.photo import MAX_PIXELS
from vision.sighting import Still

#: Where Linux systems keep fonts that have Chinese characters; the first that is there is taken.
_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
)
_ZONE, _BOX, _BAND, _WORDS = (255, 196, 0), (230, 30, 40), (0, 0, 0, 170), (255, 255, 255)
_QUALITY = 88


def annotated(still: Still, facts: Facts) -> bytes:
    """A copy of a frame as JPEG, with what was looked for drawn on it.

    The camera's name is written in Chinese where the machine has a font with its characters, else in English.

    Raises:
        VisionError: the frame is no JPEG that can be drawn on; names `stills`.
    """
    picture = _opened(still.jpeg)
    drawing = ImageDraw.Draw(picture, "RGBA")
    wide, high = picture.size
    stroke = max(2, wide // 400)
    corners = [(x * wide, y * high) for x, y in facts.zone.outline]
    drawing.line([*corners, corners[0]], fill=_ZONE, width=stroke)
    left, top, right, bottom = facts.sighting.box
    drawing.rectangle((left * wide, top * high, right * wide, bottom * high), outline=_BOX, width=stroke)
    _write(drawing, picture.size, _words(still, facts))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()


def _opened(jpeg: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
            if image.width * image.height > MAX_PIXELS:
                raise VisionError("A frame has too many pixels.", field="stills")
            return image.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, VisionError):
            raise
        raise VisionError("A frame is no JPEG that can be read.", field="stills") from error


def _words(still: Still, facts: Facts) -> list[str]:
    camera, seen = facts.camera, facts.sighting
    at = still.at.astimezone(ZoneInfo(facts.time_zone))
    name = camera.name if font_file() else camera.name_en
    shown = "".join(one if one.isprintable() else " " for one in f"{camera.code}  {name}")
    stood = f"{seen.seconds:.0f} s" if seen.at >= seen.began_at else ""
    drawn = ["MADE SCENE"] if camera.made else []
    return [
        f"{at:%Y-%m-%d %H:%M:%S %z}  {still.role}",
        f"{shown}  {camera.lon:.6f}, {camera.lat:.6f}",
        "  ".join([facts.rule["key"], f"{facts.zone.key} v{facts.zone.version}", seen.slot, stood, *drawn]),
    ]


def _write(drawing: ImageDraw.ImageDraw, size: tuple[int, int], lines: Sequence[str]) -> None:
    """Write lines on a dark band along the lower edge."""
    wide, high = size
    font = _font(max(12, wide // 60))
    step = max(12, wide // 60) * 1.35
    top = high - step * len(lines) - step * 0.4
    drawing.rectangle((0, top, wide, high), fill=_BAND)
    for number, line in enumerate(lines):
        drawing.text((step * 0.5, top + step * (number + 0.2)), line, fill=_WORDS, font=font)


@cache
def font_file() -> str:
    """The file of a font with Chinese characters; empty where the system has none."""
    return next((path for path in _FONTS if Path(path).is_file()), "")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    found = font_file()
    return ImageFont.truetype(found, size) if found else ImageFont.load_default(size)
