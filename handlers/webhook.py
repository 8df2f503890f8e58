"""Webhooks: what a case tells a foreign program, signed by Standard Webhooks, again until it is heard."""

from __future__ import annotations

from typing import Any

import orjson

from engine.bpmn import BpmnError, RunError, plain_values
from engine.case import Case
from engine.effects import Effect
from engine.tasks import Limit, service_task
from engine.webhook_signature import sign
from handlers.outbound import RefusedError, post, target_of

#: Requests to one host at a time.
SLOTS = 4

MAX_BODY = 256 * 1024

#: Of the refusals of a receiver, those that a later attempt may not meet.
_PASSING = {408, 425, 429}


def one_host(_case: Case, url: str, **_values: Any) -> Limit:
    """A slow host holds up its own webhooks only."""
    return Limit(f"webhook:{url.partition('://')[2].partition('/')[0].lower()[:100]}", SLOTS)


@service_task(
    "webhook",
    title={"zh": "发送网络通知", "en": "Send a webhook"},
    background=True,
    retries=8,
    backoff=10,
    concurrency=one_host,
)
def webhook(effect: Effect, url: str, type: str, data: dict[str, Any], key: str = "") -> dict[str, Any]:  # noqa: A002 - the word of the specification
    """Send a message to an allowed host, and wait until it is taken.

    The error ``webhook_refused`` goes to the diagram where the host is not allowed, or says that it will never take the message.
    """
    message = {"type": type, "timestamp": effect.now.isoformat(), "data": data} | (
        {"key": key} if key else {}
    )
    body = orjson.dumps(message)
    if len(body) > MAX_BODY:
        raise BpmnError("webhook_refused", f"the message is larger than {MAX_BODY} bytes")
    timestamp = int(effect.now.timestamp())
    try:
        target = target_of(url, effect.settings.receivers)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": effect.key,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(target.receiver.secret, effect.key, timestamp, body),
        }
        answer = post(target, body, headers)
    except RefusedError as error:
        raise BpmnError("webhook_refused", str(error)) from error
    if 400 <= answer.status < 500 and answer.status not in _PASSING:
        raise BpmnError("webhook_refused", f"{target.host} answered with the status {answer.status}")
    if not 200 <= answer.status < 300:
        raise OSError(f"{target.host} answered with the status {answer.status}")
    return {"status": answer.status, "answer": _json(answer.body)}


def _json(body: bytes | None) -> Any:
    """What the receiver said, if it is an object of JSON that the variables of a case can hold."""
    try:
        found = orjson.loads(body or b"null")
        return plain_values(found) if isinstance(found, dict) else None
    except (orjson.JSONDecodeError, RunError):
        return None
