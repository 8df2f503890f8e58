"""The guide of the API names addresses, problems and bounds as they are."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.api.conftest import PREFIX
from tests.api.test_access import OPERATIONS
from vision.photo import MAX_BYTES
from web.api.bodies import MAX_JSON
from web.api.callers import RATES
from web.api.case_answers import Log
from web.api.problems import KINDS, Problem
from web.api.requests import ByHand, Completion, HandOn, MoveTo, NewReport, Position, Reroute, Retry, Undo

GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")

_CURL = re.compile(
    r"^curl (?P<options>[^\n]*?)\"?\$GRIDCASE(?P<path>/[a-z0-9/-]+)(?P<rest>[^\n]*)", re.MULTILINE
)


def test_it_shows_every_operation() -> None:
    shown = set()
    for found in _CURL.finditer(GUIDE):
        posts = any(one in found.group() for one in ("--data", "-X POST", "-F "))
        path = re.sub(r"^(/work-items)/\d+", r"\1/{item_id}", found["path"])
        path = re.sub(r"^(/incidents)/\d+", r"\1/{incident_id}", path)
        path = path.replace("/hooks/hospital", "/hooks/{sender}")
        path = re.sub(r"^(/cases)/\d+", r"\1/{case_id}", path).replace("/actions/void", "/actions/{name}")
        path = path.replace("/lianhu-sanitation-1-crew-1/", "/{code}/")
        method = "put" if "-X PUT" in found.group() else "post" if posts else "get"
        shown.add((method, PREFIX + path))

    assert shown == set(OPERATIONS)


def test_its_bodies_fit() -> None:
    bodies = [json.loads(one) for one in re.findall(r"--data '(\{.*?\})'", GUIDE, re.DOTALL)]

    report, hand_on, completion, action, move, undo, position, retry, by_hand, reroute = bodies
    for model, body in (
        (NewReport, report),
        (HandOn, hand_on),
        (Completion, completion),
        (Position, position),
        (Retry, retry),
        (ByHand, by_hand),
        (MoveTo, move),
        (Undo, undo),
        (Reroute, reroute),
    ):
        model.model_validate(body)
    assert set(action) == {"values"}


def test_it_lists_every_problem_with_its_status() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", GUIDE, re.MULTILINE)

    assert {(int(status), name) for name, status in listed} == {
        (status, name) for status, (name, _) in KINDS.items()
    }


def test_its_example_of_a_problem_is_one() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)

    assert Problem.model_validate_json(example).status == 409


def test_its_bounds_are_those_of_the_program() -> None:
    assert f"{MAX_JSON >> 10} KB of JSON, a photograph of {MAX_BYTES >> 20} MB" in GUIDE
    assert RATES["API_RATE"] in re.sub(r"(\d+) requests a minute", r"\1/minute", GUIDE)


def test_the_fields_with_which_it_verifies_a_log_are_there() -> None:
    assert set(re.findall(r'log\["(\w+)"\]', GUIDE)) <= Log.model_fields.keys()
