"""The catalogue's files: read in whole or not at all, every bad row told, and written out as they were read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import Invalid
from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.catalogue import FOLDER, export_catalogue, import_catalogue

Edit = Callable[[str, str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the catalogue that the program brings along."""
    return Path(shutil.copytree(FOLDER, tmp_path / "catalogue"))


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Puts one text in the place of another, once, in a file of the copy."""

    def change(file: str, before: str, after: str) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert before in text
        (folder / file).write_text(text.replace(before, after, 1), encoding="utf-8")

    return change


def problems(uow: UnitOfWork, folder: Path) -> dict[str, str]:
    """What the import of a folder is refused for, by place; the catalogue is as it was."""
    before = city.catalogue(uow)
    with pytest.raises(Invalid) as refused:
        import_catalogue(uow, folder)
    assert city.catalogue(uow) == before
    return refused.value.fields


def test_the_catalogue_of_the_program_is_read_in(uow: UnitOfWork) -> None:
    counts = import_catalogue(uow)

    assert counts == (234, 590)


def test_a_category_comes_with_its_standards(uow: UnitOfWork) -> None:
    import_catalogue(uow)

    found = city.catalogue(uow).get("gb30428", "component", "0101")

    assert found is not None
    assert (found.name("zh"), found.name("en"), sorted(found.standards)) == (
        "上水井盖",
        "Water supply manhole cover",
        [1, 2, 3, 4],
    )


def test_a_citys_change_takes_the_place_of_what_was_there(uow: UnitOfWork, folder: Path, edit: Edit) -> None:
    import_catalogue(uow)
    edit("categories.csv", "上水井盖", "自来水井盖")

    import_catalogue(uow, folder)

    found = city.catalogue(uow).get("gb30428", "component", "0101")
    assert found is not None
    assert found.name_zh == "自来水井盖"


def test_what_is_written_out_reads_in_as_the_same_catalogue(uow: UnitOfWork, tmp_path: Path) -> None:
    import_catalogue(uow)
    before = city.catalogue(uow)

    export_catalogue(uow, tmp_path / "out")
    import_catalogue(uow, tmp_path / "out")

    assert city.catalogue(uow) == before


def test_the_standards_are_written_out_as_they_were_read(uow: UnitOfWork, tmp_path: Path) -> None:
    import_catalogue(uow)

    export_catalogue(uow, tmp_path)

    written, given = (
        (path / "standards.csv").read_text(encoding="utf-8").splitlines() for path in (tmp_path, FOLDER)
    )
    assert sorted(written) == sorted(given)


@pytest.mark.parametrize(
    ("file", "before", "after", "place"),
    [
        ("categories.csv", "gb30428,0101,component", "gb30428,0101,thing", "categories.csv row 2, kind"),
        ("categories.csv", "上水井盖", "", "categories.csv row 2, name_zh"),
        ("categories.csv", "上水井盖", "井" * 501, "categories.csv row 2, name_zh"),
        ("categories.csv", ",water_supply,", ",plumbers,", "categories.csv row 2, unit_type"),
        ("categories.csv", "gb30428,0102,", "gb30428,0101,", "categories.csv row 3, code"),
        ("standards.csv", "component,0101,1", "component,0101,0", "standards.csv row 2, condition_no"),
        ("standards.csv", "component,0101,1", "component,0101,²", "standards.csv row 2, condition_no"),
        ("standards.csv", "component,0101,2", "component,0101,1", "standards.csv row 3, condition_no"),
        ("standards.csv", ",2,urgent_hour", ",-2,urgent_hour", "standards.csv row 2, limit"),
        ("standards.csv", ",2,urgent_hour", ",NaN,urgent_hour", "standards.csv row 2, limit"),
        ("standards.csv", ",2,urgent_hour", ",1e99,urgent_hour", "standards.csv row 2, limit"),
        ("standards.csv", ",2,urgent_hour", ",2,fortnight", "standards.csv row 2, unit_of_time"),
        ("standards.csv", "component,0101,1", "component,9876,1", "standards.csv row 2, code"),
    ],
)
def test_a_bad_row_is_told_by_file_row_and_column(
    uow: UnitOfWork, folder: Path, edit: Edit, file: str, before: str, after: str, place: str
) -> None:
    import_catalogue(uow)
    edit(file, before, after)

    assert place in problems(uow, folder)


def test_the_bad_rows_of_all_files_are_told_at_once(uow: UnitOfWork, folder: Path, edit: Edit) -> None:
    edit("categories.csv", "gb30428,0101,component", "gb30428,0101,thing")
    edit("standards.csv", ",2,urgent_hour", ",none,urgent_hour")

    found = problems(uow, folder)

    assert {place.split()[0] for place in found} == {"categories.csv", "standards.csv"}


def test_a_category_without_a_standard_is_refused(uow: UnitOfWork, folder: Path) -> None:
    with (folder / "categories.csv").open("a", encoding="utf-8") as file:
        file.write("gb30428,0177,component,01,公用设施,Public utilities,77,新类,New class,owner,found,\n")

    found = problems(uow, folder)

    assert found == {"categories.csv row 236, code": "gb30428 component 0177 has no row in standards.csv"}


def test_a_missing_file_is_named(uow: UnitOfWork, folder: Path) -> None:
    (folder / "standards.csv").unlink()

    with pytest.raises(Invalid, match="standards.csv"):
        import_catalogue(uow, folder)
