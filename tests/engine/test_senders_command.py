"""``gridcase senders``: a secret is printed once, a list shows none, and a refusal is one line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from engine.command import main
from engine.store import senders
from tests.engine.conftest import Town


@pytest.fixture
def city(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """The town, which commands find by the environment."""
    monkeypatch.setenv("GRIDCASE_DATABASE_URL", town.database.url.replace("+psycopg", ""))
    return town


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["senders", *arguments])


def test_a_sender_lives_from_its_adding_to_its_revoking(city: Town) -> None:
    added = _run("add", "hospital", "--platform", "city", "--message", "h.*", "--message", "x.done")
    assert added.exit_code == 0, added.output
    with city.database.unit_of_work() as uow:
        stored = senders.read(uow.conn, "hospital")
    assert stored is not None
    assert added.output == f"{stored['secret']}\n"

    assert _run("list").output == "hospital  city  h.* x.done\n"

    assert _run("revoke", "hospital").output == "hospital: revoked\n"
    assert _run("list").output == "hospital  city  h.* x.done  revoked\n"
    with city.database.unit_of_work() as uow:
        assert [
            row["secret"] for row in uow.conn.exec_driver_sql("SELECT secret FROM sender").mappings()
        ] == [""]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("add", "hospital", "--platform", "nowhere", "--message", "x"),
            "nowhere is not the code of a platform",
        ),
        (("add", "Hospital!", "--platform", "city", "--message", "x"), "small letters"),
        (("revoke", "nobody"), "There is no sender nobody"),
    ],
)
def test_a_refusal_is_one_line(city: Town, arguments: tuple[str, ...], said: str) -> None:
    result = _run(*arguments)

    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) <= 2
