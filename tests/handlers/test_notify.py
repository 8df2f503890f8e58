"""Notices: kept for the reporter, or handed to a mail server that speaks SMTP on loopback."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from engine import mail
from engine.bpmn import BpmnError
from engine.effects import CaseFacts, Effect
from engine.mail import MailServer
from engine.settings import Settings
from engine.store.cases import case
from engine.store.database import Database
from engine.tasks import load_service_tasks
from tests.conftest import MONDAY, SHANGHAI


class Office(socketserver.ThreadingTCPServer):
    """A mail server: what it takes in, line by line."""

    daemon_threads = True
    lines: list[str]


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Office)
        self._say("220 here")
        in_data = False
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            self.server.lines.append(line)
            while in_data or line.upper() == "DATA":
                if line.upper() == "DATA":
                    self._say("354 go on")
                    in_data = True
                line = self.rfile.readline().decode().rstrip("\r\n")
                self.server.lines.append(line)
                if line == ".":
                    in_data = False
            self._say("221 bye" if line == "QUIT" else "250 fine")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def office() -> Iterator[Office]:
    with Office(("127.0.0.1", 0), _Session) as server:
        server.lines = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def effect(database: Database, folder: Path, server: MailServer | None) -> Effect:
    settings = Settings(folder, database.url, "127.0.0.1", 8000, SHANGHAI, mail=server)
    facts = CaseFacts({column.name: None for column in case.c} | {"number": "20261123000001"})
    return Effect("task-1", 1, facts, MONDAY, database, settings)


def notify(given: Effect, **values: Any) -> Any:
    return load_service_tasks()["notify"].run(given, values)


def _server(port: int) -> MailServer:
    return mail.read(f"smtp+plain://127.0.0.1:{port}", "city@example.org", "example.org, city.cn")


def test_a_notice_to_the_reporter_is_kept(database: Database, tmp_path: Path) -> None:
    kept = notify(effect(database, tmp_path, None), to="reporter", text="已派遣", text_en="On its way")

    assert kept == {"to": "reporter", "text": "已派遣", "text_en": "On its way"}


def test_a_notice_is_mailed(database: Database, tmp_path: Path, office: Office) -> None:
    given = effect(database, tmp_path, _server(office.server_address[1]))

    assert notify(given, to="li@city.cn", text="路灯坏了\n.\nend") == {
        "to": "li@city.cn",
        "text": "路灯坏了\n.\nend",
    }

    begin = office.lines.index("data") + 1
    end = len(office.lines) - 1 - office.lines[::-1].index(".")
    mailed = message_from_bytes("\n".join(office.lines[begin:end]).encode())
    assert (mailed["To"], mailed["From"], mailed["Subject"]) == (
        "li@city.cn", "city@example.org", "20261123000001",
    )  # fmt: skip
    assert mailed["Message-ID"] == "<task-1@example.org>"
    content = mailed.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().split("\n")[0].strip() == "路灯坏了"


def test_a_subject_makes_no_header_of_its_own(database: Database, tmp_path: Path, office: Office) -> None:
    given = effect(database, tmp_path, _server(office.server_address[1]))

    notify(given, to="li@city.cn", text="x", subject="one\r\nBcc: other@city.cn")

    assert not [line for line in office.lines if line.startswith("Bcc")]


@pytest.mark.parametrize(
    ("to", "text"),
    [
        ("li@elsewhere.org", "x"),
        ("li@city.cn@elsewhere.org", "x"),
        ("li@city.cn\r\nRCPT TO: a@b.c", "x"),
        ("nobody", "x"),
        ("li@city.cn", " "),
        ("li@city.cn", "x" * 2001),
    ],
)
def test_what_cannot_be_told_is_an_error_of_the_diagram(
    database: Database, tmp_path: Path, to: str, text: str
) -> None:
    with pytest.raises(BpmnError) as refusal:
        notify(effect(database, tmp_path, _server(1)), to=to, text=text)

    assert refusal.value.code == "notify_refused"


def test_without_a_mail_server_nothing_is_mailed(database: Database, tmp_path: Path) -> None:
    with pytest.raises(BpmnError, match="GRIDCASE_SMTP_URL"):
        notify(effect(database, tmp_path, None), to="li@city.cn", text="x")


@pytest.mark.parametrize(
    ("url", "sender", "domains", "named"),
    [
        ("http://host", "a@b.cn", "b.cn", "GRIDCASE_SMTP_URL"),
        ("smtp://", "a@b.cn", "b.cn", "GRIDCASE_SMTP_URL"),
        ("smtp://host:x", "a@b.cn", "b.cn", "GRIDCASE_SMTP_URL"),
        ("smtp://host", "city", "b.cn", "GRIDCASE_MAIL_FROM"),
        ("smtp://host", "a@b.cn", " , ", "GRIDCASE_MAIL_DOMAINS"),
    ],
)
def test_settings_that_cannot_be_used_are_named(url: str, sender: str, domains: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        mail.read(url, sender, domains)


def test_the_mail_server_is_read() -> None:
    found = mail.read("smtps://ci%40ty:p%2Fw@mail.city.cn", "a@city.cn", "City.cn")

    assert (found.host, found.port, found.tls, found.user, found.password) == (
        "mail.city.cn", 465, "whole", "ci@ty", "p/w",
    )  # fmt: skip
    assert found.allows("li@CITY.cn")
