"""A patrol of cameras with one decoder: whatever some of them send, the others give their pictures."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.vision import films, rtsp
from tests.vision.rtsp import Packets
from tests.vision.servers import Line, answer, pages, serving
from vision import sources
from vision.sources import Allowed, Decoder, Limits, SourceTrouble, formats, header, playlist, sdp
from vision.sources.rtp import Units

NOW = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)
LIMITS = Limits(seconds=0.5, decode_seconds=30.0)
PATIENT = Limits(seconds=20.0, decode_seconds=30.0)
LOOPBACK = Allowed.of("127.0.0.0/8")


def test_one_picture_takes_five_seconds_at_most() -> None:
    limits = Limits()

    assert limits.seconds + limits.decode_seconds <= 5.0


def without_end(line: Line) -> None:
    line.request()
    line.send(b"HTTP/1.1 200 OK\r\n\r\n\xff\xd8\xff")
    while not line.stopped.is_set():
        line.send(b"\0" * 65536)


def stalled(line: Line) -> None:
    line.request()
    line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n\xff\xd8")
    line.stand_still()


def test_others_give_their_pictures_while_some_mean_ill() -> None:
    bomb = films.png_bomb(60_000, 16)
    bad = {
        "/bomb": answer(bomb[:20] + (60_000).to_bytes(4) + bomb[24:]),
        "/8k": answer(films.jpeg(7680, 4320)),
        "/cut": answer(films.jpeg()[:3000]),
        "/page": answer(b"<html>", "text/html"),
        "/noise": answer(b"\xff\xd8\xff" + random.Random(1).randbytes(5000) + b"\xff\xd9"),
        "/inside": answer(b"", status="302 Found", headers="Location: http://169.254.169.254/\r\n"),
    }
    with ExitStack() as stack:
        web = stack.enter_context(pages({"/good": answer(films.jpeg()), **bad}))
        hostile = [stack.enter_context(serving(talk)) for talk in (without_end, stalled)]
        addresses = [f"http://{web.address}{path}" for path in bad] + [
            f"http://{it.address}/" for it in hostile
        ]
        decoder = stack.enter_context(Decoder(PATIENT))
        good = sources.open(sources.of(f"http://{web.address}/good", "snapshot"), PATIENT, LOOPBACK, decoder)
        stack.enter_context(good)
        kinds = []
        for address in addresses:
            camera = sources.open(sources.of(address, "snapshot"), LIMITS, LOOPBACK, decoder)
            with camera, pytest.raises(SourceTrouble) as caught:
                camera.next(NOW)
            kinds.append(caught.value.kind)
            assert good.next(NOW).size == (320, 240)
        status = Path(f"/proc/{decoder.pid}/status").read_text()

    assert kinds[:6] == ["too_large", "too_large", "damaged", "not_a_picture", "damaged", "forbidden"]
    assert kinds[6] in ("too_large", "too_slow")
    assert kinds[7] == "too_slow"
    assert int(status.partition("VmHWM:")[2].split()[0]) < 512 * 1024


def test_cameras_share_the_decoder_from_their_own_threads() -> None:
    stills = [films.jpeg(at=number) for number in range(8)]
    shown: dict[int, bool] = {}

    with (
        Decoder(PATIENT) as decoder,
        pages({f"/{number}": answer(still) for number, still in enumerate(stills)}) as web,
    ):

        def look(number: int) -> None:
            with sources.open(
                sources.of(f"http://{web.address}/{number}", "snapshot"), PATIENT, LOOPBACK, decoder
            ) as camera:
                frames = [camera.next(NOW) for _ in range(5)]
            expected = films.decoded(stills[number]).tobytes()
            shown[number] = all(frame.picture.tobytes() == expected for frame in frames)

        threads = [threading.Thread(target=look, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert shown == dict.fromkeys(range(8), True)


def test_decoder_that_dies_leaves_streams_connected() -> None:
    film = rtsp.units(films.video(2.0))
    more = threading.Event()

    def play(line: Line) -> None:
        packets = Packets()
        line.send(packets.of(film[0]))
        more.wait()
        line.send(packets.of(film[10]))
        line.stand_still()

    with Decoder(PATIENT) as decoder, rtsp.camera(play) as server:
        source = sources.of(f"rtsp://{server.address}/live", "rtsp")
        with sources.open(source, PATIENT, LOOPBACK, decoder) as camera:
            camera.next(NOW)
            assert decoder.pid is not None
            os.kill(decoder.pid, 9)
            os.waitid(os.P_PID, decoder.pid, os.WEXITED | os.WNOWAIT)
            more.set()
            frame = camera.next(NOW)

    assert frame.size == (320, 240)
    assert [request.split(" ")[0] for request in server.requests].count("DESCRIBE") == 1


_SDP = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 sprop-parameter-sets=Z2Q=,aA==\r\na=control:t\r\n"
_LIST = b'#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:3\n#EXT-X-MAP:URI="h"\n#EXTINF:3.0,\nhttp://[::1]:80/a.ts\n#EXTINF:3.0,\nb.ts\n'
_MASTER = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=640x360\nhttp://[::1]/m3u8\n"
_PACKETS = Packets(most=50).of(rtsp.units(films.video(0.2, size=(96, 64)))[0])


@pytest.mark.parametrize(
    ("whole", "read"),
    [
        (_SDP, lambda data: sdp.video(data.decode("utf-8", "replace"), "rtsp://cam/")),
        (_LIST, lambda data: playlist.read(data.decode("utf-8", "replace"), "http://cam/live.m3u8")),
        (_MASTER, lambda data: playlist.read(data.decode("utf-8", "replace"), "http://cam/live.m3u8")),
        (films.jpeg(32, 32), lambda data: header.read(data, 2000)),
        (films.png_bomb(32, 32), lambda data: header.read(data, 2000)),
        (films.video(0.2, form="mpegts", size=(96, 64)), formats.of),
        (_PACKETS[4:70], lambda data: Units("h264", 96, [], 1000).take(data)),
        (_PACKETS[4:70], lambda data: Units("hevc", 96, [b""], 1000).take(data)),
    ],
)
def test_damaged_text_and_packets_are_read_or_refused(whole: bytes, read: Callable[[bytes], object]) -> None:
    chance = random.Random(7)
    refused = 0

    for number in range(600):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = (
                chance.choice(b"\0\xff:[]=,;0$\n") if number % 2 else chance.randrange(256)
            )
        if number % 3 == 0:
            del data[chance.randrange(1, len(data)) :]
        try:
            read(bytes(data))
        except SourceTrouble:
            refused += 1

    assert refused < 600
