"""The catalogue's files: read in whole or not at all, every bad row told, and written out as they were read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import Conflict, Invalid
from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.catalogue import FOLDER, export_catalogue, import_catalogue, preview, read_path, store
from handlers.catalogue.delimited import marked, unmarked

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


@pytest.mark.parametrize("target", ["out", "out.xlsx"])
def test_folder_and_workbook_read_in_as_what_was_written(
    uow: UnitOfWork, tmp_path: Path, folder: Path, edit: Edit, target: str
) -> None:
    edit("categories.csv", "上水井盖", "'=cmd|上水井盖")
    import_catalogue(uow, folder)
    before = city.catalogue(uow)

    export_catalogue(uow, tmp_path / target)
    import_catalogue(uow, tmp_path / target)

    after = city.catalogue(uow)
    assert after == before
    found = after.get("gb30428", "component", "0101")
    assert found is not None
    assert found.name_zh == "=cmd|上水井盖"


@pytest.mark.parametrize("text", ["=1+1", "+86", "-x", "@sum", "'", "'=", "''@", "it's", "'quoted'", "plain"])
def test_no_written_text_is_a_formula_and_each_is_read_as_it_was(text: str) -> None:
    assert marked(text)[0] not in "=+-@"
    assert unmarked(marked(text)) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_encodings_of_chinese_spreadsheets_are_read(uow: UnitOfWork, folder: Path, encoding: str) -> None:
    file = folder / "categories.csv"
    # What is written so by a spreadsheet of an older kind has no superscripts.
    file.write_bytes(file.read_text("utf-8").encode(encoding))

    assert import_catalogue(uow, folder) == (234, 590)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("scheme,kind".encode("utf-16"), "is in UTF-16"),
        (b"scheme,kind\n\xff\xff\n", "neither in UTF-8 (line 2) nor in GB 18030"),
        (b"scheme;kind;code\n", "has no commas"),
        (b'scheme,kind\n"a', "is no CSV from line 2 on"),
        (b"scheme,kind\n" + b"a" * 200_000, "is no CSV from line 2 on"),
        (b"scheme,kind\n" * 10_001, "at most 10000 rows"),
        (b"a," * 70 + b"\n" + b"a," * 70, "at most 10000 rows and 64 columns"),
        (bytes(8 * 1024 * 1024 + 1), "is larger than 8 MB"),
    ],
)
def test_a_file_that_is_no_csv_is_told(uow: UnitOfWork, folder: Path, data: bytes, said: str) -> None:
    (folder / "equivalents.csv").write_bytes(data)

    assert any(said in problem for problem in problems(uow, folder).values())


def test_a_category_has_its_own_rule_for_what_is_similar(uow: UnitOfWork, folder: Path) -> None:
    file = folder / "categories.csv"
    head, first, *others = file.read_text("utf-8").splitlines()
    lines = [f"{head},similar_metres,similar_hours", f"{first},120,72", *others]
    file.write_text("\n".join(lines) + "\n", "utf-8")

    import_catalogue(uow, folder)

    first_one, second = (city.catalogue(uow).get("gb30428", "component", code) for code in ("0101", "0102"))
    assert first_one is not None
    assert second is not None
    assert (first_one.similar_metres, first_one.similar_hours) == (120, 72)
    assert (second.similar_metres, second.similar_hours) == (50, 24)


def test_a_number_is_translated_between_schemes_and_back(uow: UnitOfWork) -> None:
    import_catalogue(uow)
    found = city.catalogue(uow)

    assert found.equivalent("gb30428", "event", "0401", "cjt214") == "0501"
    assert found.equivalent("cjt214", "event", "0501", "gb30428") == "0401"
    assert found.equivalent("gb30428", "event", "0401", "gb30428") == "0401"
    assert found.equivalent("gb30428", "component", "0101", "cjt214") is None


def test_a_second_scheme_stands_beside_the_first(uow: UnitOfWork, folder: Path) -> None:
    with (folder / "categories.csv").open("a", encoding="utf-8") as file:
        file.write(
            "cjt214,0501,event,05,街面秩序,Street order,01,无照经营游商,Unlicensed vendor,law_enforcement,found\n"
        )
    with (folder / "standards.csv").open("a", encoding="utf-8") as file:
        file.write("cjt214,event,0501,1,有,There is,2,urgent_hour,无,Gone,law_enforcement\n")

    import_catalogue(uow, folder)

    old, new = (city.catalogue(uow).get(scheme, "event", "0501") for scheme in ("cjt214", "gb30428"))
    assert old is not None
    assert new is not None
    assert (old.name_zh, new.name_zh) == ("无照经营游商", "供水管道破裂")


def test_a_preview_says_what_would_change_and_changes_nothing(
    uow: UnitOfWork, folder: Path, edit: Edit
) -> None:
    import_catalogue(uow)
    before = city.catalogue(uow)
    edit("categories.csv", "上水井盖", "自来水井盖")
    edit("standards.csv", "component,0102,1,", "component,0102,9,")

    changes = preview(uow, read_path(folder)).changes

    assert city.catalogue(uow) == before
    renamed, renumbered = changes.changed
    assert dict(renamed.fields) == {"name_zh": ("上水井盖", "自来水井盖")}
    assert (renumbered.category.code, renumbered.added, renumbered.removed) == ("0102", (9,), (1,))
    assert (changes.added, changes.removed, changes.unit_types) == ((), (), ())


def test_the_same_catalogue_changes_nothing(uow: UnitOfWork, tmp_path: Path) -> None:
    import_catalogue(uow)
    export_catalogue(uow, tmp_path / "same.xlsx")

    assert not preview(uow, read_path(tmp_path / "same.xlsx")).changes


def test_what_was_compared_with_another_catalogue_is_not_stored(
    uow: UnitOfWork, folder: Path, edit: Edit
) -> None:
    import_catalogue(uow)
    seen = preview(uow, read_path(folder))
    edit("categories.csv", "上水井盖", "自来水井盖")
    import_catalogue(uow, folder)

    with pytest.raises(Conflict, match="changed meanwhile"):
        store(uow, read_path(FOLDER), compared_with=seen.before)


def test_a_catalogue_is_not_written_under_the_name_of_another_kind_of_file(
    uow: UnitOfWork, tmp_path: Path
) -> None:
    with pytest.raises(Invalid, match=r"catalogue\.doc is neither"):
        export_catalogue(uow, tmp_path / "catalogue.doc")

    assert list(tmp_path.iterdir()) == []
