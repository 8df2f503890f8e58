"""RTSP: key frames of real streams and of cameras that mean ill."""

from __future__ import annotations

import contextlib
import hashlib
import io
import itertools
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest

from tests.vision import films, rtsp
from tests.vision.rtsp import Packets, reply
from tests.vision.servers import Line, serving
from vision import sources
from vision.frame import Frame
from vision.sources import Allowed, Camera, Decoder, Limits, SourceTrouble
from vision.sources.rtp import Unit
from vision.sources.stream import Kept

NOW = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)
SHORT = Limits(seconds=0.5, decode_seconds=30.0)
PATIENT = Limits(seconds=20.0, decode_seconds=30.0)
LOOPBACK = Allowed.of("127.0.0.0/8")


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(PATIENT) as decoder:
        yield decoder


@pytest.fixture(scope="module")
def film() -> list[list[bytes]]:
    """Three seconds: thirty pictures, every tenth a key frame."""
    return rtsp.units(films.video(3.0))


def opened(
    address: str, decoder: Decoder, limits: Limits = PATIENT, user: str = "", password: str = ""
) -> Camera:
    return sources.open(
        sources.of(f"rtsp://{address}/live", "rtsp", user=user, password=password), limits, LOOPBACK, decoder
    )


def trouble(address: str, decoder: Decoder, limits: Limits = PATIENT) -> SourceTrouble:
    with opened(address, decoder, limits) as camera, pytest.raises(SourceTrouble) as caught:
        camera.next(NOW)
    return caught.value


def whole(film: list[list[bytes]], codec: str = "h264") -> bytes:
    packets = Packets(codec)
    return b"".join(packets.of(picture) for picture in film)


@pytest.mark.parametrize(("codec", "encoder"), [("h264", "libx264"), ("hevc", "libx265")])
def test_key_frame_is_put_together_of_its_packets(codec: str, encoder: str, decoder: Decoder) -> None:
    film = rtsp.units(films.video(1.0, encoder), codec)

    def play(line: Line) -> None:
        line.send(whole(film, codec))
        line.stand_still()

    with (
        rtsp.camera(play, {"h264": "H264", "hevc": "H265"}[codec]) as server,
        opened(server.address, decoder) as camera,
    ):
        frame = camera.next(NOW)

    assert np.abs(frame.picture.astype(int) - films.picture()).mean() < 6
    assert frame.jpeg is None
    assert NOW - timedelta(seconds=60) < frame.at <= NOW


def test_packets_that_come_together_with_the_answer_are_read(
    decoder: Decoder, film: list[list[bytes]]
) -> None:
    def first(request: str) -> bytes:
        return reply("3") + Packets().of(film[0]) if request.startswith("PLAY") else b""

    with rtsp.camera(lambda line: None, first=first) as server, opened(server.address, decoder) as camera:
        assert camera.next(NOW).size == (320, 240)


def test_newest_key_frame_is_shown_and_none_twice(decoder: Decoder, film: list[list[bytes]]) -> None:
    more = threading.Event()

    def play(line: Line) -> None:
        packets = Packets()
        line.send(b"".join(packets.of(picture) for picture in film[:11]))
        more.wait()
        line.send(b"".join(packets.of(picture) for picture in film[11:21]))
        line.stand_still()

    with rtsp.camera(play) as server, opened(server.address, decoder) as camera:
        first = camera.next(NOW)
        while (first_at := first.stream_at) == 0.0:
            first = camera.next(NOW)
        more.set()
        second = camera.next(NOW)

    assert first_at == pytest.approx(1.0)
    assert second.stream_at == pytest.approx(2.0)


def test_picture_of_which_a_packet_was_lost_is_passed_over(decoder: Decoder, film: list[list[bytes]]) -> None:
    def play(line: Line) -> None:
        packets = Packets()
        line.send(packets.of(film[0], lost=2) + b"".join(packets.of(picture) for picture in film[1:11]))
        line.stand_still()

    with rtsp.camera(play) as server, opened(server.address, decoder) as camera:
        frame = camera.next(NOW)

    assert np.abs(frame.picture.astype(int) - films.picture(at=10)).mean() < 6


