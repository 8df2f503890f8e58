"""The working calendar that a city starts with: the days of the notice for 2026, the statutory holidays of 2027."""

import csv
from collections import Counter
from datetime import date, time, timedelta
from pathlib import Path

CALENDAR = Path(__file__).resolve().parents[2] / "processes" / "calendar"


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file of ours (UTF-8 without BOM)."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def kind_of_day(day: str) -> str:
    """`holiday`, `workday`, or `` for a day that the calendar does not name."""
    return {row["day"]: row["kind"] for row in rows(CALENDAR / "holidays-cn.csv")}.get(day, "")


def test_every_file_is_plain_utf8_with_unix_line_ends() -> None:
    contents = {path.name: path.read_bytes() for path in CALENDAR.glob("*.csv")}

    assert set(contents) == {"holidays-cn.csv", "working-hours.csv"}
    assert not any(content.startswith(b"\xef\xbb\xbf") or b"\r" in content for content in contents.values())


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
