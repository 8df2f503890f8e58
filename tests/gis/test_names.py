from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from gis.errors import NameTableError
from gis.names import AreaName, read_names

HEADER = "code,name_zh,name_en,parent\n"


def test_xian_has_13_districts_172_streets_and_3223_communities(names: tuple[AreaName, ...]) -> None:
    assert Counter(name.kind for name in names) == {"district": 13, "street": 172, "community": 3223}


def test_every_parent_of_xian_is_there(names: tuple[AreaName, ...]) -> None:
    known = {name.code for name in names} | {"6101"}

    assert [name.code for name in names if name.parent not in known] == []


def test_every_name_of_xian_has_latin_letters(names: tuple[AreaName, ...]) -> None:
    assert [name.code for name in names if not name.name_en or not name.name_en.isascii()] == []


def test_rows_come_in_the_order_of_their_codes(tmp_path: Path) -> None:
    table = tmp_path / "streets.csv"
    table.write_text(HEADER + "610102002,乙,B,610102\n610102001,甲,A,610102\n", encoding="utf-8")

    assert [name.name for name in read_names(table, "street")] == ["甲", "乙"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("code,name_zh,parent\n", "lacks the column name_en"),
        (HEADER + "61010,甲,A,6101\n", "line 2: .*61010"),
        (HEADER + "610102,甲,A,6101\n610102001,甲,A,610102\n", "line 3: .*not of a district"),
        (HEADER + "610102,甲,A,6101\n610102,乙,B,6101\n", "line 3: .*twice"),
        (HEADER + "610102,,A,6101\n", "line 2: name_zh is empty"),
        (HEADER + "610102,甲,A,6102\n", "line 2: the parent '6102'"),
        (HEADER + "610102\n", "line 2: name_zh is empty"),
        (HEADER + '610102,"甲\n', "cannot be read"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(tmp_path: Path, content: str, message: str) -> None:
    table = tmp_path / "districts.csv"
    table.write_text(content, encoding="utf-8")

    with pytest.raises(NameTableError, match=message):
        read_names(table, "district")


def test_a_table_in_another_encoding_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "districts.csv"
    table.write_bytes(HEADER.encode() + "610102,新城区,X,6101\n".encode("gb18030"))

    with pytest.raises(NameTableError, match="Save it as CSV in UTF-8"):
        read_names(table, "district")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(NameTableError, match=r"nowhere\.csv: is not there"):
        read_names(tmp_path / "nowhere.csv", "district")
