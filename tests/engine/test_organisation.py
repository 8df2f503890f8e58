"""Importing the organisation: everything or nothing, and every bad row told by its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import organisation
from engine.actors import unit_tree
from engine.errors import Invalid
from engine.store import people
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork

UNITS = "code,name_zh,name_en,kind,parent_code,is_platform,area_code,unit_type\n"
ROLES = "code,name_zh,name_en,sees\nacceptor,受理员,Acceptor,unit\n"
PEOPLE = "login,name,role,unit_code,password\n"


def _file(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def _city(uow: UnitOfWork, folder: Path) -> None:
    organisation.import_units(uow, _file(folder, UNITS + "city,城,City,city,,yes,,\n"))
    organisation.import_roles(uow, _file(folder, ROLES))


def test_a_child_may_stand_before_its_parent(uow: UnitOfWork, tmp_path: Path) -> None:
    table = (
        UNITS
        + "street,街,Street,street,district,no,,\ndistrict,区,District,district,city,yes,,\ncity,城,City,city,,yes,,\n"
    )

    organisation.import_units(uow, _file(tmp_path, table))

    tree = unit_tree(uow)
    assert [unit.code for unit in tree.line(tree.by_code["street"].id)] == ["street", "district", "city"]


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ("city,城,City,town,,yes,,\n", "row 2, kind"),
        ("city,,City,city,,yes,,\n", "row 2, name_zh"),
        ("city,城,City,city,,perhaps,,\n", "row 2, is_platform"),
        ("a,甲,A,crew,nobody,no,,\n", "row 2, parent_code"),
        ("a,甲,A,crew,b,no,,\nb,乙,B,crew,a,no,,\n", "parent_code"),
        ("a,甲,A,crew,a,no,,\n", "parent_code"),
        ("city,城,City,city,,yes,,\ncity,市,City,city,,yes,,\n", "row 2, code"),
        ("ci\x00ty,城,City,city,,yes,,\n", "row 2, code"),
        ("city,城\x1b[2J,City,city,,yes,,\n", "row 2, name_zh"),
    ],
)
def test_a_bad_row_is_told_by_its_place(uow: UnitOfWork, tmp_path: Path, rows: str, place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        organisation.import_units(uow, _file(tmp_path, UNITS + rows))

    assert place in refusal.value.fields


def test_nothing_of_a_bad_table_is_imported(database: Database, tmp_path: Path) -> None:
    table = _file(tmp_path, UNITS + "city,城,City,city,,yes,,\na,甲,A,crew,nobody,no,,\n")

    with pytest.raises(Invalid), database.unit_of_work() as uow:
        organisation.import_units(uow, table)

    with database.unit_of_work() as uow:
        assert unit_tree(uow).by_code == {}


def test_a_file_in_another_encoding_is_refused(uow: UnitOfWork, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes((UNITS + "city,城,City,city,,yes,,\n").encode("gb18030"))

    with pytest.raises(Invalid, match="UTF-8"):
        organisation.import_units(uow, path)


def test_a_person_holds_the_roles_of_the_table(uow: UnitOfWork, tmp_path: Path) -> None:
    _city(uow, tmp_path)

    organisation.import_people(uow, _file(tmp_path, PEOPLE + "li,李,acceptor,city,long enough\n"))

    person = people.read_by_login(uow.conn, "li")
    assert person is not None
    assert [role for role, _ in person["grants"]] == ["acceptor"]


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("li,李,mayor,city,long enough\n", "row 2, role"),
        ("li,李,acceptor,town,long enough\n", "row 2, unit_code"),
        ("li,李,acceptor,city,short\n", "row 2, password"),
        ("li,李,acceptor,city,\n", "li, password"),
        ("l i,李,acceptor,city,long enough\n", "row 2, login"),
        ("li\x00,李,acceptor,city,long enough\n", "row 2, login"),
        (f"li,{'李' * 101},acceptor,city,long enough\n", "row 2, name"),
    ],
)
def test_a_bad_person_is_told_by_their_place(uow: UnitOfWork, tmp_path: Path, row: str, place: str) -> None:
    _city(uow, tmp_path)

    with pytest.raises(Invalid) as refusal:
        organisation.import_people(uow, _file(tmp_path, PEOPLE + row))

    assert place in refusal.value.fields


def test_a_table_puts_no_unit_above_itself_by_way_of_one_that_is_there(
    uow: UnitOfWork, tmp_path: Path
) -> None:
    organisation.import_units(
        uow, _file(tmp_path, UNITS + "city,城,City,city,,yes,,\nwest,西,West,district,city,yes,,\n")
    )

    with pytest.raises(Invalid, match="circle"):
        organisation.import_units(uow, _file(tmp_path, UNITS + "city,城,City,city,west,yes,,\n"))

    assert [unit.code for unit in unit_tree(uow).line(unit_tree(uow).by_code["west"].id)] == ["west", "city"]
