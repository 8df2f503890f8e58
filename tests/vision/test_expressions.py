"""The language in which rules say what they look for."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from vision.errors import VisionError
from vision.expressions import Answer, Expression, Range
from vision.faults import Misread


@dataclass
class Known:
    """Facts as a test gives them: a car that has stood for a while, and how many persons there are if that is known."""

    seconds: float = 90.0
    name: str | None = "car"
    persons: int | None = None
    at: datetime = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    numbers: Mapping[str, float] = field(default_factory=lambda: {"dwell": 60.0, "moves": 3.0, "area": 0.1})

    def stands(self, name: str) -> Range:
        if name == "anything" or (name == "vehicle" and self.name == "car"):
            return self.seconds, self.seconds
        return (0.0, self.seconds) if self.name is None else (0.0, 0.0)

    def count(self, name: str) -> Range:
        return (0.0, math.inf) if self.persons is None else (float(self.persons), float(self.persons))

    def number(self, name: str) -> float:
        return self.numbers[name]

    def zone(self, name: str) -> bool:
        return name == "bus_lane"


YES, NO, PERHAPS = Answer(True, True), Answer(False, False), Answer(False, True)


@pytest.mark.parametrize(
    ("text", "facts", "answer"),
    [
        ('stands("vehicle") >= dwell', Known(), YES),
        ('stands("vehicle") >= dwell', Known(seconds=59.0), NO),
        ('stands("vehicle") >= dwell', Known(name=None), PERHAPS),
        ('stands("vehicle") >= dwell', Known(name=None, seconds=59.0), NO),
        ('stands("vehicle") >= dwell', Known(name=""), NO),
        ('not stands("vehicle") >= dwell', Known(name=None), PERHAPS),
        ('stands("anything") >= dwell and count("person") >= 1', Known(), PERHAPS),
        ('stands("anything") >= dwell and count("person") >= 1', Known(persons=1), YES),
        ('stands("anything") >= dwell and count("person") >= 1', Known(persons=0), NO),
        ('count("person") >= 1 or moves() >= 2', Known(), YES),
        ('count("person") == 2', Known(persons=2), YES),
        ('count("person") != 2', Known(persons=2), NO),
        ('10 < stands("anything") / 2 <= 45', Known(), YES),
        ("-dwell * 2 + 1 < 0", Known(), YES),
        ("1 / (dwell - 60) > 5", Known(), PERHAPS),
        ('between("22:00", "06:00") and weekday() == 0 and zone("bus_lane")', Known(), YES),
        ('between("06:00", "22:00") or zone("no_parking")', Known(), NO),
    ],
)
def test_it_says_what_must_be_and_what_may_be(text: str, facts: Known, answer: Answer) -> None:
    assert Expression(text).holds(facts) == answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "stands(",
        "dwell",
        "1 + 1",
        "True",
        "dwell >= 1 and 2",
        "__import__('os')",
        "stands.__class__ == 1",
        'stands("a")("b") > 1',
        "stands(dwell) > 1",
        'stands("a", "b") > 1',
        'stands(name="a") > 1',
        'open("a") > 1',
        "[1][0] > 0",
        "(lambda: 1)() > 0",
        "2 ** 9 > 1",
        "dwell in (1, 2)",
        "dwell is 1",
        '"a" > "b"',
        'between("7", "25:00")',
        "1e300 * 1e300 > 1",
        "dwell > 1; dwell",
        "not " * 60 + "dwell > 1",
        "(" * 240 + "dwell > 1" + ")" * 240,
        "dwell > 1 or " * 60 + "dwell > 1",
        "dwell > 1\0",
        'stands("' + "x" * 41 + '") > 1',
    ],
)
def test_what_is_not_of_the_language_is_refused(text: str) -> None:
    with pytest.raises(VisionError) as refused:
        Expression(text)

    assert refused.value.field == "expression"


@pytest.mark.parametrize(
    ("text", "part", "remedy"),
    [
        ('stands("car" >= dwell', "(", "This bracket is not closed"),
        ('  stands("车") >= dwell)', ")", "closes none that is open"),
        ('stands("car', '"car', "quotation mark"),
        ("stands(“car”) > 1", "“", 'Write " in place of “'),
        ("dwell ≥ 1", "≥", "Write >= in place of ≥"),
        ("dwell => 1", "=>", "Write >= in place of =>"),
        ("dwell = 1", "=", "Write == in place of ="),
        ("dwell > 1 && area > 2", "&&", "Write and in place of &&"),
        ("dwell > 1 OR area > 2", "OR", "Write or in place of OR"),
        ("dwell > 1 且 area > 2", "且", "Write and in place of 且"),
        ("dwell > 180s", "180s", "This does not fit here"),
        ("dwell > 1 and", "", "Something is missing at the end"),
        ('count("车") > 1 and stand("car") > 1', "stand", "is stands meant?"),
        ('count("车") > 1 and stands(car) > 1', "car", 'Write stands as stands("vehicle")'),
        ("moves > 1", "moves", "Write moves as moves()"),
        ("dwell() > 1", "dwell()", "without brackets"),
        ('zone("street")', '"street"', "There is no type of zone street"),
        ('between("7", "08:00")', '"7"', "as 07:30"),
        ("between(07:30, 08:00)", "07", "times of the day in quotes"),
        ("moves() and dwell > 1", "moves()", "This is a number where a condition belongs"),
        ("(dwell > 1) + 1 > 2", "dwell > 1", "This is a condition where a number belongs"),
        ("dwell > 1\nand moves", "moves", "Write moves as moves()"),
    ],
)
def test_a_fault_is_told_at_its_place_with_its_remedy(text: str, part: str, remedy: str) -> None:
    with pytest.raises(Misread) as refused:
        Expression(text)

    assert (text[slice(*refused.value.place)], remedy in str(refused.value)) == (part, True)


def test_whatever_is_written_is_read_or_refused_at_a_place_of_it() -> None:
    parts = [
        'stands("车")',
        "dwell",
        " and ",
        ">",
        "=",
        "(",
        ")",
        '"',
        "，",
        "“",
        "!",
        "5",
        "\n",
        "\ud800",
        "\0",
        "😀",
        "\\",
        "#",
    ]
    chosen = random.Random(5)
    for _ in range(3000):
        text = "".join(chosen.choices(parts, k=chosen.randint(0, 9)))
        try:
            Expression(text)
        except Misread as refused:
            begin, end = refused.place
            assert 0 <= begin <= end <= len(text)
