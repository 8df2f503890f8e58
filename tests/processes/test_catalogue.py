"""The catalogue that a city starts with: complete, consistent, and true where we know the truth."""

import csv
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

CATALOGUE = Path(__file__).resolve().parents[2] / "processes" / "catalogue"

UNITS_OF_TIME = {"urgent_hour", "work_hour", "work_day", "calendar_day"}
PROFESSIONS = {"", "law_enforcement", "sanitation", "municipal_works", "greenery", "gas_and_heat"}


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file of ours (UTF-8 without BOM)."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def limits(kind: str, code: str) -> list[tuple[str, str]]:
    """Limit and unit of time of each condition of a category, in their order."""
    standards = [
        row for row in rows(CATALOGUE / "standards.csv") if (row["kind"], row["code"]) == (kind, code)
    ]
    return [(row["limit"], row["unit_of_time"]) for row in standards]


def figures(text: str) -> list[str]:
    """The numbers in a text, sorted."""
    return sorted(re.findall(r"\d+(?:\.\d+)?", text))


def test_every_file_is_plain_utf8_with_unix_line_ends() -> None:
    files = sorted(CATALOGUE.glob("*.csv"))

    heads_and_ends = {path.name: (path.read_bytes()[:3], b"\r" in path.read_bytes()) for path in files}

    assert files
    assert all(head != b"\xef\xbb\xbf" and not cr for head, cr in heads_and_ends.values()), heads_and_ends


def test_no_cell_is_padded_with_blanks() -> None:
    files = sorted(CATALOGUE.glob("*.csv"))

    padded = [
        (path.name, row) for path in files for row in rows(path) if any(v != v.strip() for v in row.values())
    ]

    assert padded == []


def test_there_are_234_categories() -> None:
    kinds = Counter(row["kind"] for row in rows(CATALOGUE / "categories.csv"))

    assert kinds == {"component": 123, "event": 111}


def test_a_category_is_identified_by_scheme_kind_and_code() -> None:
    keys = Counter((row["scheme"], row["kind"], row["code"]) for row in rows(CATALOGUE / "categories.csv"))

    assert [key for key, count in keys.items() if count > 1] == []


def test_a_code_is_its_major_and_minor_code() -> None:
    categories = rows(CATALOGUE / "categories.csv")

    broken = [
        row
        for row in categories
        if row["code"] != row["major_code"] + row["minor_code"] or len(row["code"]) != 4
    ]

    assert broken == []


def test_an_equivalent_is_of_a_category_and_names_it_alone() -> None:
    categories = {(row["kind"], row["code"]) for row in rows(CATALOGUE / "categories.csv")}
    equivalents = rows(CATALOGUE / "equivalents.csv")

    others = Counter((row["kind"], row["other_scheme"], row["other_code"]) for row in equivalents)

    assert len(equivalents) == 50
    assert max(others.values()) == 1
    assert {(row["kind"], row["code"]) for row in equivalents} <= categories


def test_a_major_code_has_one_name_within_its_kind() -> None:
    names: dict[tuple[str, str], set[tuple[str, str]]] = {}

    for row in rows(CATALOGUE / "categories.csv"):
        names.setdefault((row["kind"], row["major_code"]), set()).add((row["major_zh"], row["major_en"]))

    assert len(names) == 11
    assert {key: found for key, found in names.items() if len(found) > 1} == {}


def test_category_names_are_given_in_both_languages_and_differ_within_a_kind() -> None:
    categories = rows(CATALOGUE / "categories.csv")

    zh = {(row["kind"], row["name_zh"]) for row in categories if row["name_zh"]}
    en = {(row["kind"], row["name_en"]) for row in categories if row["name_en"].isascii() and row["name_en"]}

    assert len(zh) == len(en) == len(categories)


def test_provenance_is_found_or_inferred() -> None:
    provenance = Counter(row["provenance"] for row in rows(CATALOGUE / "categories.csv"))

    assert provenance == {"found": 195, "inferred": 39}


def test_the_two_numberings_swap_street_order_and_emergencies() -> None:
    names = {(row["kind"], row["code"]): row["name_zh"] for row in rows(CATALOGUE / "categories.csv")}
    others = {(row["kind"], row["code"]): row["other_code"] for row in rows(CATALOGUE / "equivalents.csv")}

    vendor, collapse = ("event", "0401"), ("event", "0505")

    assert (names[vendor], others[vendor]) == ("无照经营游商", "0501")
    assert (names[collapse], others[collapse]) == ("路面塌陷", "0401")


def test_every_unit_type_of_a_category_exists() -> None:
    known = {row["code"] for row in rows(CATALOGUE / "unit_types.csv")}

    used = {row["unit_type"] for row in rows(CATALOGUE / "categories.csv")}

    assert used - known == set()


