"""Notices: what a case tells the one who reported it on their page, and others by e-mail."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from engine.bpmn import BpmnError
from engine.effects import Effect
from engine.mail import MailServer
from engine.tasks import service_task

REPORTER = "reporter"
MAX_TEXT = 2000
MAX_SUBJECT = 200
TIMEOUT = 20.0


@service_task(
    "notify", title={"zh": "发送通知", "en": "Send a notice"}, background=True, retries=8, backoff=30
)
def notify(effect: Effect, to: str, text: str, text_en: str = "", subject: str = "") -> dict[str, str]:
    """Tell the reporter, on the page with which they follow the case, or an e-mail address.

    The error ``notify_refused`` goes to the diagram where that cannot be.
    """
    if not text.strip() or len(text) > MAX_TEXT or len(text_en) > MAX_TEXT:
        raise BpmnError("notify_refused", f"a notice has 1 to {MAX_TEXT} characters")
    if to == REPORTER:
        # The log keeps it, and the reporter's page shows it from there.
        return {"to": REPORTER, "text": text, "text_en": text_en}
    server = effect.settings.mail
    if server is None:
        raise BpmnError("notify_refused", "there is no mail server: set GRIDCASE_SMTP_URL")
    if not server.allows(to):
        raise BpmnError("notify_refused", "the address is not in a domain of GRIDCASE_MAIL_DOMAINS")
    _send(server, _mail(effect, server, to, subject or effect.case.number, text))
    return {"to": to, "text": text}


def _mail(effect: Effect, server: MailServer, to: str, subject: str, text: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = server.sender, to
    mail["Subject"] = " ".join(subject.split())[:MAX_SUBJECT]
    mail["Date"] = effect.now
    # The same at every attempt: a mail server that took it before may know it again.
    mail["Message-ID"] = f"<{effect.key}@{server.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    return mail


def _send(server: MailServer, mail: EmailMessage) -> None:
    context = ssl.create_default_context()
    connect: Any = smtplib.SMTP
    options: dict[str, Any] = {"timeout": TIMEOUT}
    if server.tls == "whole":
        connect, options = smtplib.SMTP_SSL, {**options, "context": context}
    with connect(server.host, server.port, **options) as line:
        if server.tls == "begun":
            line.starttls(context=context)
        if server.user:
            line.login(server.user, server.password)
        line.send_message(mail)
