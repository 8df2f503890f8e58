"""Crews as a table: read in whole or not at all, written out and read in again as they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.actors import unit_tree
from engine.errors import Invalid
from engine.store.unit_of_work import UnitOfWork
from handlers.crews.roster import Roster
from handlers.crews.tables import export_crews, import_crews
from tests.handlers.crews.conftest import Yard

HEAD = "code,name_zh,name_en,parent_code,skills,shift_begins,shift_ends,days,home_lon,home_lat,kmh,capacity\n"
GOOD = "night,夜班,Night,west-sanitation,gb30428/event/01;sanitation,22:00,06:00,every,108.9,34.2,18,6\n"


def _file(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "crews.csv"
    path.write_text(HEAD + "".join(rows), "utf-8")
    return path


def test_a_crew_comes_with_its_unit(uow: UnitOfWork, yard: Yard, tmp_path: Path) -> None:
    assert import_crews(uow, _file(tmp_path, GOOD)) == 1

    unit = unit_tree(uow).by_code["night"]
    member = Roster(uow).members[unit.id]
    assert (unit.kind, unit.parent_id) == ("crew", yard.ids["west-sanitation"])
    assert (member.row["skills"], member.row["capacity"]) == (["gb30428/event/01", "sanitation"], 6)


def test_what_is_written_out_is_read_in_again(uow: UnitOfWork, yard: Yard, tmp_path: Path) -> None:
    import_crews(uow, _file(tmp_path, GOOD))
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"

    export_crews(uow, first)
    import_crews(uow, first)
    export_crews(uow, second)

    assert first.read_text("utf-8-sig") == second.read_text("utf-8-sig")
    assert "night," in first.read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("22:00", "25:00", "row 2, shift_begins"),
        ("every", "often", "row 2, days"),
        ("108.9", "nan", "row 2, home_lon"),
        ("34.2,18", "34.2,500", "row 2, kmh"),
        (",6\n", ",201\n", "row 2, capacity"),
        (";sanitation", ";cooking", "row 2, skills"),
        ("event/01", "event/zz", "row 2, skills"),
        ("west-sanitation", "nowhere", "row 2, parent_code"),
        ("night,", "west,", "row 2, code"),
    ],
)
def test_a_bad_row_is_told_by_its_place(
    uow: UnitOfWork, yard: Yard, tmp_path: Path, old: str, new: str, place: str
) -> None:
    before = dict(Roster(uow).members)

    with pytest.raises(Invalid) as refused:
        import_crews(uow, _file(tmp_path, GOOD.replace(old, new), GOOD.replace("night", "day")))

    assert set(refused.value.fields) == {place}
    assert set(Roster(uow).members) == set(before)


def test_no_crew_stands_twice(uow: UnitOfWork, yard: Yard, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        import_crews(uow, _file(tmp_path, GOOD, GOOD))

    assert set(refused.value.fields) == {"row 3, code"}


def test_the_crews_of_the_demonstration_are_good(uow: UnitOfWork, yard: Yard, processes: Path) -> None:
    from engine.organisation import import_units

    import_units(uow, processes / "city" / "xian" / "units.csv")

    assert import_crews(uow, processes / "city" / "xian" / "crews.csv") == 60
