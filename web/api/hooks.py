"""Hooks: messages of foreign programs to cases, each signed by its sender (Standard Webhooks)."""

from __future__ import annotations

from engine.senders import Incoming
from handlers.messages import receive
from web.api.answers import Received
from web.api.blueprint import MESSAGES, SIGNATURE, api, refusals, signed
from web.api.callers import SignedCall
from web.api.requests import NewMessage, SenderPath, SignatureHeader


@api.post(
    "/hooks/<string:sender>",
    tags=[MESSAGES],
    security=[{SIGNATURE: []}],
    responses={202: Received, **refusals(400, 403, 404, 413, 415)},
)
@signed
def send_message(
    call: SignedCall, path: SenderPath, header: SignatureHeader, body: NewMessage
) -> tuple[Received, int]:
    """Send a message to the case that waits for it, now or later, or open one; the same `webhook-id` again changes nothing."""
    incoming = Incoming(body.type, body.key, body.data)
    new = receive(call.uow, call.sender, header.webhook_id, incoming)
    return Received(status="accepted" if new else "duplicate"), 202
