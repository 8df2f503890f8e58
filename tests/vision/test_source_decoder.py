"""The process that decodes: what it makes of damaged bytes, and that nobody else suffers by them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vision.sources import Decoder, Limits

SLOW_MACHINE = Limits(decode_seconds=30.0)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(SLOW_MACHINE) as decoder:
        yield decoder
