"""What a page costs: few statements, whatever it shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.web.conftest import Town

MOST = 12


@contextmanager
def _statements() -> Iterator[list[str]]:
    said: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    "path", ["/inbox", "/inbox?q=西区&view=overdue", "/cases", "/cases?q=西区", "/cases/{case}", "/report"]
)
def test_a_page_takes_few_statements(town: Town, path: str) -> None:
    cases = [town.reported() for _ in range(12)]
    address = path.format(case=cases[0])
    browser = town.browser("acceptor")
    browser.get(address)

    with _statements() as said:
        response = browser.get(address)

    assert response.status_code == 200
    assert 0 < len(said) <= MOST, said
