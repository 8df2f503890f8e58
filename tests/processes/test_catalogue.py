"""The catalogue and the calendar that a city starts with: complete, consistent, and true where we know the truth."""

import csv
from collections import Counter
from datetime import date, time, timedelta
from pathlib import Path

PROCESSES = Path(__file__).resolve().parents[2] / "processes"
CATALOGUE = PROCESSES / "catalogue"
CALENDAR = PROCESSES / "calendar"

PROFESSIONS = {"", "law_enforcement", "sanitation", "municipal_works", "greenery", "gas_and_heat"}


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file of ours (UTF-8 without BOM)."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def kind_of_day(day: str) -> str:
    """`holiday`, `workday`, or `` for a day that the calendar does not name."""
    return {row["day"]: row["kind"] for row in rows(CALENDAR / "holidays-cn.csv")}.get(day, "")


def test_every_file_is_plain_utf8_with_unix_line_ends() -> None:
    files = [*CATALOGUE.glob("*.csv"), *CALENDAR.glob("*.csv")]

    heads_and_ends = {path.name: (path.read_bytes()[:3], b"\r" in path.read_bytes()) for path in files}

    assert files
    assert all(head != b"\xef\xbb\xbf" and not cr for head, cr in heads_and_ends.values()), heads_and_ends


def test_no_cell_is_padded_with_blanks() -> None:
    files = [*CATALOGUE.glob("*.csv"), *CALENDAR.glob("*.csv")]

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


def test_a_number_of_the_older_scheme_names_one_category_of_a_kind() -> None:
    numbered = [row for row in rows(CATALOGUE / "categories.csv") if row["code_cjt214"]]

    counts = Counter((row["kind"], row["code_cjt214"]) for row in numbered)

    assert numbered
    assert max(counts.values()) == 1


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
    categories = {(row["kind"], row["code"]): row for row in rows(CATALOGUE / "categories.csv")}

    vendor, collapse = categories["event", "0401"], categories["event", "0505"]

    assert (vendor["name_zh"], vendor["code_cjt214"]) == ("无照经营游商", "0501")
    assert (collapse["name_zh"], collapse["code_cjt214"]) == ("路面塌陷", "0401")


def test_every_unit_type_of_a_category_exists() -> None:
    known = {row["code"] for row in rows(CATALOGUE / "unit_types.csv")}

    used = {row["unit_type"] for row in rows(CATALOGUE / "categories.csv")}

    assert used - known == set()


def test_unit_types_are_unique_named_and_of_a_known_profession() -> None:
    unit_types = rows(CATALOGUE / "unit_types.csv")

    assert len({row["code"] for row in unit_types}) == len(unit_types)
    assert all(row["code"] and row["name_zh"] and row["name_en"] for row in unit_types)
    assert {row["profession"] for row in unit_types} == PROFESSIONS


def test_every_day_is_named_once_and_is_a_holiday_or_a_workday() -> None:
    days = rows(CALENDAR / "holidays-cn.csv")

    assert max(Counter(date.fromisoformat(row["day"]) for row in days).values()) == 1
    assert {row["kind"] for row in days} == {"holiday", "workday"}
    assert {row["source"] for row in days} == {"notice", "statute"}
    assert all(row["name_zh"] for row in days)


def test_a_make_up_workday_is_on_a_weekend() -> None:
    workdays = [
        date.fromisoformat(row["day"])
        for row in rows(CALENDAR / "holidays-cn.csv")
        if row["kind"] == "workday"
    ]

    assert workdays
    assert all(day.isoweekday() >= 6 for day in workdays)


def test_2026_has_the_days_of_the_notice() -> None:
    days = [row for row in rows(CALENDAR / "holidays-cn.csv") if row["day"].startswith("2026")]

    kinds = Counter(row["kind"] for row in days)

    assert kinds == {"holiday": 33, "workday": 6}
    assert {row["source"] for row in days} == {"notice"}


def test_2026_national_day_is_a_week_off() -> None:
    week = [date(2026, 10, 1) + timedelta(days=n) for n in range(7)]

    kinds = {kind_of_day(day.isoformat()) for day in week}

    assert kinds == {"holiday"}
    assert kind_of_day("2026-10-08") == ""


def test_2026_has_these_make_up_workdays() -> None:
    days = rows(CALENDAR / "holidays-cn.csv")

    worked = [row["day"] for row in days if row["kind"] == "workday"]

    assert worked == ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]


def test_2027_has_the_thirteen_statutory_holidays_only() -> None:
    days = [row for row in rows(CALENDAR / "holidays-cn.csv") if row["day"].startswith("2027")]

    found = [row["day"][5:] for row in days if row["kind"] == "holiday" and row["source"] == "statute"]

    spring = ["02-05", "02-06", "02-07", "02-08"]
    assert found == ["01-01", *spring, "04-05", "05-01", "05-02", "06-09", "09-15", "10-01", "10-02", "10-03"]
    assert len(days) == 13


def test_working_hours_are_eight_hours_from_monday_to_friday() -> None:
    spans = rows(CALENDAR / "working-hours.csv")

    minutes: Counter[int] = Counter()
    for row in spans:
        starts, ends = time.fromisoformat(row["starts"]), time.fromisoformat(row["ends"])
        minutes[int(row["weekday"])] += (ends.hour - starts.hour) * 60 + ends.minute - starts.minute

    assert minutes == dict.fromkeys(range(1, 6), 480)
