"""``gridcase incidents``: the same from the command line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from engine.commands.incidents import incidents
from engine.errors import Forbidden, Invalid, NotFound
from tests.engine.background import Office
from tests.engine.conftest import Town
from tests.engine.test_incidents import FAILURES, supervisor
from tests.engine.workers import run_all

__all__ = ["supervisor"]

BY = ("--by", "supervisor", "--reason", "the line is back")


@pytest.fixture
def office(town: Town) -> Office:
    return Office.founded(town)


def _failed(office: Office, key: str = "first") -> tuple[int, str]:
    office.sender.answers = list(FAILURES)
    case = office.asked(key)
    run_all(office.town.database)
    return case, str(office.incidents()[0]["id"])


def _run(office: Office, *arguments: str) -> Result:
    found = CliRunner().invoke(
        incidents, arguments, env={"GRIDCASE_DATABASE_URL": office.town.database.url.replace("+psycopg", "")}
    )
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == 0, found.output
    return found


def test_the_list_names_case_place_and_reason(office: Office) -> None:
    _failed(office)

    line = _run(office, "list").output

    assert "20261123000001\tcase:send\t3 attempts\tno line at all" in line


def test_the_list_prints_tracebacks_on_demand(office: Office) -> None:
    _failed(office)

    assert "OSError: " not in _run(office, "list").stdout
    assert "OSError: no line at all" in _run(office, "list", "--traceback").stdout


@pytest.mark.usefixtures("supervisor")
def test_retry(office: Office) -> None:
    case, incident = _failed(office)

    assert _run(office, "retry", incident, *BY).output == "retried\n"
    run_all(office.town.database)

    assert office.elements(case) == ["handle"]


@pytest.mark.usefixtures("supervisor")
def test_retry_alike(office: Office) -> None:
    cases = [_failed(office, key) for key in ("first", "second")]

    assert _run(office, "retry", cases[0][1], "--alike", *BY).output == "2 retried, 0 refused\n"
    run_all(office.town.database)

    assert [office.elements(case) for case, _ in cases] == [["handle"], ["handle"]]


@pytest.mark.usefixtures("supervisor")
def test_complete(office: Office) -> None:
    case, incident = _failed(office)

    _run(office, "complete", incident, "--value", '"fine"', *BY)

    assert office.elements(case) == ["handle"]


@pytest.mark.usefixtures("supervisor")
def test_move(office: Office) -> None:
    case, incident = _failed(office)

    assert _run(office, "move", incident, "--to", "look", *BY).output == "moved\n"

    assert office.elements(case) == ["look"]


@pytest.mark.usefixtures("supervisor")
def test_a_value_that_is_not_json_is_refused(office: Office) -> None:
    _, incident = _failed(office)

    with pytest.raises(Invalid, match="not JSON"):
        _run(office, "complete", incident, "--value", "fine", *BY)


def test_an_unknown_person_is_refused(office: Office) -> None:
    _, incident = _failed(office)

    with pytest.raises(NotFound):
        _run(office, "retry", incident, "--by", "nobody", "--reason", "why")


def test_a_person_without_the_role_is_refused(office: Office) -> None:
    _, incident = _failed(office)

    with pytest.raises(Forbidden):
        _run(office, "retry", incident, "--by", "acceptor", "--reason", "why")
