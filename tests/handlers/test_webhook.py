"""Webhooks against a real server on loopback: signed, bounded, to allowed hosts only, and never led on."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from engine.bpmn import BpmnError
from engine.effects import CaseFacts, Effect
from engine.receivers import Receiver
from engine.settings import Settings
from engine.store.cases import case
from engine.store.database import Database
from engine.tasks import load_service_tasks
from engine.webhook_signature import decode_secret, new_secret
from handlers.outbound import RefusedError, is_public, post, target_of
from tests.conftest import MONDAY, SHANGHAI

SECRET = new_secret()


@dataclass
class Answers:
    """What the server answers, and what it was sent."""

    status: int = 200
    body: bytes = b'{"ok": true}'
    headers: dict[str, str] = field(default_factory=dict)
    length: bool = True
    drip: threading.Event | None = None
    seen: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)
    port: int = 0


@pytest.fixture
def server() -> Iterator[Answers]:
    """A web server of a foreign program."""
    answers = Answers()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            answers.seen.append((self.path, dict(self.headers), self.rfile.read(length)))
            self.send_response(answers.status)
            for name, value in answers.headers.items():
                self.send_header(name, value)
            if answers.length:
                self.send_header("Content-Length", str(len(answers.body)))
            self.end_headers()
            if answers.drip is not None:
                self.wfile.write(answers.body[:1])
                answers.drip.wait(20)
                return
            self.wfile.write(answers.body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        answers.port = running.server_port
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield answers
        running.shutdown()
        thread.join()


def receiver(port: int, host: str = "127.0.0.1", *, private: bool = True) -> Receiver:
    return Receiver(host, port, SECRET, private)


@pytest.fixture
def effect(server: Answers, database: Database, tmp_path: Path) -> Effect:
    settings = Settings(
        tmp_path, database.url, "127.0.0.1", 8000, SHANGHAI, receivers=(receiver(server.port),)
    )
    facts = CaseFacts({column.name: None for column in case.c})
    return Effect("task-1", 1, facts, MONDAY, database, settings)


def send(effect: Effect, server: Answers, url: str = "http://127.0.0.1:{}/in?a=1", **values: Any) -> Any:
    given = {"type": "case.closed", "data": {"number": "1"}, **values}
    return load_service_tasks()["webhook"].run(effect, {"url": url.format(server.port), **given})


@pytest.mark.parametrize("said", [b'{"typename": 1}', b'{"a":' * 40 + b"1" + b"}" * 40, b"[1]", b"nonsense"])
def test_an_answer_that_a_case_cannot_keep_is_left_out(effect: Effect, server: Answers, said: bytes) -> None:
    server.body = said

    assert send(effect, server) == {"status": 200, "answer": None}


def test_a_webhook_is_signed_and_says_its_type_and_data(effect: Effect, server: Answers) -> None:
    answer = send(effect, server, key="k1")

    ((path, headers, body),) = server.seen
    assert answer == {"status": 200, "answer": {"ok": True}}
    assert path == "/in?a=1"
    assert json.loads(body) == {
        "type": "case.closed",
        "timestamp": MONDAY.isoformat(),
        "data": {"number": "1"},
        "key": "k1",
    }
    signed = f"task-1.{int(MONDAY.timestamp())}.".encode() + body
    digest = hmac.new(decode_secret(SECRET), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    assert (headers["webhook-id"], headers["Content-Type"]) == ("task-1", "application/json")


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
def test_a_receiver_that_will_never_take_it_is_an_error_of_the_diagram(
    effect: Effect, server: Answers, status: int
) -> None:
    server.status = status

    with pytest.raises(BpmnError) as refusal:
        send(effect, server)

    assert refusal.value.code == "webhook_refused"


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_receiver_that_cannot_now_is_asked_again(effect: Effect, server: Answers, status: int) -> None:
    server.status = status

    with pytest.raises(OSError, match=str(status)):
        send(effect, server)


def test_a_redirection_is_not_followed(effect: Effect, server: Answers) -> None:
    server.status, server.headers = 307, {"Location": f"http://127.0.0.1:{server.port}/elsewhere"}

    with pytest.raises(OSError, match="307"):
        send(effect, server)

    assert [path for path, _, _ in server.seen] == ["/in?a=1"]


@pytest.mark.parametrize("body", [b"", b"fine", b"[1]", b'{"a": "' + b"x" * 70_000 + b'"}'])
def test_an_answer_that_is_no_object_or_too_large_is_not_kept(
    effect: Effect, server: Answers, body: bytes
) -> None:
    server.body = body

    assert send(effect, server) == {"status": 200, "answer": None}


@pytest.mark.parametrize("length", [True, False])
def test_a_server_that_drips_is_left_in_time(server: Answers, length: bool) -> None:
    server.drip, server.length = threading.Event(), length
    target = target_of(f"http://127.0.0.1:{server.port}/", [receiver(server.port)])

    with pytest.raises(Exception, match="IncompleteRead|timed out|did not answer"):
        post(target, b"{}", {}, timeout=0.3)

    server.drip.set()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2:{}/",
        "http://localhost:{}/",
        "http://127.0.0.1:1/",
        "http://127.0.0.1/",
        "ftp://127.0.0.1:{}/",
        "file:///etc/passwd",
        "http://user:pw@127.0.0.1:{}/",
        "http://evil@127.0.0.1:{}/",
        "http://127.0.0.1:{}\\@example.org/",
        "http://127.0.0.1:{}/ HTTP/1.1",
        "http://127.0.0.1:{}/\r\nX: 1",
        "http://[::1]:{}/",
        "http://127.0.0.1:99999/",
        "127.0.0.1",
        "",
        "http://127.0.0.1:{}/" + "a" * 3000,
        "http://2130706433:{}/",
    ],
)
def test_what_is_not_allowed_is_not_asked(effect: Effect, server: Answers, url: str) -> None:
    with pytest.raises(BpmnError, match="web server|names a host|GRIDCASE_WEBHOOK_HOSTS"):
        send(effect, server, url)

    assert server.seen == []


def test_a_private_address_must_be_marked_as_one(server: Answers) -> None:
    target = target_of(
        f"http://localhost:{server.port}/", [receiver(server.port, "localhost", private=False)]
    )

    with pytest.raises(RefusedError, match="private address"):
        post(target, b"{}", {})

    assert server.seen == []


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1"),
        *("64:ff9b::a00:1", "2002:a00:1::", "ff02::1"),
    ],
)  # fmt: skip
def test_these_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_these_are_public(address: str) -> None:
    assert is_public(address)
