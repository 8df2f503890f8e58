"""A backup is restored into another database as docs/operations.md says, and its cases go on there."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine import anchors
from tests.faults import late
from tests.installation import Installation, free_port, wait_until

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


@dataclass(frozen=True)
class Restored:
    """An installation that was backed up, the one that the backup was restored into, and what is known of both.

    Attributes:
        closed, waiting: cases.
        token: of an acceptor, issued before the backup.
    """

    before: Installation
    after: Installation
    closed: int
    waiting: int
    token: str


def _documented(program: str, dump: Path) -> list[str]:
    """The first command of the documentation that runs a program, with another place for the dump."""
    found = re.search(
        rf"^gridcase (db run {program} [^#\n]*)", OPERATIONS.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert found is not None
    return found[1].replace("/backup/gridcase.dump", str(dump)).split()


def _item(installation: Installation, case_id: int) -> int:
    statement = "SELECT id FROM work_item WHERE case_id = :case AND state = 'open'"
    ((item_id,),) = late.rows(installation, statement, case=case_id)
    return int(item_id)


@pytest.fixture(scope="module")
def restored() -> Iterator[Restored]:
    """An installation restored from the backup of another that had a closed case and one whose timer is due."""
    with late.late_installation() as before, tempfile.TemporaryDirectory(prefix="gridcase-restored-") as home:
        closed, waiting = late.open_late(before, ["closed", "waiting"])
        token = late.token_for(before, "acceptor")
        web = before.start("web")
        before.wait_until_up()
        assert late.complete(before, token, _item(before, closed)) == 200
        before.stop(web)
        with before.database() as database:
            anchors.anchor(database)
        dump = before.home / "backup.dump"
        before.run(*_documented("pg_dump", dump))

        after = Installation(Path(home), free_port())
        after.run(*_documented("pg_restore", dump))
        try:
            yield Restored(before, after, closed, waiting, token)
        finally:
            after.stop_all()


_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"


def _counts(installation: Installation) -> dict[str, int]:
    """How many rows each table has."""
    tables = [name for (name,) in late.rows(installation, _TABLES)]
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in tables)
    return {str(name): int(count) for name, count in late.rows(installation, counts)}


def test_every_row_of_every_table_is_there(restored: Restored) -> None:
    before, after = (_counts(one) for one in (restored.before, restored.after))

    assert before == after
    assert (after["case"], after["log_anchor"]) == (2, 1)


def test_the_log_is_still_append_only(restored: Restored) -> None:
    with pytest.raises(Exception, match="append-only"):
        late.rows(restored.after, "DELETE FROM log_entry")


def test_the_restored_logs_verify(restored: Restored) -> None:
    said = restored.after.run("verify-log", "--anchors")

    assert "every chain verifies" in said
    assert "every anchor holds" in said


def test_the_cases_go_on(restored: Restored) -> None:
    after = restored.after
    after.start("up")
    after.wait_until_up()

    wait_until(lambda: late.elements(after, restored.waiting) == ["look"], after.output)
    status = late.complete(after, late.token_for(after, "shift_leader"), _item(after, restored.waiting))

    assert status == 200
    assert [row.status for row in late.rows(after, 'SELECT status FROM "case"')] == ["closed", "closed"]


def test_what_is_written_after_is_tied_to_what_was_written_before(restored: Restored) -> None:
    (case_id,) = late.open_late(restored.after, ["after"])
    with restored.after.database() as database:
        anchors.anchor(database)
        with database.unit_of_work() as uow:
            assert list(anchors.verify(uow)) == []

    ((lowest,),) = late.rows(
        restored.after, "SELECT min(position) FROM log_entry WHERE case_id = :case", case=case_id
    )
    ((highest,),) = late.rows(restored.before, "SELECT max(position) FROM log_entry")
    assert lowest > highest
