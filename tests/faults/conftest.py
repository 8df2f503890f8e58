"""A whole installation whose processes can be killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.installation import Installation, installed


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """An installation of this test process alone."""
    with installed() as one:
        yield one
