"""``gridcase move-cases``: a line for each case, and an exit code that says whether all can go over."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from engine.commands.moves import move_cases
from engine.errors import Forbidden, Invalid, NotFound
from tests.engine.conftest import Town
from tests.engine.test_moves import Designers, _changed, _with_check

BY = ("--by", "designer")


@pytest.fixture
def designers(town: Town) -> Designers:
    return Designers(town)


def _run(designers: Designers, *arguments: str) -> Result:
    found = CliRunner().invoke(
        move_cases,
        arguments,
        env={"GRIDCASE_DATABASE_URL": designers.town.database.url.replace("+psycopg", "")},
    )
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def test_without_yes_it_is_only_tried_out(designers: Designers) -> None:
    opened = designers.town.opened()
    designers.deploy(_with_check())

    found = _run(designers, "--to", "2", *BY)

    assert (found.exit_code, found.stdout) == (0, f"{opened.number}\t1 -> 2\tyes\n")
    assert "nothing was changed" in found.stderr
    assert designers.version(opened.id) == 1


def test_with_yes_they_go_over_and_come_back_with_undo(designers: Designers) -> None:
    opened = designers.town.opened()
    designers.deploy(_with_check())

    moved = _run(designers, "--to", "2", "--yes", "--reason", "new rules", *BY)
    over = designers.version(opened.id)
    back = _run(designers, "--to", "2", "--undo", "--reason", "a mistake", *BY)

    assert (moved.exit_code, over, back.exit_code, designers.version(opened.id)) == (0, 2, 0, 1)
    assert back.stdout == f"{opened.number}\t2 -> 1\tyes\n"


def test_a_case_that_cannot_go_over_is_told_with_the_reason(designers: Designers) -> None:
    first, second = (designers.town.opened(key) for key in ("first", "second"))
    designers.complete(first.id, designers.town.acceptor, decision="accept")
    designers.deploy(_changed(('resultVariable="assigned"', 'resultVariable="given"')))

    found = _run(designers, "--to", "2", *BY)

    assert found.exit_code == 1
    lines = found.stdout.splitlines()
    assert lines[0].startswith(f"{first.number}\t1 -> 2\tno: Assign (assign) was passed")
    assert lines[1] == f"{second.number}\t1 -> 2\tyes"
    assert "1 can go over, 1 refused" in found.stderr


def test_only_those_on_one_version(designers: Designers) -> None:
    first = designers.town.opened("first")
    designers.deploy(_with_check())
    second = designers.town.opened("second")
    designers.deploy(_changed(('name="受理"', 'name="登记"')))

    found = _run(designers, "--to", "3", "--from", "1", *BY)

    assert first.number in found.stdout
    assert second.number not in found.stdout


def test_a_number_that_is_no_case_is_told(designers: Designers) -> None:
    designers.deploy(_with_check())

    found = _run(designers, "--to", "2", "--case", "19990101000001", *BY)

    assert (found.exit_code, found.stdout) == (
        1,
        "19990101000001\t-\tno: There is no such case under way that this is about.\n",
    )


def test_moving_without_a_reason_is_refused(designers: Designers) -> None:
    designers.deploy(_with_check())

    with pytest.raises(Invalid):
        _run(designers, "--to", "2", "--yes", *BY)


def test_whoever_may_not_move_cases_is_refused(designers: Designers) -> None:
    designers.deploy(_with_check())

    with pytest.raises(Forbidden):
        _run(designers, "--to", "2", "--by", "acceptor")
    with pytest.raises(NotFound):
        _run(designers, "--to", "2", "--by", "nobody")
