"""Looking after people from the command line: everything or nothing, one line for a refusal, and no password in sight."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.command import main
from engine.organisation import import_roles, import_units
from engine.store import people
from engine.store.database import Database
from engine.tokens import PREFIX, person_of_token

PASSWORD = "correct horse"
UNITS = "code,name_zh,name_en,kind,parent_code,is_platform,area_code,unit_type\ncity,城,City,city,,yes,,\n"
ROLES = "code,name_zh,name_en,sees\nacceptor,受理员,Acceptor,unit\n"


@pytest.fixture
def city(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """An installation with one unit and one role, which commands find by the environment."""
    for name, text in (("units.csv", UNITS), ("roles.csv", ROLES)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with database.unit_of_work() as uow:
        import_units(uow, tmp_path / "units.csv")
        import_roles(uow, tmp_path / "roles.csv")
    monkeypatch.setenv("GRIDCASE_HOME", str(tmp_path))
    monkeypatch.setenv("GRIDCASE_DATABASE_URL", database.url)
    return database


def _run(*arguments: str, password: str = PASSWORD) -> Result:
    return CliRunner().invoke(main, ["people", *arguments], input=password + "\n")


def _refused(result: Result, exit_code: int = 2) -> str:
    """The only line that a refused command says."""
    assert result.exit_code == exit_code, result.output
    (line,) = result.stderr.splitlines()
    return line


def test_a_person_is_added_with_the_password_of_the_standard_input(city: Database) -> None:
    result = _run("add", "li", "李娜", "--role", "acceptor@city")

    assert (result.exit_code, result.output) == (0, "li: saved\n")
    with city.unit_of_work() as uow:
        person = people.read_by_login(uow.conn, "li")
    assert person is not None
    assert [role for role, _ in person["grants"]] == ["acceptor"]


def test_a_password_is_no_argument(city: Database) -> None:
    assert _run("add", "li", "李娜", "--password", PASSWORD).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (["add", "li", "Li"], "short", "at least 10 characters"),
        (["add", "li", "Li"], "x" * 201, "at most 200 characters"),
        (["add", "", "Li"], PASSWORD, "login"),
        (["add", "l i", "Li"], PASSWORD, "login"),
        (["add", "li\x1b", "Li"], PASSWORD, "login"),
        (["add", "l" * 101, "Li"], PASSWORD, "login"),
        (["add", "li", " "], PASSWORD, "name"),
        (["add", "li", "Li", "--role", "acceptor@nowhere"], PASSWORD, "no unit nowhere"),
        (["add", "li", "Li", "--role", "mayor@city"], PASSWORD, "no role mayor"),
        (["add", "li", "Li", "--role", "acceptor"], PASSWORD, "ROLE@UNIT"),
        (["token", "li"], "", "no person li"),
        (["dismiss", "li"], "", "no person li"),
        (["import", "/nowhere.csv"], "", "no file"),
    ],
    ids=str,
)
def test_a_refusal_is_one_line_and_nothing_is_kept(
    city: Database, arguments: list[str], password: str, said: str
) -> None:
    assert said in _refused(_run(*arguments, password=password))
    with city.unit_of_work() as uow:
        assert people.read_by_login(uow.conn, "li") is None


def test_a_token_that_cannot_be_made_is_refused_with_the_reason(city: Database) -> None:
    _run("add", "li", "李娜")

    assert "Give a name" in _refused(_run("token", "li", "--name", " "))


def test_a_token_lets_in_until_it_is_revoked(city: Database) -> None:
    _run("add", "li", "李娜")
    bridge, other = (
        _run("token", "li", "--name", name).stdout.strip() for name in ("hotline bridge", "other")
    )

    result = _run("token", "li", "--name", "hotline bridge", "--revoke")

    assert (result.exit_code, result.output) == (0, "li: 1 token revoked\n")
    with city.unit_of_work() as uow:
        assert bridge.startswith(PREFIX)
        assert person_of_token(uow, bridge) is None
        assert person_of_token(uow, other) is not None


def test_without_a_name_all_tokens_are_revoked(city: Database) -> None:
    _run("add", "li", "李娜")
    _run("token", "li", "--name", "hotline bridge")
    _run("token", "li")

    assert _run("token", "li", "--revoke").output == "li: 2 tokens revoked\n"


def test_of_a_dismissed_person_nothing_is_left_that_lets_in(city: Database) -> None:
    _run("add", "li", "李娜", "--role", "acceptor@city")
    token = _run("token", "li").stdout.strip()
    with city.unit_of_work() as uow:
        before = people.read_by_login(uow.conn, "li")

    result = _run("dismiss", "li")

    assert (result.exit_code, result.output) == (0, "li: dismissed\n")
    with city.unit_of_work() as uow:
        after = people.read_by_login(uow.conn, "li")
        assert person_of_token(uow, token) is None
    assert before is not None
    assert after is not None
    assert (after["active"], list(after["grants"])) == (False, [])
    assert after["session_epoch"] > before["session_epoch"]


def test_a_new_password_lets_a_dismissed_person_in_again(city: Database) -> None:
    _run("add", "li", "李娜")
    _run("dismiss", "li")

    _run("add", "li", "李娜")

    with city.unit_of_work() as uow:
        person = people.read_by_login(uow.conn, "li")
    assert person is not None
    assert person["active"]


@pytest.mark.parametrize("command", [["people", "token", "li"], ["db", "current"], ["verify-log"]])
def test_a_database_that_does_not_answer_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("GRIDCASE_HOME", str(tmp_path))
    monkeypatch.setenv("GRIDCASE_DATABASE_URL", "postgresql://li:secret@127.0.0.1:1/city")

    line = _refused(CliRunner().invoke(main, command), 75)

    assert "cannot be reached" in line
    assert "secret" not in line


def test_a_folder_that_cannot_be_written_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDCASE_HOME", "/dev/null/gridcase")
    monkeypatch.delenv("GRIDCASE_DATABASE_URL", raising=False)

    assert "GRIDCASE_HOME" in _refused(CliRunner().invoke(main, ["db", "current"]))