def test_unit_types_are_unique_named_and_of_a_known_profession() -> None:
    unit_types = rows(CATALOGUE / "unit_types.csv")

    assert len({row["code"] for row in unit_types}) == len(unit_types)
    assert all(row["code"] and row["name_zh"] and row["name_en"] for row in unit_types)
    assert {row["profession"] for row in unit_types} == PROFESSIONS


def test_every_category_has_standards_and_every_standard_its_category() -> None:
    categories = {(row["scheme"], row["kind"], row["code"]) for row in rows(CATALOGUE / "categories.csv")}

    filed = {(row["scheme"], row["kind"], row["code"]) for row in rows(CATALOGUE / "standards.csv")}

    assert filed == categories


def test_there_are_590_conditions_numbered_from_one_within_their_category() -> None:
    standards = rows(CATALOGUE / "standards.csv")

    numbers: dict[tuple[str, str], list[int]] = {}
    for row in standards:
        numbers.setdefault((row["kind"], row["code"]), []).append(int(row["condition_no"]))

    assert len(standards) == 590
    assert {key: found for key, found in numbers.items() if found != list(range(1, len(found) + 1))} == {}


def test_519_conditions_are_of_the_published_standard_and_71_are_proposals() -> None:
    covers = {"0105", "0107", "0108", "0109", "0112"}
    inferred = {
        (row["kind"], row["code"])
        for row in rows(CATALOGUE / "categories.csv")
        if row["provenance"] == "inferred"
    }
    standards = rows(CATALOGUE / "standards.csv")

    proposed = [
        row
        for row in standards
        if (row["kind"], row["code"]) in inferred or (row["kind"] == "component" and row["code"] in covers)
    ]

    assert (len(standards) - len(proposed), len(proposed)) == (519, 71)


def test_every_limit_is_positive_in_a_known_unit_of_time() -> None:
    standards = rows(CATALOGUE / "standards.csv")

    wrong = [row for row in standards if not 0 < Decimal(row["limit"]) <= 30]

    assert wrong == []
    assert {row["unit_of_time"] for row in standards} == UNITS_OF_TIME


def test_every_condition_is_worded_in_both_languages_and_differs_from_its_siblings() -> None:
    standards = rows(CATALOGUE / "standards.csv")

    zh = {(row["kind"], row["code"], row["condition_zh"]) for row in standards}
    en = {(row["kind"], row["code"], row["condition_en"]) for row in standards}
    blank = [row for row in standards if not all(row.values())]

    assert blank == []
    assert len(zh) == len(en) == len(standards)


def test_both_languages_give_the_same_figures() -> None:
    standards = rows(CATALOGUE / "standards.csv")

    differ = [row for row in standards if figures(row["condition_zh"]) != figures(row["condition_en"])]

    assert [row for row in standards if figures(row["condition_zh"])]
    assert differ == []


def test_english_is_english_and_chinese_is_chinese() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    standards = rows(CATALOGUE / "standards.csv")

    han_in_english = [row for row in standards if han.search(row["condition_en"] + row["closing_en"])]
    no_han_in_chinese = [
        row for row in standards if not han.search(row["condition_zh"]) or not han.search(row["closing_zh"])
    ]

    assert han_in_english == []
    assert no_han_in_chinese == []


def test_every_unit_type_of_a_standard_exists() -> None:
    known = {row["code"] for row in rows(CATALOGUE / "unit_types.csv")}

    used = {row["unit_type"] for row in rows(CATALOGUE / "standards.csv")}

    assert used - known == set()


def test_a_water_cover_has_these_limits() -> None:
    found = limits("component", "0101")

    assert found == [("2", "urgent_hour"), ("4", "work_hour"), ("2", "work_day"), ("5", "work_day")]


def test_a_broken_cover_is_filed_from_25_square_centimetres() -> None:
    standards = {
        (row["kind"], row["code"], row["condition_no"]): row for row in rows(CATALOGUE / "standards.csv")
    }

    broken = standards["component", "0101", "2"]

    assert broken["condition_en"] == "Cover broken over more than 25 cm²"
    assert figures(broken["condition_zh"]) == ["25"]


def test_the_three_classes_that_cameras_tell_apart_have_these_limits() -> None:
    vendor, outside_shop, parked_car = (limits("event", code) for code in ("0401", "0405", "0409"))

    assert vendor == [("2", "urgent_hour")]
    assert outside_shop == [("2", "urgent_hour")]
    assert parked_car == [("2", "work_hour")]


def test_illegal_building_is_stopped_in_calendar_days_and_removed_in_working_days() -> None:
    found = limits("event", "0101")

    assert found == [("2", "calendar_day"), ("15", "work_day")]
