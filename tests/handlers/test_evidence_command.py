"""``gridcase evidence``: verifies with nothing but a bundle and a public key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.clock import SteppedClock
from engine.command import main
from engine.store.database import Database
from handlers.evidence import keeping
from handlers.store import evidence
from tests import authority as authorities
from tests.handlers import sights
from vision.evidence import layout, stamp
from vision.evidence.decision import add, manifest_of
from vision.evidence.keys import Signer


@pytest.fixture
def bundle(
    database: Database, processes: Path, tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The folder of a bundle; the database is out of reach from here on."""
    road = sights.installed(database, processes, tmp_path / "city")
    road.sees(clock.now())
    keeping.keep(database, road.settings, road.rows()[0]["id"], road.sighting(clock.now()), None)
    with database.unit_of_work() as uow:
        row = evidence.of_sighting(uow.conn, road.rows()[0]["id"])
        assert row is not None
    monkeypatch.setenv("GRIDCASE_HOME", str(tmp_path / "city"))
    monkeypatch.setenv("GRIDCASE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    return keeping.folder_of(road.settings, row)


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["evidence", *map(str, words)])


def test_a_bundle_stands_with_the_public_key_alone(bundle: Path, tmp_path: Path) -> None:
    key = tmp_path / "city.pem"
    key.write_text(run("key").stdout)

    result = run("verify", bundle, "--key", key)

    assert result.exit_code == 0, result.output
    assert "stands: 1 bundle(s)" in result.stdout


def test_a_time_stamp_is_verified_against_the_roots_that_are_given(bundle: Path, tmp_path: Path) -> None:
    authority, stranger = (authorities.made(tmp_path / name) for name in ("authority", "stranger"))
    home = Path(os.environ["GRIDCASE_HOME"])
    answer = authority.stamp(stamp.request(manifest_of(bundle)).content)
    before = run("verify", bundle)
    add(bundle, layout.STAMP, answer, Signer.of(home))

    without, right, wrong, none = (
        run("verify", bundle, *words)
        for words in (
            (),
            ("--tsa-roots", authority.root),
            ("--tsa-roots", stranger.root),
            ("--tsa-roots", tmp_path / "no.pem"),
        )
    )

    assert "time stamps: none" in before.stdout
    assert (without.exit_code, "NOT VERIFIED" in without.stdout) == (0, True)
    assert (right.exit_code, "lead to the roots given" in right.stdout) == (0, True)
    assert (wrong.exit_code, "stamp.tsr" in wrong.stderr) == (1, True)
    assert (none.exit_code, "no.pem" in none.stderr) == (2, True)


def test_one_changed_byte_is_found_and_named(bundle: Path) -> None:
    frame = bundle / "02-begin.jpg"
    content = bytearray(frame.read_bytes())
    content[100] ^= 1
    frame.write_bytes(content)

    result = run("verify", bundle)

    assert result.exit_code == 1
    assert "02-begin.jpg" in result.stderr


def test_another_citys_key_does_not_do(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDCASE_HOME", str(tmp_path / "elsewhere"))

    result = run("verify", bundle)

    assert result.exit_code == 1
    assert "signed by" in result.stderr


def test_what_was_signed_by_an_older_key_stands(bundle: Path) -> None:
    before = run("key").stdout
    after = run("key", "--renew").stdout

    assert before != after
    assert run("verify", bundle).exit_code == 0


@pytest.mark.parametrize("words", [("verify", "nowhere"), ("verify", ".", "--key", "setup.cfg")])
def test_what_is_no_bundle_or_no_key_is_refused_in_one_line(words: tuple[str, ...], bundle: Path) -> None:
    given = [str(bundle) if word == "." else word for word in words]

    result = run(*given)

    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
