"""Stills over HTTP, from cameras that are well and from servers that mean ill."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.vision import films
from tests.vision.servers import Line, answer, pages, serving
from vision import sources
from vision.frame import Frame
from vision.sources import Allowed, Decoder, Limits, Source, SourceTrouble

NOW = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)
SHORT = Limits(seconds=0.5, decode_seconds=30.0)
PATIENT = Limits(seconds=20.0, decode_seconds=30.0)
LOOPBACK = Allowed.of("127.0.0.0/8")


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(PATIENT) as decoder:
        yield decoder


def still(source: Source, decoder: Decoder) -> Frame:
    with sources.open(source, PATIENT, LOOPBACK, decoder) as camera:
        return camera.next(NOW)


def trouble(
    address: str, decoder: Decoder, limits: Limits = PATIENT, allowed: Allowed = LOOPBACK
) -> SourceTrouble:
    with (
        sources.open(sources.of(address, "snapshot"), limits, allowed, decoder) as camera,
        pytest.raises(SourceTrouble) as caught,
    ):
        camera.next(NOW)
    return caught.value


def test_frame_is_the_picture_and_the_very_bytes_that_the_camera_sent(decoder: Decoder) -> None:
    sent = films.jpeg()

    with pages({"/still": answer(sent)}) as server:
        frame = still(sources.of(f"http://{server.address}/still", "snapshot"), decoder)

    assert frame.jpeg == sent
    assert frame.at == NOW
    assert np.array_equal(frame.picture, films.decoded(sent))


def test_connection_is_kept_from_one_still_to_the_next(decoder: Decoder) -> None:
    connections = []

    def talk(line: Line) -> None:
        connections.append(line)
        while line.request():
            line.send(answer(films.jpeg()))

    with serving(talk) as server:
        source = sources.of(f"http://{server.address}/", "snapshot")
        with sources.open(source, PATIENT, LOOPBACK, decoder) as camera:
            for second in range(3):
                camera.next(NOW + timedelta(seconds=second))

    assert len(connections) == 1


def test_digest_proves_the_password_without_sending_it(decoder: Decoder) -> None:
    def page(request: str) -> bytes:
        proof = re.search(r'response="(\w+)"', request)
        ours = hashlib.md5(b"viewer:cam:s3cret").hexdigest()
        theirs = hashlib.md5(b"GET:/still").hexdigest()
        if proof and proof[1] == hashlib.md5(f"{ours}:n0nce:{theirs}".encode()).hexdigest():
            return answer(films.jpeg())
        return answer(
            b"", status="401 Unauthorized", headers='WWW-Authenticate: Digest realm="cam", nonce="n0nce"\r\n'
        )

    with pages(page) as server:
        source = sources.of(f"http://viewer:s3cret@{server.address}/still", "snapshot")
        frame = still(source, decoder)

    assert frame.size == (320, 240)
    assert not any("s3cret" in request for request in server.requests)


def test_basic_password_is_sent_where_the_camera_asks_for_it(decoder: Decoder) -> None:
    proof = base64.b64encode(b"viewer:s3cret").decode()

    def page(request: str) -> bytes:
        if f"Basic {proof}" in request:
            return answer(films.jpeg())
        return answer(b"", status="401 Unauthorized", headers='WWW-Authenticate: Basic realm="cam"\r\n')

    with pages(page) as server:
        source = sources.of(f"http://{server.address}/still", "snapshot", user="viewer", password="s3cret")
        frame = still(source, decoder)

    assert frame.size == (320, 240)
    assert "Basic" not in server.requests[0]


def test_wrong_password_is_refused(decoder: Decoder) -> None:
    refusal = answer(b"", status="401 Unauthorized", headers='WWW-Authenticate: Basic realm="cam"\r\n')

    with pages({"/still": refusal}) as server:
        found = trouble(f"http://viewer:wr0ng@{server.address}/still", decoder)

    assert found.kind == "refused"
    assert "wr0ng" not in found.detail


def test_redirect_to_a_port_that_is_not_allowed_does_not_reach_it(decoder: Decoder) -> None:
    with pages({"/secret": answer(films.jpeg())}) as inside:
        aside = answer(b"", status="302 Found", headers=f"Location: http://{inside.address}/secret\r\n")
        with pages({"/still": aside}) as server:
            allowed = Allowed.of("127.0.0.0/8", ports=[server.port])
            found = trouble(f"http://{server.address}/still", decoder, allowed=allowed)

    assert found.kind == "forbidden"
    assert inside.requests == []


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://169.254.169.254/latest", "gopher://x"]
)
def test_redirect_out_of_http_and_of_the_networks_is_forbidden(target: str, decoder: Decoder) -> None:
    with pages({"/still": answer(b"", status="302 Found", headers=f"Location: {target}\r\n")}) as server:
        found = trouble(f"http://{server.address}/still", decoder)

    assert found.kind == "forbidden"


def test_redirect_within_what_is_allowed_is_followed_without_the_password(decoder: Decoder) -> None:
    with pages({"/there": answer(films.jpeg())}) as other:
        aside = answer(b"", status="302 Found", headers=f"Location: http://{other.address}/there\r\n")
        with pages({"/still": aside}) as server:
            source = sources.of(f"http://viewer:s3cret@{server.address}/still", "snapshot")
            frame = still(source, decoder)

    assert frame.size == (320, 240)
    assert "authorization" not in other.requests[0].lower()


def test_redirects_in_a_circle_end(decoder: Decoder) -> None:
    with pages({"/still": answer(b"", status="302 Found", headers="Location: /still\r\n")}) as server:
        found = trouble(f"http://{server.address}/still", decoder)

    assert found.kind == "refused"
    assert len(server.requests) == 4


def test_page_instead_of_a_picture_is_none(decoder: Decoder) -> None:
    with pages({"/still": answer(b"<html><body>Login</body></html>", "text/html")}) as server:
        found = trouble(f"http://{server.address}/still", decoder)

    assert found.kind == "not_a_picture"
    assert "text/html" in found.detail


def test_stream_without_end_is_left_at_its_bound(decoder: Decoder) -> None:
    def talk(line: Line) -> None:
        line.request()
        line.send(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff")
        while not line.stopped.is_set():
            line.send(b"\0" * 65536)

    with serving(talk) as server:
        found = trouble(
            f"http://{server.address}/still", decoder, Limits(seconds=60.0, still_bytes=1024 * 1024)
        )

    assert found.kind == "too_large"


def test_video_of_stills_is_told_from_a_still(decoder: Decoder) -> None:
    def talk(line: Line) -> None:
        line.request()
        line.send(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n--b\r\n")
        line.stand_still()

    with serving(talk) as server:
        found = trouble(f"http://{server.address}/still", decoder)

    assert found.kind == "not_a_picture"


def test_length_beyond_the_bound_is_not_read(decoder: Decoder) -> None:
    def talk(line: Line) -> None:
        line.request()
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        line.stand_still()

    with serving(talk) as server:
        found = trouble(f"http://{server.address}/still", decoder)

    assert found.kind == "too_large"


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200 OK\r\nX-Wait: ", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n\xff\xd8\xff"],
)
def test_camera_that_stands_still_is_left(said: bytes, decoder: Decoder) -> None:
    def talk(line: Line) -> None:
        line.request()
        line.send(said)
        line.stand_still()

    with serving(talk) as server:
        found = trouble(f"http://{server.address}/still", decoder, SHORT)

    assert found.kind == "too_slow"


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 200 OK\r\nX-Wait: ", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n\xff\xd8\xff"]
)
def test_camera_that_drips_is_left_though_it_never_pauses_for_long(said: bytes, decoder: Decoder) -> None:
    def talk(line: Line) -> None:
        line.request()
        line.send(said)
        line.drip(b"x" * 500)

    with serving(talk) as server:
        found = trouble(f"http://{server.address}/still", decoder, SHORT)

    assert found.kind == "too_slow"


def test_what_is_no_http_is_unreachable(decoder: Decoder) -> None:
    def talk(line: Line) -> None:
        line.request()
        line.send(b"SSH-2.0-OpenSSH\r\n\r\n")

    with serving(talk) as server:
        assert trouble(f"http://{server.address}/still", decoder).kind == "unreachable"


def test_8k_still_is_too_large_by_its_header_alone(decoder: Decoder) -> None:
    with pages({"/still": answer(films.jpeg(7680, 4320))}) as server:
        found = trouble(f"http://{server.address}/still", decoder)

    assert found.kind == "too_large"


def test_compressed_answer_is_not_unpacked(decoder: Decoder) -> None:
    with pages({"/still": answer(b"\x1f\x8b" + b"\0" * 50, headers="Content-Encoding: gzip\r\n")}) as server:
        assert trouble(f"http://{server.address}/still", decoder, PATIENT).kind == "not_a_picture"


def test_camera_in_trouble_is_not_asked_again_before_its_time(decoder: Decoder) -> None:
    waits = []
    at = NOW

    with pages({}) as server:
        source = sources.of(f"http://{server.address}/still", "snapshot")
        with sources.open(source, PATIENT, LOOPBACK, decoder) as camera:
            for _ in range(9):
                with pytest.raises(SourceTrouble) as caught:
                    camera.next(at)
                assert caught.value.retry_at is not None
                with pytest.raises(SourceTrouble):
                    camera.next(caught.value.retry_at - timedelta(milliseconds=1))
                waits.append((caught.value.retry_at - at).total_seconds())
                at = caught.value.retry_at

    assert len(server.requests) == 9
    assert [round(wait / waits[0]) for wait in waits] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_camera_that_works_again_has_no_trouble_left(decoder: Decoder) -> None:
    answers = {"/still": answer(b"", status="503 Busy")}

    with pages(answers) as server:
        source = sources.of(f"http://{server.address}/still", "snapshot")
        with sources.open(source, PATIENT, LOOPBACK, decoder) as camera:
            with pytest.raises(SourceTrouble):
                camera.next(NOW)
            answers["/still"] = answer(films.jpeg())
            camera.next(NOW + timedelta(seconds=5))

            assert camera.retry_at is None