def test_clip_is_of_the_packets_that_came(decoder: Decoder) -> None:
    made = films.video(3.0, b=2)
    film = rtsp.units(made)
    with av.open(io.BytesIO(made), "r") as container:
        shown_at = [packet.pts for packet in container.demux(video=0) if packet.pts is not None]
    order = [sorted(shown_at).index(pts) for pts in shown_at]
    assert order != sorted(order)

    def play(line: Line) -> None:
        packets = Packets()
        line.send(
            b"".join(packets.of(picture, shown=place) for picture, place in zip(film, order, strict=True))
        )
        line.stand_still()

    with rtsp.camera(play) as server, opened(server.address, decoder) as camera:
        while camera.next(NOW).stream_at != pytest.approx(2.0):
            continue
        before = camera.packets(10.0)

    assert before is not None
    with av.open(io.BytesIO(before), "r") as clip:
        shown = [frame.pts for frame in clip.decode(video=0)]
        assert clip.streams.video[0].codec_context.name == "h264"
    assert len(shown) > 20
    assert shown == [9000 * number for number in range(len(shown))]


def test_digest_proves_the_password_without_sending_it(decoder: Decoder, film: list[list[bytes]]) -> None:
    def first(request: str) -> bytes:
        method, address = request.split(" ")[:2]
        proof = re.search(r'response="(\w+)"', request)
        ours = hashlib.md5(b"viewer:cam:p@ss").hexdigest()
        theirs = hashlib.md5(f"{method}:{address}".encode()).hexdigest()
        if proof and proof[1] == hashlib.md5(f"{ours}:n0nce:{theirs}".encode()).hexdigest():
            return b""
        return reply("1", 'WWW-Authenticate: Digest realm="cam", nonce="n0nce"\r\n', "401 Unauthorized")

    def play(line: Line) -> None:
        line.send(whole(film))
        line.stand_still()

    with (
        rtsp.camera(play, first=first) as server,
        opened(server.address, decoder, user="viewer", password="p@ss") as camera,
    ):
        assert camera.next(NOW).size == (320, 240)

    assert not any("p@ss" in request for request in server.requests)


def test_redirect_does_not_reach_inside(decoder: Decoder) -> None:
    with rtsp.camera(lambda line: None) as inside:

        def first(request: str) -> bytes:
            return reply("1", f"Location: rtsp://{inside.address}/secret\r\n", "302 Found")

        with rtsp.camera(lambda line: None, first=first) as server:
            found = trouble(server.address, decoder)

    assert found.kind == "refused"
    assert inside.requests == []


def test_address_of_a_track_elsewhere_is_never_connected_to(
    decoder: Decoder, film: list[list[bytes]]
) -> None:
    with rtsp.camera(lambda line: None) as inside:
        sdp = f"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:rtsp://{inside.address}/secret\r\n"

        def first(request: str) -> bytes:
            return (
                reply("1", f"Content-Length: {len(sdp)}\r\n") + sdp.encode() if "DESCRIBE" in request else b""
            )

        def play(line: Line) -> None:
            line.send(whole(film))
            line.stand_still()

        with rtsp.camera(play, first=first) as server, opened(server.address, decoder) as camera:
            camera.next(NOW)

    assert inside.requests == []


def test_stream_that_stalls_in_the_middle_is_left_and_the_others_go_on(
    decoder: Decoder, film: list[list[bytes]]
) -> None:
    def stall(line: Line) -> None:
        line.send(whole(film)[:200])
        line.stand_still()

    def play(line: Line) -> None:
        line.send(whole(film))
        line.stand_still()

    with rtsp.camera(stall) as bad, rtsp.camera(play) as good, opened(good.address, decoder) as camera:
        found = trouble(bad.address, decoder, SHORT)
        frame = camera.next(NOW)

    assert found.kind == "too_slow"
    assert frame.size == (320, 240)


