"""A case whose diagram cannot go on: its reader is told what they can understand, the rest is for the program's log."""

from __future__ import annotations

import pytest

from engine import work
from engine.bpmn import DiagramError, Finding, RunError, StateError
from engine.messages import Message
from tests.web.conftest import Town

INSIDE = "no condition is true of {'phone': '13900000000'}"
FINDING = Finding("case.bpmn", 1, None, "xml-size", INSIDE, "Split it.")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RunError(INSIDE, "gateway"), "系统日志中有原因"),
        (StateError(INSIDE), "系统日志中有原因"),
        (DiagramError([FINDING]), "系统日志中有原因"),
        (RunError(Message("There is no service task %(name)s.", name="a.b"), "task"), "a.b"),
    ],
)
def test_the_reason_is_told_where_it_is_a_sentence(
    town: Town, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    item = town.waiting(town.reported())

    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(work, "claim", fail)
    page = town.browser("acceptor").post(f"/work-items/{item['id']}/claim")
    call = town.browser("acceptor").post(f"/api/v1/work-items/{item['id']}/claim")

    for response in (page, call):
        assert response.status_code == 500
        assert said in response.text
        assert "13900000000" not in response.text
