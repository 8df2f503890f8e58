"""Addresses of cameras and the allow-list they are held to."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest

from vision import sources
from vision.errors import VisionError
from vision.sources import Allowed, SourceTrouble
from vision.sources.backoff import Backoff

NOW = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)


def test_user_and_password_are_taken_out_of_the_address() -> None:
    source = sources.of("rtsp://viewer:p%40ss@10.1.2.3:8554/live?ch=1", "rtsp")

    assert source.address == "rtsp://10.1.2.3:8554/live?ch=1"
    assert (source.user, source.password) == ("viewer", "p@ss")


def test_password_is_not_shown() -> None:
    assert "s3cret" not in repr(sources.of("http://10.1.2.3/", "snapshot", user="viewer", password="s3cret"))


def test_path_may_say_how_long_a_still_is_shown() -> None:
    source = sources.of("crossing%20north?every=2.5", "files")

    assert (source.address, source.every) == ("crossing north", 2.5)


@pytest.mark.parametrize(
    ("address", "kind", "field"),
    [
        ("http://10.1.2.3/", "webcam", "source"),
        ("", "snapshot", "url"),
        ("10.1.2.3", "snapshot", "url"),
        ("http:///still", "snapshot", "url"),
        ("ftp://10.1.2.3/", "snapshot", "url"),
        ("http://10.1.2.3/", "rtsp", "url"),
        ("rtsp://10.1.2.3/", "hls", "url"),
        ("http://10.1.2.3:99999/", "snapshot", "url"),
        ("http://10.1.2.3/a b", "snapshot", "url"),
        ("rtsp://10.1.2.3/\r\nPLAY", "rtsp", "url"),
        ("http://[::1/", "snapshot", "url"),
        ("http://" + "a" * 64 + ".cn/", "snapshot", "url"),
        ("x" * 3000, "files", "url"),
        ("http://10.1.2.3/film.mp4", "files", "url"),
        ("crossing?every=0", "files", "url"),
        ("crossing?every=soon", "files", "url"),
        ("a\0b", "files", "url"),
    ],
)
def test_wrong_address_names_its_field(address: str, kind: str, field: str) -> None:
    with pytest.raises(VisionError) as caught:
        sources.of(address, kind)

    assert caught.value.field == field


@pytest.mark.parametrize("login", [{"user": "a\r\nb"}, {"password": "a\nb"}])
def test_login_that_would_break_a_header_is_refused(login: dict[str, str]) -> None:
    with pytest.raises(VisionError) as caught:
        sources.of(
            "rtsp://10.1.2.3/", "rtsp", user=login.get("user", "u"), password=login.get("password", "p")
        )

    assert caught.value.field == "login"


@pytest.mark.parametrize(
    ("networks", "address", "permitted"),
    [
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8 192.168.1.7", "192.168.1.7", True),
        ("", "10.1.2.3", False),
        # All the world is not this machine, nor the address at which clouds give their secrets.
        ("0.0.0.0/0", "127.0.0.1", False),
        ("0.0.0.0/0", "169.254.169.254", False),
        ("0.0.0.0/0", "0.0.0.0", False),
        ("::/0", "::1", False),
        ("0.0.0.0/0 ::/0", "::ffff:127.0.0.1", False),
        ("127.0.0.0/8", "::ffff:127.0.0.1", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("fd00::/8", "fd00::7", True),
        ("fd00::/8", "10.1.2.3", False),
    ],
)
def test_address_must_lie_in_a_network_that_is_named(networks: str, address: str, permitted: bool) -> None:
    assert Allowed.of(networks).permits(ip_address(address)) is permitted


def test_every_address_of_a_name_must_be_allowed() -> None:
    with pytest.raises(SourceTrouble) as caught:
        Allowed.of("10.0.0.0/8").addresses("http", "localhost", 80, 30.0)

    assert caught.value.kind == "forbidden"


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1"])
def test_other_spellings_of_an_address_are_held_to_it_too(host: str) -> None:
    with pytest.raises(SourceTrouble) as caught:
        Allowed.of("10.0.0.0/8").addresses("http", host, 80, 30.0)

    assert caught.value.kind in ("forbidden", "unreachable")


@pytest.mark.parametrize(("scheme", "port"), [("https", 80), ("http", 443)])
def test_scheme_and_port_must_be_allowed(scheme: str, port: int) -> None:
    allowed = Allowed.of("10.0.0.0/8", schemes="http", ports="80")

    assert allowed.addresses("http", "10.1.2.3", 80, 1.0)
    with pytest.raises(SourceTrouble) as caught:
        allowed.addresses(scheme, "10.1.2.3", port, 1.0)

    assert caught.value.kind == "forbidden"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"networks": "10.0.0.1/8"}, "networks"),
        ({"networks": "camera.cn"}, "networks"),
        ({"schemes": "http file"}, "schemes"),
        ({"ports": "80 high"}, "ports"),
        ({"ports": "70000"}, "ports"),
    ],
)
def test_wrong_allow_list_names_its_field(given: dict[str, str], field: str) -> None:
    with pytest.raises(VisionError) as caught:
        Allowed.of(**given)  # type: ignore[arg-type]

    assert caught.value.field == field


def test_waits_grow_to_the_longest_and_begin_anew() -> None:
    backoff = Backoff("crossing", 60.0)
    waits = [(backoff.failed(NOW) - NOW).total_seconds() for _ in range(8)]

    backoff.worked()

    assert waits[:7] == pytest.approx([waits[0] * factor for factor in (1, 2, 4, 8, 16, 32, 60)])
    assert 60.0 <= waits[7] <= 75.0
    assert (backoff.failed(NOW) - NOW).total_seconds() == waits[0]


def test_cameras_that_fail_together_do_not_come_back_together() -> None:
    waits = {Backoff(f"camera {number}").failed(NOW) for number in range(50)}

    assert len(waits) == 50


def test_names_that_nobody_waits_for_any_more_are_not_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    answered, asked = threading.Event(), []

    def silent(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        answered.wait(60)
        raise OSError("no such host")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    allowed = Allowed.of(networks="10.0.0.0/8")
    for number in range(20):
        with pytest.raises(SourceTrouble, match="was not resolved in time"):
            allowed.addresses("http", f"camera{number}.invalid", 80, 0.01)

    answered.set()
    with pytest.raises(SourceTrouble, match="has no address"):
        allowed.addresses("http", "last.invalid", 80, 60)
    # As many as there are threads, and the last.
    assert len(asked) <= 9