def test_camera_that_hangs_up_has_ended_and_is_connected_to_again(
    decoder: Decoder, film: list[list[bytes]]
) -> None:
    calls = []

    def play(line: Line) -> None:
        calls.append(line)
        if len(calls) > 1:
            line.send(whole(film))
            line.stand_still()
        line.socket.close()

    with rtsp.camera(play) as server, opened(server.address, decoder) as camera:
        with pytest.raises(SourceTrouble) as caught:
            camera.next(NOW)
        assert caught.value.retry_at is not None
        frame = camera.next(caught.value.retry_at)

    assert caught.value.kind == "ended"
    assert frame.size == (320, 240)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"", "too_slow"),
        (b"RTSP/1.0 200 OK\r\nX-Wait: ", "too_slow"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "damaged"),
        (b"SSH-2.0-OpenSSH_9.2\r\n" + b"\r\n" * 9000, "damaged"),
        (b"\0" * 9000, "damaged"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n", "too_large"),
        (b"RTSP/1.0 200 OK\r\nX: " + b"x" * 20_000, "damaged"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nv=0\r\n", "not_a_picture"),
        (b"RTSP/1.0 404 Not Found\r\n\r\n", "refused"),
        (b"RTSP/1.0 401 Unauthorized\r\n\r\n", "refused"),
    ],
)
def test_what_is_no_stream_is_told_so(said: bytes, kind: str, decoder: Decoder) -> None:
    def talk(line: Line) -> None:
        line.request()
        line.send(said)
        line.stand_still()

    with serving(talk) as server:
        assert trouble(server.address, decoder, SHORT if kind == "too_slow" else PATIENT).kind == kind


def test_camera_that_drips_is_left(decoder: Decoder) -> None:
    def talk(line: Line) -> None:
        line.request()
        line.drip(b"RTSP/1.0 200 OK\r\n" + b"x" * 500)

    with serving(talk) as server:
        assert trouble(server.address, decoder, SHORT).kind == "too_slow"


def test_stream_of_another_codec_is_no_picture(decoder: Decoder) -> None:
    with rtsp.camera(lambda line: None, "VP8") as server:
        found = trouble(server.address, decoder)

    assert found.kind == "not_a_picture"
    assert "VP8" in found.detail


def test_stream_without_key_frames_is_too_slow_and_says_what_to_do(
    decoder: Decoder, film: list[list[bytes]]
) -> None:
    def play(line: Line) -> None:
        line.send(whole(film[1:10]))
        line.stand_still()

    with rtsp.camera(play) as server:
        assert trouble(server.address, decoder, SHORT).kind == "too_slow"


def test_camera_with_few_key_frames_stays_connected(decoder: Decoder, film: list[list[bytes]]) -> None:
    more = threading.Event()

    def play(line: Line) -> None:
        packets = Packets()
        while not more.is_set():
            line.send(packets.of(film[1]))
            more.wait(0.05)
        line.send(packets.of(film[0]))
        line.stand_still()

    with rtsp.camera(play) as server, opened(server.address, decoder, Limits(seconds=2.0)) as camera:
        with pytest.raises(SourceTrouble, match="no key frame") as caught:
            camera.next(NOW)
        more.set()
        assert caught.value.retry_at is not None
        frame = camera.next(caught.value.retry_at)

    assert frame.size == (320, 240)
    assert sum(request.startswith("DESCRIBE") for request in server.requests) == 1


def test_camera_that_forgets_whoever_says_nothing_is_spoken_to(
    decoder: Decoder, film: list[list[bytes]]
) -> None:
    spoken = threading.Event()
    packets = Packets()

    def first(request: str) -> bytes:
        if request.startswith("SETUP"):
            return reply("2", "Session: 7;timeout=2\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n")
        if request.startswith("OPTIONS"):
            spoken.set()
            return reply("4") + packets.of(film[10])
        return b""

    def play(line: Line) -> None:
        line.send(packets.of(film[0]))
        for _ in range(15):
            line.stopped.wait(0.1)
            line.send(packets.of(film[1]))

    with rtsp.camera(play, first=first) as server, opened(server.address, decoder) as camera:
        camera.next(NOW)
        second = camera.next(NOW)

    assert spoken.is_set()
    assert "Session: 7" in server.requests[3]
    assert second.stream_at is not None
    assert second.stream_at > 1.0


