"""What goes wrong with a camera: the kinds of trouble that an alarm names."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

#: Why a camera gave no picture: nothing answers at its address; it answers and refuses; it takes longer than it may, or stands
#: still; what it sends is no picture; is larger than it may be; cannot be decoded; its stream ended; its address, or one that it
#: leads to, is not allowed.
Kind = Literal[
    "unreachable", "refused", "too_slow", "not_a_picture", "too_large", "damaged", "ended", "forbidden"
]

KINDS: tuple[Kind, ...] = (
    "unreachable",
    "refused",
    "too_slow",
    "not_a_picture",
    "too_large",
    "damaged",
    "ended",
    "forbidden",
)


class SourceTrouble(Exception):
    """A camera that gives no picture now.

    Attributes:
        kind: one of `KINDS`.
        detail: what was seen, in English, for the log; never a password.
        retry_at: before then the camera is not asked again; None where it may be at once.
    """

    def __init__(self, kind: Kind, detail: str, retry_at: datetime | None = None) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail
        self.retry_at = retry_at
