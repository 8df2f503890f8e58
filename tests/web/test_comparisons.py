"""What the comparison of photographs found, as the page of a case says it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import orjson
import pytest
from flask_babel import force_locale

from engine.settings import Settings
from tests.engine.workers import run_all
from tests.web.conftest import Town
from tests.web.test_case import handling
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


def test_a_comparison_from_before_a_rework_is_not_shown(town: Town) -> None:
    said = [
        {"task": comparisons.TASK, "result": {**FOUND, "same_place": "no"}},
        {"task": comparisons.DONE, "result": None},
    ]
    log = [{"action": "service", "body": orjson.dumps({"data": data}).decode()} for data in said]

    with town.app.test_request_context(), force_locale("en"):
        assert comparisons.advice(log) is None


def test_who_checks_reads_it_beside_the_form_and_everybody_else_on_the_page(
    town: Town, settings: Settings, jpeg: bytes
) -> None:
    case_id = handling(town)
    item = town.waiting(case_id)
    data = {"f.decision": "done", "photos": (BytesIO(jpeg), "after.jpg")}
    town.browser("handler").post(f"/work-items/{item['id']}/complete", data=data)
    pages = {}
    for compared in (False, True):
        if compared:
            # A browser of another test has a loop of its own in this thread.
            with ThreadPoolExecutor(1) as pool:
                pool.submit(run_all, town.database, settings=settings).result()
        for login in ("collector", "acceptor"):
            pages[login, compared] = town.browser(login, "en").get(f"/cases/{case_id}").text

    said = "Photographs before and after"
    assert {who: page.count(said) for who, page in pages.items()} == {
        ("collector", False): 0,
        ("acceptor", False): 0,
        ("collector", True): 1,
        ("acceptor", True): 1,
    }
    form = pages["collector", True].index('class="fill"')
    assert pages["collector", True].index('class="gallery"') < pages["collector", True].index(said) < form
