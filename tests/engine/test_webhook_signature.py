"""Signatures by Standard Webhooks, held against the example that its libraries give."""

from __future__ import annotations

import pytest

from engine import receivers
from engine.webhook_signature import decode_secret, new_secret, sign


def test_the_signature_is_that_of_the_specification() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_new_secret_is_one() -> None:
    assert len(decode_secret(new_secret())) == 32


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!!!", "whsec_AAAA", "AAAA" * 8])
def test_what_is_no_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        decode_secret(secret)


def test_receivers_are_read() -> None:
    first, second, third = new_secret(), new_secret(), new_secret()

    found = receivers.read(f"Hooks.Example.org {first}, intranet:8443 {second} private,[::1]:80 {third},")

    assert [(one.host, one.port, one.secret, one.private) for one in found] == [
        ("hooks.example.org", None, first, False),
        ("intranet", 8443, second, True),
        ("::1", 80, third, False),
    ]
    assert [found[0].covers("hooks.example.org", port) for port in (443, 80, 8443)] == [True, True, False]


@pytest.mark.parametrize(
    "text",
    ["host", "host x", "host whsec_x", "ho_st SECRET", "host:0 SECRET", "host SECRET public", "*.org SECRET"],
)
def test_receivers_that_cannot_be_used_are_named_without_their_secret(text: str) -> None:
    secret = new_secret()

    with pytest.raises(ValueError, match=r".") as refusal:
        receivers.read(text.replace("SECRET", secret))

    assert secret not in str(refusal.value)
