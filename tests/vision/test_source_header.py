"""Headers of stills, as they are read before anything is decoded, and parts of other formats."""

from __future__ import annotations

import cv2
import pytest

from tests.vision import films
from vision.sources import SourceTrouble, formats, header, sdp

PIXELS = 16_000_000


def test_size_of_a_jpeg_is_read() -> None:
    assert header.read(films.jpeg(640, 360), PIXELS) == ("jpeg", 640, 360)


def test_size_of_a_progressive_jpeg_with_filling_bytes_is_read() -> None:
    done, data = cv2.imencode(".jpg", films.picture(), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    still = data.tobytes()

    assert done
    assert header.read(still[:2] + b"\xff\xff" + still[2:] + b"\0" * 100, PIXELS) == ("jpeg", 320, 240)


def test_size_of_a_png_is_read() -> None:
    assert header.read(films.png_bomb(40, 30), PIXELS) == ("png", 40, 30)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "not_a_picture"),
        (b"<!doctype html>", "not_a_picture"),
        (b"GIF89a", "not_a_picture"),
        (b"\xff\xd8\xff", "damaged"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 50 + b"\xff\xd9", "damaged"),
        (films.png_bomb(40, 30)[:20], "not_a_picture"),
        (films.png_bomb(40, 30)[:16] + b"\0" * 20, "damaged"),
    ],
)
def test_what_is_no_whole_still_is_refused(data: bytes, kind: str) -> None:
    with pytest.raises(SourceTrouble) as caught:
        header.read(data, PIXELS)

    assert caught.value.kind == kind


@pytest.mark.parametrize("form", ["mp4", "matroska", "avi", "mpegts"])
def test_container_is_known_by_its_bytes(form: str) -> None:
    assert formats.of(films.video(0.5, form=form)[:400]) == {"mp4": "mov"}.get(form, form)


def test_video_of_a_description_is_found_behind_sound() -> None:
    text = (
        "v=0\r\nm=audio 0 RTP/AVP 0\r\na=control:track0\r\nm=video 0 RTP/AVP 97\r\n"
        "a=rtpmap:97 H265/90000\r\na=fmtp:97 sprop-vps=QAE=; sprop-sps=QgE=;sprop-pps=!!\r\na=control:track1\r\n"
    )

    track = sdp.video(text, "rtsp://cam/live/")

    assert (track.codec, track.payload, track.control) == ("hevc", 97, "rtsp://cam/live/track1")
    assert track.parameter_sets == (b"\x40\x01", b"\x42\x01")


@pytest.mark.parametrize(
    ("base", "control", "found"),
    [
        ("rtsp://cam/live", "track1", "rtsp://cam/live/track1"),
        ("rtsp://cam/live", "*", "rtsp://cam/live"),
        ("rtsp://cam/live?channel=1", "trackID=0", "rtsp://cam/live?channel=1/trackID=0"),
        ("rtsp://cam/live", "rtsp://other/track", "rtsp://other/track"),
    ],
)
def test_address_of_a_track_is_relative_to_the_stream(base: str, control: str, found: str) -> None:
    text = f"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:{control}\r\n"

    assert sdp.video(text, base).control == found
