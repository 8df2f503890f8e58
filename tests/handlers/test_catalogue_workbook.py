"""Catalogues as workbooks: what spreadsheets do to a table is told by sheet, row and column, or undone where that is certain."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from handlers.catalogue import archive
from handlers.catalogue.reading import Given, read_book
from handlers.catalogue.tables import MAX_PROBLEMS, Refused

SHEETS: Mapping[str, list[list[Any]]] = {
    "unit_types": [["code", "name_zh", "name_en", "profession"], ["owner", "产权单位", "Owner", None]],
    "categories": [
        ["scheme", "kind", "code", "major_code", "major_zh", "major_en", "name_zh", "name_en", "unit_type"],
        ["gb30428", "event", "0401", "04", "街面秩序", "Street order", "游商", "Vendor", "owner"],
        ["gb30428", "event", "0402", "04", "街面秩序", "Street order", "乞讨", "Begging", "owner"],
    ],
    "standards": [
        ["scheme", "kind", "code", "condition_no", "condition_zh", "condition_en", "limit", "unit_of_time", "closing_zh", "closing_en", "unit_type"],
        ["gb30428", "event", "0401", 1, "有", "There is", 2, "urgent_hour", "无", "Gone", "owner"],
        ["gb30428", "event", "0402", 1, "有", "There is", 1.5, "work_day", "无", "Gone", "owner"],
    ],
    "equivalents": [["scheme", "kind", "code", "other_scheme", "other_code"], ["gb30428", "event", "0401", "cjt214", "0501"]],
}  # fmt: skip

Edit = Callable[[Workbook], object]


def book(edit: Edit = lambda made: None) -> bytes:
    """A small catalogue, edited."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for name, rows in SHEETS.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    edit(made)
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def put(sheet: str, cell: str, value: Any) -> Edit:
    """Puts a value into a cell."""

    def edit(made: Workbook) -> None:
        made[sheet][cell] = value

    return edit


def read(edit: Edit = lambda made: None) -> Given:
    """The small catalogue, edited and read."""
    return read_book(book(edit), "catalogue.xlsx")


def problems(data: bytes) -> dict[str, str]:
    """What a file is refused for, by place."""
    with pytest.raises(Refused) as refused:
        read_book(data, "catalogue.xlsx")
    return refused.value.fields


