"""What the comparison of photographs found, as the page of a case says it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from flask_babel import force_locale

from tests.web.conftest import Town
from web import comparisons

FOUND = {
    "same_place": "yes",
    "reused": False,
    "dark": False,
    "blurred": False,
    "metres": 12,
    "photographs": [1],
}


def _advice(town: Town, **found: Any) -> comparisons.Told | None:
    data = {"task": comparisons.TASK, "result": {**FOUND, **found}}
    log = [{"action": "service", "body": orjson.dumps({"data": data}).decode()}]
    with town.app.test_request_context(), force_locale("en"):
        return comparisons.advice(log)


def test_the_same_place_gives_no_doubt(town: Town) -> None:
    assert _advice(town) == comparisons.Told(["They show the same place."], doubtful=False)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"same_place": "no"}, "They seem to show different places."),
        ({"reused": True}, "One of them was handed in before."),
        ({"dark": True}, "One of them is too dark."),
        ({"blurred": True}, "One of them is too blurred."),
        ({"metres": 2500}, "They were taken 2500 m apart."),
    ],
)
def test_what_speaks_against_them_is_said(town: Town, found: dict[str, Any], said: str) -> None:
    told = _advice(town, **found)

    assert told is not None
    assert (said in told.lines, told.doubtful) == (True, True)


def test_undecided_is_no_doubt(town: Town) -> None:
    told = _advice(town, same_place="undecided")

    assert told is not None
    assert not told.doubtful


def test_without_photographs_nothing_is_said(town: Town) -> None:
    assert _advice(town, photographs=[]) is None