def test_picture_without_end_is_too_large(decoder: Decoder) -> None:
    def play(line: Line) -> None:
        packets = Packets(most=60_000)
        while not line.stopped.is_set():
            line.send(packets.of([b"\x65" + b"\x11" * 200_000]).replace(b"\x80\xe0", b"\x80\x60"))

    limits = Limits(seconds=30.0, decode_seconds=30.0, still_bytes=100_000)
    with rtsp.camera(play) as server:
        assert trouble(server.address, decoder, limits).kind == "too_large"


def test_stream_faster_than_it_may_be_is_left(decoder: Decoder, film: list[list[bytes]]) -> None:
    def play(line: Line) -> None:
        packets = Packets()
        while not line.stopped.is_set():
            line.send(packets.of(film[1]))

    limits = Limits(seconds=60.0, stream_rate=10_000)
    with rtsp.camera(play) as server:
        assert trouble(server.address, decoder, limits).kind == "too_large"


def test_8k_key_frame_is_too_large(decoder: Decoder) -> None:
    film = rtsp.units(films.video(0.1, size=(5120, 3200)))

    def play(line: Line) -> None:
        line.send(whole(film))
        line.stand_still()

    with rtsp.camera(play) as server:
        assert trouble(server.address, decoder, PATIENT).kind in ("too_large", "damaged")


@contextmanager
def gstreamer(folder: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    python = os.environ.get("GSTREAMER_PYTHON")
    if not python:
        pytest.skip("no RTSP server: run the tests by `make test`, which finds or installs one")
    script = Path(__file__).with_name("gstreamer.py")
    with subprocess.Popen([python, script, folder, *arguments], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield f"127.0.0.1:{server.stdout.readline().strip()}", server
        finally:
            server.kill()


@pytest.mark.parametrize(("codec", "encoder"), [("h264", "libx264"), ("hevc", "libx265")])
def test_real_server_is_read(codec: str, encoder: str, decoder: Decoder, tmp_path: Path) -> None:
    (tmp_path / "live").write_bytes(films.video(15.0, encoder))

    with (
        gstreamer(tmp_path, f"live={codec}", "viewer:p@ss") as (address, _),
        opened(address, decoder, user="viewer", password="p@ss") as camera,
    ):
        found = [camera.next(NOW).stream_at for _ in range(2)]
        clip = camera.packets(5.0)

    assert found == pytest.approx([0.0, 1.0])
    assert clip is not None
    with av.open(io.BytesIO(clip), "r") as film:
        assert len(list(film.decode(video=0))) >= 10


def test_real_server_that_stalls_is_left_and_read_again_when_it_goes_on(
    decoder: Decoder, tmp_path: Path
) -> None:
    (tmp_path / "live").write_bytes(films.video(60.0))
    limits = Limits(seconds=2.0, decode_seconds=30.0)
    at = (NOW + timedelta(minutes=2 * number) for number in itertools.count())

    with gstreamer(tmp_path, "live=h264") as (address, server), opened(address, decoder, limits) as camera:
        until_it_plays(camera, at)
        server.send_signal(signal.SIGSTOP)
        kinds = {until_it_stalls(camera, at) for _ in range(2)}
        server.send_signal(signal.SIGCONT)
        again = until_it_plays(camera, at)

    assert kinds == {"too_slow"}
    assert again.size == (320, 240)


def until_it_plays(camera: Camera, at: Iterator[datetime]) -> Frame:
    while True:
        with contextlib.suppress(SourceTrouble):
            return camera.next(next(at))


def until_it_stalls(camera: Camera, at: Iterator[datetime]) -> str:
    while True:
        try:
            camera.next(next(at))
        except SourceTrouble as trouble:
            return trouble.kind


def test_what_is_kept_of_a_stream_of_tiny_units_is_bounded() -> None:
    kept = Kept(Limits())

    for number in range(20_000):
        kept.add(Unit(b"\0\0\0\1\5", number, number % 50 == 0, number / 10_000))

    assert len(kept.last(20.0)) <= 2400