def rewritten(part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The small catalogue with one part of its archive changed."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book())) as old,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return written.getvalue()


def test_a_workbook_is_read() -> None:
    given = read()

    assert {name: len(rows) for name, rows in given.rows.items()} == {
        "unit_types": 1,
        "categories": 2,
        "standards": 2,
        "equivalents": 1,
    }
    assert given.rows["categories"][0]["similar_metres"] == 50
    assert str(given.rows["standards"][1]["limit"]) == "1.5"
    assert given.mended == ()


def test_the_sheet_of_equivalents_may_be_missing() -> None:
    assert read(lambda made: made.remove(made["equivalents"])).rows["equivalents"] == []


@pytest.mark.parametrize(
    ("edit", "place", "said"),
    [
        (put("standards", "E2", '="a"&"b"'), "standards row 2, condition_zh", "is a formula"),
        (put("standards", "G2", date(2026, 2, 1)), "standards row 2, limit", "is a date"),
        (put("categories", "G3", True), "categories row 3, name_zh", "is a truth value"),
        (put("categories", "G3", "#REF!"), "categories row 3, name_zh", "is an error of the spreadsheet"),
        (put("categories", "G3", "井" * 501), "categories row 3, name_zh", "has more than 500 characters"),
        (put("categories", "G3", "井" * 30_000), "categories row 3, name_zh", "has more than 500 characters"),
        (put("categories", "G3", None), "categories row 3, name_zh", "is empty"),
        (put("categories", "B3", "thing"), "categories row 3, kind", "'thing' is not one of component, event"),
        (put("categories", "C3", "0401"), "categories row 3, code", "is there already in row 2"),
        (put("categories", "C3", " ０４０１ "), "categories row 3, code", "is there already in row 2"),
        (put("categories", "C3", "40123"), "categories row 3, code", "4 digits of the scheme gb30428"),
        (put("categories", "C3", "0502"), "categories row 3, code", "does not begin with its major code 04"),
        (put("categories", "I3", "plumber"), "categories row 3, unit_type", "'plumber' has no row in unit_types"),
        (put("categories", "A2", "own"), "categories row 2, code", "own event 0401 has no row in standards"),
        (put("categories", "J2", "x"), "categories row 2", "without a heading"),
        (lambda made: [put("categories", "J1", "similar_metres")(made), put("categories", "J2", 0)(made)], "categories row 2, similar_metres", "whole number"),
        (put("standards", "D3", 1.5), "standards row 3, condition_no", "is not a whole number"),
        (put("standards", "G3", -1), "standards row 3, limit", "is not a number above 0"),
        (put("standards", "C1", "Code"), "standards row 1, code", "the heading Code is not written so"),
        (put("standards", "C1", "kind"), "standards row 1, kind", "is the heading of 2 columns"),
        (put("equivalents", "C2", "0499"), "equivalents row 2, code", "has no row in categories"),
        (lambda made: made["standards"].merge_cells("E2:E3"), "standards", "has merged cells (E2:E3)"),
        (lambda made: made.remove(made["standards"]), "standards", "is missing"),
        (lambda made: setattr(made["unit_types"], "title", "Unit Types"), "Unit Types", "call it unit_types"),
        (put("standards", "A10001", "x"), "standards row 10001", "beyond row 10000"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_sheet_row_and_column(edit: Edit, place: str, said: str) -> None:
    assert said in problems(book(edit))[place]


def test_a_hidden_row_counts_as_any_other() -> None:
    def hide(made: Workbook) -> None:
        made["categories"]["C3"] = "0401"
        made["categories"].row_dimensions[3].hidden = True

    assert "categories row 3, code" in problems(book(hide))


def test_codes_that_became_numbers_get_their_zeros_back_and_it_is_told() -> None:
    def numbers(made: Workbook) -> None:
        for cell, value in {"C2": 401, "D2": 4, "C3": 402.0, "D3": 4}.items():
            made["categories"][cell] = value
        made["standards"]["C2"] = 401

    given = read(numbers)

    assert [row["code"] for row in given.rows["categories"]] == ["0401", "0402"]
    assert [row["major_code"] for row in given.rows["categories"]] == ["04", "04"]
    assert (given.mended[0].place, str(given.mended[0].said)) == (
        "categories row 2, code",
        "401 was read as 0401",
    )
    assert len(given.mended) == 5


def test_codes_of_an_unknown_numbering_that_became_numbers_are_refused() -> None:
    def own(made: Workbook) -> None:
        for sheet in ("categories", "standards", "equivalents"):
            made[sheet]["A2"] = "own"
        made["categories"]["C2"] = 401

    found = problems(book(own))

    assert "is a number" in found["categories row 2, code"]


def test_every_bad_row_is_told_and_no_more_than_a_page_of_them() -> None:
    def many(made: Workbook) -> None:
        for _ in range(300):
            made["categories"].append(["gb30428", "thing", "0499", "04", "a", "a", "a", "a", "owner"])

    with pytest.raises(Refused) as refused:
        read(many)

    assert refused.value.count >= 300
    assert len(refused.value.problems) == MAX_PROBLEMS


def test_text_that_looks_like_a_formula_is_text() -> None:
    def text(made: Workbook) -> None:
        cell = made["categories"]["G2"]
        cell.value, cell.data_type = "=游商", "s"

    assert read(text).rows["categories"][0]["name_zh"] == "=游商"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no XLSX workbook"),
        (b"PK\x03\x04 no zip", "is no XLSX workbook"),
        (b"scheme,kind,code\n", "is no XLSX workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "is no XLSX workbook"),
        (bytes(8 * 1024 * 1024 + 1), "is larger than 8 MB"),
    ],
)  # fmt: skip
def test_what_is_no_workbook_is_told(data: bytes, said: str) -> None:
    assert said in problems(data)["catalogue.xlsx"]


def test_a_damaged_part_is_named() -> None:
    data = rewritten("xl/worksheets/sheet2.xml", lambda xml: xml[: len(xml) // 2])

    assert "is damaged in xl/worksheets/sheet2.xml" in problems(data)["catalogue.xlsx"]


def test_entities_are_refused_before_they_are_expanded() -> None:
    laughs = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'

    data = rewritten(
        "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"<worksheet", laughs + b"<worksheet", 1)
    )

    assert "declares XML entities" in problems(data)["catalogue.xlsx"]


@pytest.mark.parametrize(
    "flood",
    [
        b"<sheetData>" + b" " * 40_000_000,
        b"<sheetData>" + b"<row/>" * 40_000,
        b"<sheetData><row>" + b"<c/>" * 40_000,
    ],
    ids=["blanks", "rows", "cells"],
)
def test_a_bomb_is_refused_in_bounded_memory(flood: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ELEMENTS", 20_000)
    data = rewritten("xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"<sheetData>", flood, 1))

    tracemalloc.start()
    found = problems(data)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert "holds more than a catalogue ever does" in found["catalogue.xlsx"]
    assert most < 2_000_000


@pytest.mark.parametrize("packed", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_part_that_is_damaged_is_refused_however_it_was_packed(packed: int) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", packed) as written:
        written.writestr("xl/workbook.xml", bytes(1000))
    damaged = bytearray(data.getvalue())
    damaged[46:52] = b"\xff" * 6

    assert problems(bytes(damaged))["catalogue.xlsx"] == "is damaged in xl/workbook.xml: save it anew"


def test_a_sheet_that_says_it_has_a_million_rows_is_read_for_those_it_has() -> None:
    data = rewritten(
        "xl/worksheets/sheet2.xml",
        lambda xml: xml.replace(b'<dimension ref="A1:I3"', b'<dimension ref="A1:XFD1048576"'),
    )

    assert len(read_book(data, "catalogue.xlsx").rows["categories"]) == 2


def test_a_cell_beyond_the_last_column_is_left_aside() -> None:
    data = rewritten(
        "xl/worksheets/sheet2.xml", lambda xml: xml.replace(b"</row>", b'<c r="XFD1"><v>1</v></c></row>', 1)
    )

    assert len(read_book(data, "catalogue.xlsx").rows["categories"]) == 2


def test_the_program_that_wrote_a_cell_may_leave_its_place_out() -> None:
    def bare(xml: bytes) -> bytes:
        for column in "ABCDEFGHI":
            for row in "123":
                xml = xml.replace(f' r="{column}{row}"'.encode(), b"")
        return xml

    given = read_book(rewritten("xl/worksheets/sheet2.xml", bare), "catalogue.xlsx")

    assert [row["code"] for row in given.rows["categories"]] == ["0401", "0402"]


def test_another_program_opens_what_we_read() -> None:
    opened = load_workbook(io.BytesIO(book()), read_only=True)

    assert opened.sheetnames == list(SHEETS)
    opened.close()
