"""Proving a password to a camera that asks for it over RTSP: basic (RFC 7617) and digest (RFC 7616)."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Sequence

from vision.sources.trouble import SourceTrouble

_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')
# MD5 is what cameras know; it is theirs to choose.
_HASHES = {"md5": "md5", "sha-256": "sha256"}


class Challenge:
    """What a camera asked for: the strongest of its offers that is understood.

    Args:
        offers: its headers ``WWW-Authenticate``.

    Raises:
        SourceTrouble: ``refused``: there is none that is understood.
    """

    def __init__(self, offers: Sequence[str]) -> None:
        self._count = 0
        self._digest: dict[str, str] | None = None
        digests = [_parameters(offer) for offer in offers if offer.lower().startswith("digest ")]
        known = [
            offer
            for offer in digests
            if offer.get("algorithm", "md5").lower() in _HASHES and "nonce" in offer
        ]
        if known:
            self._digest = max(known, key=lambda offer: offer.get("algorithm", "").lower() == "sha-256")
        elif not any(offer.lower().startswith("basic") for offer in offers):
            raise SourceTrouble("refused", "it asks for a password in a way that is not known")

    def answer(self, user: str, password: str, method: str, address: str) -> str:
        """The header ``Authorization`` of one request."""
        if self._digest is None:
            return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        offer = self._digest
        name = _HASHES[offer.get("algorithm", "md5").lower()]
        realm, nonce = offer.get("realm", ""), offer["nonce"]
        ours, theirs = _hash(name, user, realm, password), _hash(name, method, address)
        fields = {"username": user, "realm": realm, "nonce": nonce, "uri": address}
        plain = {}
        if "auth" in re.split(r"[\s,]+", offer.get("qop", "")):
            self._count += 1
            plain = {"qop": "auth", "nc": f"{self._count:08x}"}
            fields["cnonce"] = secrets.token_hex(8)
            fields["response"] = _hash(name, ours, nonce, plain["nc"], fields["cnonce"], "auth", theirs)
        else:
            fields["response"] = _hash(name, ours, nonce, theirs)
        if "algorithm" in offer:
            plain["algorithm"] = offer["algorithm"]
        if "opaque" in offer:
            fields["opaque"] = offer["opaque"]
        quoted = [f'{key}="{_escaped(value)}"' for key, value in fields.items()]
        return "Digest " + ", ".join([*quoted, *(f"{key}={value}" for key, value in plain.items())])


def _parameters(offer: str) -> dict[str, str]:
    return {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(offer)}


def _hash(name: str, *texts: str) -> str:
    return hashlib.new(name, ":".join(texts).encode(), usedforsecurity=False).hexdigest()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
