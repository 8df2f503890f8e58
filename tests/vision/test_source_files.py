"""Files as cameras: known by their bytes, played by the clock, and only from the folder that is allowed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import pytest

from tests.vision import films
from vision import sources
from vision.errors import VisionError
from vision.frame import Frame
from vision.sources import Allowed, Camera, Decoder, Limits, SourceTrouble
from vision.sources.files import frames

#: A multiple of every length that is played here.
MIDNIGHT = datetime(2026, 5, 4, tzinfo=UTC)
PATIENT = Limits(decode_seconds=30.0)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(PATIENT) as decoder:
        yield decoder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five stills."""
    (tmp_path / "crossing").mkdir()
    for number in range(5):
        (tmp_path / "crossing" / f"{number}.jpg").write_bytes(films.jpeg(at=number))
    return tmp_path


def opened(folder: Path, address: str, decoder: Decoder) -> Camera:
    return sources.open(sources.of(address, "files"), PATIENT, Allowed.of(folder=folder), decoder)


def trouble(folder: Path, address: str, decoder: Decoder) -> SourceTrouble:
    with opened(folder, address, decoder) as camera, pytest.raises(SourceTrouble) as caught:
        camera.next(MIDNIGHT)
    return caught.value


def test_stills_are_shown_by_the_clock_over_and_over(folder: Path, decoder: Decoder) -> None:
    with opened(folder, "crossing?every=2", decoder) as camera:
        shown = [camera.next(MIDNIGHT + timedelta(seconds=seconds)).jpeg for seconds in (0, 1, 2, 8, 10)]

    stills = [(folder / "crossing" / f"{number}.jpg").read_bytes() for number in range(5)]
    assert shown == [stills[0], stills[0], stills[1], stills[4], stills[0]]


def test_still_that_is_added_is_shown(folder: Path, decoder: Decoder) -> None:
    with opened(folder, "crossing", decoder) as camera:
        camera.next(MIDNIGHT)
        last = films.jpeg(at=99)
        (folder / "crossing" / "5.jpg").write_bytes(last)
        shown = camera.next(datetime.fromtimestamp(6 * 10_000_000 + 5, UTC))

    assert shown.jpeg == last


def test_video_is_shown_by_the_clock(tmp_path: Path, decoder: Decoder) -> None:
    (tmp_path / "film.bin").write_bytes(films.video(3.0))

    with opened(tmp_path, "film.bin", decoder) as camera:
        shown = [
            camera.next(MIDNIGHT + timedelta(seconds=seconds)).stream_at for seconds in (0.0, 1.5, 3.0, 4.0)
        ]

    assert shown == pytest.approx([0.0, 1.5, 0.0, 1.0])


def test_clip_of_a_video_is_cut_without_encoding(tmp_path: Path, decoder: Decoder) -> None:
    (tmp_path / "film.mp4").write_bytes(films.video(6.0))

    with opened(tmp_path, "film.mp4", decoder) as camera:
        camera.next(MIDNIGHT + timedelta(seconds=5))
        clip = camera.packets(2.0)

    assert clip is not None
    with av.open(io.BytesIO(clip), "r") as film, av.open(str(tmp_path / "film.mp4"), "r") as whole:
        cut = [bytes(packet) for packet in film.demux(video=0) if packet.size]
        assert cut == [bytes(packet) for packet in whole.demux(video=0) if packet.size][30:50]


def test_stills_have_no_clip(folder: Path, decoder: Decoder) -> None:
    with opened(folder, "crossing", decoder) as camera:
        camera.next(MIDNIGHT)

        assert camera.packets(5.0) is None


@pytest.mark.parametrize("address", ["../outside.jpg", "/etc/passwd", "link.jpg"])
def test_nothing_outside_the_folder_is_read(address: str, tmp_path: Path, decoder: Decoder) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside.jpg").write_bytes(films.jpeg())
    (inside / "link.jpg").symlink_to(tmp_path / "outside.jpg")

    assert trouble(inside, address, decoder).kind == "forbidden"


def test_file_that_is_not_there_is_unreachable(tmp_path: Path, decoder: Decoder) -> None:
    assert trouble(tmp_path, "nothing.mp4", decoder).kind == "unreachable"


def test_without_a_folder_no_file_is_allowed(decoder: Decoder) -> None:
    with (
        sources.open(sources.of("film.mp4", "files"), PATIENT, Allowed(), decoder) as camera,
        pytest.raises(SourceTrouble) as caught,
    ):
        camera.next(MIDNIGHT)

    assert caught.value.kind == "forbidden"


def test_extension_is_not_believed(tmp_path: Path, decoder: Decoder) -> None:
    (tmp_path / "film.jpg").write_bytes(films.video(1.0, form="matroska"))
    (tmp_path / "still.mp4").write_bytes(films.jpeg())

    sizes = []
    for name in ("film.jpg", "still.mp4"):
        with opened(tmp_path, name, decoder) as camera:
            sizes.append(camera.next(MIDNIGHT).size)

    assert sizes == [(320, 240), (320, 240)]


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/x\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"<html>",
        b"",
    ],
)
def test_playlists_and_pages_named_as_videos_are_no_pictures(
    content: bytes, tmp_path: Path, decoder: Decoder
) -> None:
    (tmp_path / "film.mp4").write_bytes(content)

    assert trouble(tmp_path, "film.mp4", decoder).kind == "not_a_picture"


def test_folder_without_stills_is_no_picture(tmp_path: Path, decoder: Decoder) -> None:
    (tmp_path / "notes.txt").write_text("nothing to see")

    assert trouble(tmp_path, ".", decoder).kind == "not_a_picture"


def test_still_of_too_many_bytes_is_too_large(tmp_path: Path, decoder: Decoder) -> None:
    (tmp_path / "still.jpg").write_bytes(films.jpeg() + b"\0" * PATIENT.still_bytes)

    assert trouble(tmp_path, "still.jpg", decoder).kind == "too_large"


def test_frames_of_a_video_are_taken_at_equal_distances(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(films.video(3.0))
    begin = datetime(2026, 1, 1, tzinfo=UTC)

    found: list[Frame] = list(frames(tmp_path / "film.mp4", 0.5, begin, PATIENT))

    assert [frame.stream_at for frame in found] == pytest.approx([0.0, 0.5, 1.0, 1.5, 2.0, 2.5])
    assert [(frame.at - begin).total_seconds() for frame in found] == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]


def test_frames_of_a_folder_are_its_stills(folder: Path) -> None:
    assert [frame.jpeg for frame in frames(folder / "crossing", 5.0, limits=PATIENT)] == [
        (folder / "crossing" / f"{number}.jpg").read_bytes() for number in range(5)
    ]


def test_frames_of_what_is_no_video_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"not a film")

    with pytest.raises(VisionError, match="film.mp4") as caught:
        list(frames(tmp_path / "film.mp4", 1.0))

    assert caught.value.field == "path"
