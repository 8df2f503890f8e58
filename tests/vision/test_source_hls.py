"""HLS: what playlists lead to is fetched only where it is allowed, and shown as fast as it was filmed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import av
import pytest

from tests.vision import films
from tests.vision.servers import Line, answer, pages, serving
from vision import sources
from vision.sources import Allowed, Camera, Decoder, Limits, SourceTrouble, playlist

NOW = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)
PATIENT = Limits(seconds=20.0, decode_seconds=30.0)
LOOPBACK = Allowed.of("127.0.0.0/8")


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(PATIENT) as decoder:
        yield decoder


@pytest.fixture(scope="module")
def segment() -> bytes:
    """Three seconds with a key frame each second."""
    return films.video(3.0, form="mpegts")


def listing(*addresses: str, first: int = 7, more: str = "") -> bytes:
    lines = [f"#EXTINF:3.0,\n{address}\n" for address in addresses]
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXT-X-MEDIA-SEQUENCE:{first}\n{more}{''.join(lines)}"
    return answer(text.encode(), "application/vnd.apple.mpegurl")


def opened(port: int, decoder: Decoder, limits: Limits = PATIENT, allowed: Allowed = LOOPBACK) -> Camera:
    return sources.open(sources.of(f"http://127.0.0.1:{port}/live.m3u8", "hls"), limits, allowed, decoder)


def trouble(answers: dict[str, bytes], decoder: Decoder) -> SourceTrouble:
    with (
        pages(answers) as server,
        opened(server.port, decoder) as camera,
        pytest.raises(SourceTrouble) as caught,
    ):
        camera.next(NOW)
    return caught.value


def test_newest_segment_is_shown_key_frame_by_key_frame(decoder: Decoder, segment: bytes) -> None:
    answers = {"/live.m3u8": listing("old.ts", "new.ts"), "/new.ts": answer(segment, "video/mp2t")}

    with pages(answers) as server, opened(server.port, decoder) as camera:
        found = [camera.next(NOW + timedelta(seconds=seconds)) for seconds in (0.0, 1.5, 2.5)]

    asked = [request.split(" ")[1] for request in server.requests]
    assert asked == ["/live.m3u8", "/new.ts"]
    # One segment late, and as old as its key frame.
    assert [(frame.at - NOW).total_seconds() for frame in found] == pytest.approx([-3.0, -2.0, -1.0])
    assert len({frame.picture.tobytes() for frame in found}) == 3


def test_following_segment_is_fetched_when_one_is_over(decoder: Decoder, segment: bytes) -> None:
    answers = {"/live.m3u8": listing("7.ts"), "/7.ts": answer(segment), "/8.ts": answer(segment)}

    with pages(answers) as server, opened(server.port, decoder) as camera:
        camera.next(NOW)
        answers["/live.m3u8"] = listing("8.ts", first=8)
        frame = camera.next(NOW + timedelta(seconds=4))

    assert server.requests[-1].startswith("GET /8.ts")
    assert frame.size == (320, 240)


def test_stream_that_adds_nothing_is_too_slow(decoder: Decoder, segment: bytes) -> None:
    with (
        pages({"/live.m3u8": listing("7.ts"), "/7.ts": answer(segment)}) as server,
        opened(server.port, decoder) as camera,
    ):
        camera.next(NOW)
        with pytest.raises(SourceTrouble, match="adds nothing") as caught:
            camera.next(NOW + timedelta(seconds=60))

    assert caught.value.kind == "too_slow"


def test_stream_that_is_over_has_ended(decoder: Decoder, segment: bytes) -> None:
    ended = listing("7.ts", more="#EXT-X-ENDLIST\n")
    with (
        pages({"/live.m3u8": ended, "/7.ts": answer(segment)}) as server,
        opened(server.port, decoder) as camera,
    ):
        camera.next(NOW)
        with pytest.raises(SourceTrouble) as caught:
            camera.next(NOW + timedelta(seconds=5))

    assert caught.value.kind == "ended"


def test_variant_that_is_wide_enough_is_taken(decoder: Decoder, segment: bytes) -> None:
    master = (
        b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000000,RESOLUTION=3840x2160\n4k.m3u8\n"
        b"#EXT-X-STREAM-INF:BANDWIDTH=300000,RESOLUTION=320x240\nlow.m3u8\n"
        b'#EXT-X-STREAM-INF:BANDWIDTH=2000000,CODECS="avc1,mp4a",RESOLUTION=1280x720\nmid.m3u8\n'
    )
    answers = {"/live.m3u8": answer(master), "/mid.m3u8": listing("a.ts"), "/a.ts": answer(segment)}

    with pages(answers) as server, opened(server.port, decoder) as camera:
        frame = camera.next(NOW)

    assert frame.size == (320, 240)


def test_segment_behind_its_head_is_decoded(decoder: Decoder) -> None:
    target = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with (
        av.open(io.BytesIO(films.video(2.0)), "r") as film,
        av.open(target, "w", format="mp4", options=options) as made,
    ):
        stream = made.add_stream_from_template(film.streams.video[0])
        for packet in film.demux(film.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                made.mux(packet)
    whole = target.getvalue()
    cut = whole.index(b"moof") - 4
    answers = {
        "/live.m3u8": listing("a.m4s", more='#EXT-X-MAP:URI="head.mp4"\n'),
        "/head.mp4": answer(whole[:cut]),
        "/a.m4s": answer(whole[cut:]),
    }

    with pages(answers) as server, opened(server.port, decoder) as camera:
        assert camera.next(NOW).size == (320, 240)


@pytest.mark.parametrize("more", ["", "#EXTINF:3,\n/fine.ts\n"])
def test_playlist_that_points_inside_does_not_reach_it(more: str, decoder: Decoder, segment: bytes) -> None:
    with pages({"/secret": answer(segment)}) as inside:
        answers = {"/live.m3u8": listing(f"http://127.0.0.1:{inside.port}/secret", more=more)}
        with pages(answers) as server:
            allowed = Allowed.of("127.0.0.0/8", ports=[server.port])
            with (
                opened(server.port, decoder, allowed=allowed) as camera,
                pytest.raises(SourceTrouble) as caught,
            ):
                camera.next(NOW)

    assert caught.value.kind == "forbidden"
    assert inside.requests == []


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "concat:/etc/passwd", "data:,x", "tcp://127.0.0.1:1"]
)
def test_playlist_that_names_what_is_no_http_is_forbidden(target: str, decoder: Decoder) -> None:
    assert trouble({"/live.m3u8": listing(target)}, decoder).kind == "forbidden"


def test_head_and_variants_are_held_to_the_allow_list_too(decoder: Decoder, segment: bytes) -> None:
    outside = "http://10.1.2.3/x"
    head = listing("a.ts", more=f'#EXT-X-MAP:URI="{outside}"\n')
    master = answer(f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{outside}\n".encode())

    kinds = [trouble({"/live.m3u8": page, "/a.ts": answer(segment)}, decoder).kind for page in (head, master)]

    assert kinds == ["forbidden", "forbidden"]


def test_segment_that_is_a_playlist_is_no_picture(decoder: Decoder) -> None:
    inner = b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/x\n" + b"#" * 400

    assert trouble({"/live.m3u8": listing("a.ts"), "/a.ts": answer(inner)}, decoder).kind == "not_a_picture"


def test_page_instead_of_a_playlist_is_none(decoder: Decoder) -> None:
    assert (
        trouble({"/live.m3u8": answer(b"<html>Login</html>", "text/html")}, decoder).kind == "not_a_picture"
    )


def test_playlists_that_lead_in_a_circle_are_refused(decoder: Decoder) -> None:
    circle = answer(b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8\n")

    assert trouble({"/live.m3u8": circle}, decoder).kind == "refused"


def test_encrypted_stream_is_refused(decoder: Decoder) -> None:
    key = '#EXT-X-KEY:METHOD=AES-128,URI="key"\n'

    assert trouble({"/live.m3u8": listing("a.ts", more=key)}, decoder).kind == "refused"


def test_segment_without_end_is_left_at_its_bound(decoder: Decoder) -> None:
    def talk(line: Line) -> None:
        if "/live" in line.request():
            line.send(listing("a.ts"))
            line.request()
        line.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while not line.stopped.is_set():
            line.send(b"\x47" * 65536)

    limits = Limits(seconds=60.0, segment_bytes=1024 * 1024)
    with (
        serving(talk) as server,
        opened(server.port, decoder, limits) as camera,
        pytest.raises(SourceTrouble) as caught,
    ):
        camera.next(NOW)

    assert caught.value.kind == "too_large"


def test_clip_is_the_segments_themselves(decoder: Decoder, segment: bytes) -> None:
    answers = {
        "/live.m3u8": listing("a.ts", "b.ts", "c.ts"),
        **{f"/{name}.ts": answer(segment) for name in "abc"},
    }

    with pages(answers) as server, opened(server.port, decoder) as camera:
        clip = camera.packets(5.0)

    assert clip is not None
    with av.open(io.BytesIO(clip), "r") as film:
        assert film.format.name.startswith("mov")
        assert len(list(film.decode(video=0))) == 60


def test_sequence_numbers_go_on_from_where_the_playlist_begins() -> None:
    text = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:41\n#EXTINF:2.5,\n../a.ts\n#EXTINF:x,\n/b.ts\n"

    found = playlist.read(text, "http://cam/live/now/index.m3u8")

    assert [(it.number, it.seconds, it.address) for it in found.segments] == [
        (41, 2.5, "http://cam/live/a.ts"),
        (42, 0.0, "http://cam/b.ts"),
    ]
