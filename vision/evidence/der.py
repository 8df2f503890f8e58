"""The certificates of a time stamp in the order that DER asks for (ITU-T X.690, 11.6).

OpenSSL, by which many authorities stamp, writes them leaf first; a strict reader refuses that. No signature covers their order.
"""

from __future__ import annotations

from dataclasses import dataclass

_CERTIFICATES = 0xA0


@dataclass(frozen=True)
class _Part:
    """One value: its tag, where it begins, and where its content does and ends."""

    tag: int
    at: int
    begin: int
    end: int


def with_sorted_certificates(answer: bytes) -> bytes:
    """A ``TimeStampResp`` with its certificates sorted; as it is where it is not built like one.

    Only the four levels that lead to the certificates are looked at: the answer, its token, what it holds, the signed data.
    """
    try:
        (whole,) = _parts(answer, 0, len(answer))
        _, token = _parts(answer, whole.begin, whole.end)
        _, held = _parts(answer, token.begin, token.end)
        (signed,) = _parts(answer, held.begin, held.end)
        found = [one for one in _parts(answer, signed.begin, signed.end) if one.tag == _CERTIFICATES]
        (certificates,) = found
        each = _parts(answer, certificates.begin, certificates.end)
    except ValueError:
        return answer
    ordered = b"".join(sorted(answer[one.at : one.end] for one in each))
    return answer[: certificates.begin] + ordered + answer[certificates.end :]


def _parts(content: bytes, at: int, end: int) -> list[_Part]:
    """The values between two places.

    Raises:
        ValueError: they do not fill it exactly.
    """
    parts: list[_Part] = []
    while at < end:
        if at + 2 > end:
            raise ValueError("cut off")
        begin, length = at + 2, content[at + 1]
        if length & 0x80:
            begin += length & 0x7F
            length = int.from_bytes(content[at + 2 : begin])
        if begin + length > end:
            raise ValueError("cut off")
        parts.append(_Part(content[at], at, begin, begin + length))
        at = begin + length
    return parts
