"""The OpenAPI document: valid, and true: whatever is sent, an answer is one of those that it describes."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.api.conftest import PREFIX, Town
from tests.api.test_access import OPERATIONS
from web.api.document import document

EXAMPLES = 20


def test_it_is_valid_openapi_3_1(town: Town) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", town.app)

    schema.validate()

    assert schema.raw_schema["openapi"].startswith("3.1")


def test_it_is_open_to_all(town: Town) -> None:
    answer = town.get("/openapi.json", None)

    assert (answer.status_code, answer.json) == (200, document())


def test_the_bare_address_of_the_api_leads_to_it(town: Town) -> None:
    answer = town.get(PREFIX, None)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{PREFIX}/openapi.json")


def test_every_operation_says_what_it_does_and_has_a_name_of_its_own() -> None:
    operations = [one for methods in document()["paths"].values() for one in methods.values()]

    assert all(one["summary"] for one in operations)
    assert len({one["operationId"] for one in operations}) == len(operations)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_whatever_is_sent_gets_an_answer_that_is_described(
    town: Town, method: str, path: str, mode: GenerationMode
) -> None:
    case_id = town.reported()
    known: dict[str, Any] = {"case_id": case_id, "item_id": town.waiting(case_id), "name": "void"}
    named = {name: value for name, value in known.items() if f"{{{name}}}" in path}
    headers = {"Authorization": f"Bearer {town.tokens['acceptor']}"}
    with warnings.catch_warnings():
        # Schemathesis says so where an operation has nothing that could be sent wrongly.
        warnings.simplefilter("ignore")
        operation = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", town.app)[path][method]
        strategy = operation.as_strategy(mode, path_parameters=named or None)

    @seed(20261123)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def send(case: Any) -> None:
        # The form of a step says more than the document can: fitting the document is not enough.
        case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

    send()
