"""Photographs as people and attackers send them."""

from __future__ import annotations

import io
import random
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import ExifTags, Image

from vision import photo
from vision.photo import CleanPhoto, PhotoError, clean

RED, GREEN, BLUE = (220, 20, 20), (20, 200, 20), (20, 20, 220)


def picture(width: int = 80, height: int = 40, mode: str = "RGB") -> Image.Image:
    """Red on the left, green on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height))
    return image.convert(mode)


def exif(**gps: Any) -> Image.Exif:
    """What a camera writes: when, with what, and where."""
    data = Image.Exif()
    data[ExifTags.Base.Make] = "Secret Camera"
    details = data.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = "2026:11:22 08:30:00"
    details[ExifTags.Base.OffsetTimeOriginal] = "+08:00"
    place = data.get_ifd(ExifTags.IFD.GPSInfo)
    given = {
        "GPSLatitudeRef": "N",
        "GPSLatitude": (34.0, 15.0, 36.0),
        "GPSLongitudeRef": "E",
        "GPSLongitude": (108.0, 56.0, 24.0),
        **gps,
    }
    for name, value in given.items():
        if value is not None:
            place[ExifTags.GPS[name]] = value
    return data


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The bytes of a file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def seen(found: CleanPhoto) -> Image.Image:
    """The picture that was kept."""
    return Image.open(io.BytesIO(found.jpeg))


def near(pixel: Any, colour: tuple[int, int, int]) -> bool:
    """Whether a pixel has a colour, but for what compression does to it."""
    return bool(max(abs(one - other) for one, other in zip(pixel, colour, strict=True)) < 40)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def forged_png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that says to have a size, whatever it has."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_each_format_becomes_a_jpeg(kind: str) -> None:
    found = clean(encoded(picture(), kind))

    image = seen(found)
    assert (image.format, image.size, (found.width, found.height)) == ("JPEG", (80, 40), (80, 40))
    assert near(image.getpixel((5, 20)), RED)
    assert near(image.getpixel((75, 20)), GREEN)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "LA", "RGBA", "I;16"])
def test_each_kind_of_pixels_becomes_plain_colours(mode: str) -> None:
    image = (
        picture().convert("L").convert("I").point(lambda value: value * 257) if mode == "I;16" else picture()
    )
    kind = "JPEG" if mode == "CMYK" else "PNG"

    found = seen(clean(encoded(image.convert(mode), kind)))

    left, right = found.getpixel((5, 20)), found.getpixel((75, 20))
    assert found.mode == "RGB"
    assert left != right
    assert max(*left, *right) > 60  # type: ignore[misc]


def test_what_can_be_seen_through_is_put_on_white() -> None:
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))

    found = seen(clean(encoded(image, "PNG")))

    assert near(found.getpixel((10, 10)), (255, 255, 255))


@pytest.mark.parametrize(
    ("orientation", "size", "corner"),
    [(1, (80, 40), RED), (3, (80, 40), GREEN), (6, (40, 80), RED), (8, (40, 80), GREEN)],
)
def test_it_stands_upright_whatever_way_the_camera_was_held(
    orientation: int, size: tuple[int, int], corner: tuple[int, int, int]
) -> None:
    data = exif()
    data[ExifTags.Base.Orientation] = orientation

    found = seen(clean(encoded(picture(), exif=data)))

    assert found.size == size
    assert near(found.getpixel((5, 5)), corner)


def test_time_and_place_are_read() -> None:
    found = clean(encoded(picture(), exif=exif()))

    assert found.taken_at == "2026-11-22T08:30:00+08:00"
    assert (found.lon, found.lat) == (108.94, 34.26)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_the_picture_is_kept(kind: str) -> None:
    content = encoded(picture(), kind, exif=exif(), icc_profile=b"secret profile" * 20)

    found = clean(content)

    assert b"Secret Camera" in content
    for kept in (found.jpeg, found.thumbnail):
        assert b"Secret" not in kept
        assert b"secret" not in kept
        assert b"Exif" not in kept
        assert dict(Image.open(io.BytesIO(kept)).getexif()) == {}


def test_a_comment_is_not_kept() -> None:
    found = clean(encoded(picture(), comment=b"<script>alert(1)</script>"))

    assert b"script" not in found.jpeg


def test_what_was_appended_is_not_kept() -> None:
    found = clean(encoded(picture()) + b"PK\x03\x04<?php system($_GET['c']); ?>")

    assert b"php" not in found.jpeg


@pytest.mark.parametrize(
    "gps",
    [
        {"GPSLatitude": None},
        {"GPSLatitudeRef": None},
        {"GPSLatitudeRef": "Q"},
        {"GPSLatitude": (91.0, 0.0, 0.0)},
        {"GPSLongitude": (181.0, 0.0, 0.0)},
        {"GPSLatitude": (0.0, 0.0, 0.0), "GPSLongitude": (0.0, 0.0, 0.0)},
        {"GPSLatitude": (34.0, 15.0)},
    ],
    ids=str,
)
def test_a_place_that_cannot_be_is_no_place(gps: dict[str, Any]) -> None:
    found = clean(encoded(picture(), exif=exif(**gps)))

    assert (found.lon, found.lat) == (None, None)


def test_south_and_west_are_below_zero() -> None:
    found = clean(encoded(picture(), exif=exif(GPSLatitudeRef="S", GPSLongitudeRef="W")))

    assert (found.lon, found.lat) == (-108.94, -34.26)


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "yesterday", "2026:13:45 99:99:99"])
def test_a_time_that_cannot_be_is_no_time(text: str) -> None:
    data = exif()
    data.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = text

    assert clean(encoded(picture(), exif=data)).taken_at is None


def test_metadata_that_cannot_be_read_do_not_matter() -> None:
    whole = encoded(picture(), exif=exif())
    at = whole.index(b"Exif\x00\x00") + 6

    found = clean(whole[:at] + b"\xff" * 30 + whole[at + 30 :])

    assert (found.width, found.taken_at, found.lon) == (80, None, None)


def test_a_large_photograph_is_made_smaller_and_gets_a_thumbnail() -> None:
    found = clean(encoded(picture(4000, 1000)))

    assert seen(found).size == (found.width, found.height) == (2048, 512)
    assert Image.open(io.BytesIO(found.thumbnail)).size == (320, 80)


def test_a_small_photograph_is_not_made_larger() -> None:
    found = clean(encoded(picture(10, 10)))

    assert (found.width, found.height) == (10, 10)
    assert Image.open(io.BytesIO(found.thumbnail)).size == (10, 10)


def test_the_same_file_gives_the_same_bytes() -> None:
    content = encoded(picture(), exif=exif())

    assert clean(content) == clean(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04" + bytes(100),
        b"%PDF-1.7",
        b"\x00\x00\x00\x18ftypheic" + bytes(200),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        encoded(picture(mode="P"), "GIF"),
        encoded(picture(), "BMP"),
        encoded(picture(), "TIFF"),
    ],
    ids=["nothing", "text", "svg", "zip", "pdf", "heic", "eps", "gif", "bmp", "tiff"],
)
def test_what_is_no_photograph_is_refused(content: bytes) -> None:
    with pytest.raises(PhotoError, match="not a photograph"):
        clean(content)


def test_too_large_a_file_is_refused_before_anything_is_read() -> None:
    with pytest.raises(PhotoError, match="larger than 20 MB"):
        clean(encoded(picture()) + bytes(photo.MAX_BYTES))


@pytest.mark.parametrize("size", [(7100, 7100), (10_000, 10_000), (60_000, 60_000), (2**31 - 1, 1)])
def test_a_bomb_of_pixels_is_refused_by_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(PhotoError, match="50 million pixels"):
        clean(forged_png(*size))


def test_a_jpeg_with_a_thousand_scans_is_refused() -> None:
    whole = encoded(picture(), progressive=True)
    at = whole.rindex(b"\xff\xda")
    scan = whole[at:-2]

    with pytest.raises(PhotoError, match="damaged"):
        clean(whole[:-2] + scan * 1000 + b"\xff\xd9")


def test_a_progressive_photograph_is_taken() -> None:
    assert clean(encoded(picture(), progressive=True)).width == 80


def test_the_second_picture_of_a_telephone_is_left_out() -> None:
    content = encoded(picture(), "MPO", save_all=True, append_images=[Image.new("RGB", (30, 30), BLUE)])

    found = clean(content)

    assert (found.width, found.height) == (80, 40)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_picture_that_moves_is_refused(kind: str) -> None:
    content = encoded(picture(), kind, save_all=True, append_images=[Image.new("RGB", (80, 40), BLUE)])

    with pytest.raises(PhotoError, match="moves"):
        clean(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_file_that_breaks_off_is_refused(kind: str) -> None:
    noise = Image.effect_noise((200, 200), 90)
    whole = encoded(noise.convert("RGB"), kind)

    with pytest.raises(PhotoError, match="damaged"):
        clean(whole[: len(whole) // 2])


def test_a_png_without_pixels_is_refused() -> None:
    with pytest.raises(PhotoError, match="damaged"):
        clean(forged_png(100, 100, b"too few"))


def test_a_text_chunk_that_unpacks_to_a_flood_is_refused() -> None:
    whole = encoded(picture(), "PNG")
    flood = chunk(b"zTXt", b"k\x00\x00" + zlib.compress(bytes(8_000_000), 9))

    with pytest.raises(PhotoError, match="damaged"):
        clean(whole[:33] + flood + whole[33:])


def test_photographs_of_many_threads_do_not_disturb_each_other() -> None:
    content = encoded(picture(), exif=exif())

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(clean, [content] * 40))

    assert len(set(found)) == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_whatever_bytes_are_changed_it_is_a_photograph_or_refused(kind: str) -> None:
    chance = random.Random(kind)
    whole = encoded(picture(), kind, exif=exif())

    for _ in range(300):
        forged = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            forged[chance.randrange(len(forged))] = chance.randrange(256)
        try:
            found = clean(bytes(forged))
        except PhotoError:
            continue
        assert seen(found).size == (found.width, found.height)


def test_a_refusal_can_be_said_in_another_language() -> None:
    with pytest.raises(PhotoError) as refused:
        clean(forged_png(60_000, 60_000))

    assert refused.value.template % refused.value.values == str(refused.value)
