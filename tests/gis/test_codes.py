from __future__ import annotations

import pytest

from gis.codes import STANDARD, CodeScheme, ComponentCode
from gis.errors import CodeError


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("610102", "district"),
        ("610102001", "street"),
        ("610102001003", "community"),
        ("610102001003008", "cell"),
    ],
)
def test_the_length_says_the_kind(code: str, kind: str) -> None:
    assert STANDARD.kind(code) == kind


def test_a_cell_names_all_areas_above_it() -> None:
    parsed = STANDARD.parse("610102001003008")

    assert (parsed.district, parsed.street, parsed.community) == ("610102", "610102001", "610102001003")
    assert (parsed.cell, parsed.sequence) == ("610102001003008", 8)


def test_a_street_has_nothing_below_it() -> None:
    parsed = STANDARD.parse("610102001")

    assert (parsed.street, parsed.community, parsed.cell, parsed.sequence) == ("610102001", None, None, None)


def test_the_parent_is_one_kind_larger() -> None:
    assert STANDARD.parent("610102001003008") == "610102001003"
    assert STANDARD.parent("610102") is None


def test_a_cell_is_composed_with_leading_zeros() -> None:
    assert STANDARD.cell("610102001003", 8) == "610102001003008"


@pytest.mark.parametrize(
    "code", ["", "61010", "6101020010030081", "61010a", "６１０１０２", "-61010", "610102 "]
)
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(CodeError, match=r"^grid: ") as caught:
        STANDARD.parse(code, field="grid")

    assert caught.value.field == "grid"


def test_the_refusal_of_a_length_says_which_there_are() -> None:
    with pytest.raises(
        CodeError, match="a district has 6, a street has 9, a community has 12, a cell has 15"
    ):
        STANDARD.parse("61010")


def test_a_code_of_another_kind_is_refused() -> None:
    with pytest.raises(CodeError, match="code of a street, not of a community"):
        STANDARD.validate("610102001", "community")


def test_cells_are_numbered_from_one() -> None:
    with pytest.raises(CodeError, match="numbered from 1"):
        STANDARD.parse("610102001003000")


@pytest.mark.parametrize("sequence", [0, 1000, -1])
def test_a_sequence_that_does_not_fit_is_refused(sequence: int) -> None:
    with pytest.raises(CodeError, match=r"^sequence: .* Give 1 to 999"):
        STANDARD.cell("610102001003", sequence)


def test_a_city_may_number_with_other_lengths() -> None:
    longer = CodeScheme(street=4, sequence=4)

    assert longer.capacity == 9999
    assert longer.parse("61010200010030008").sequence == 8
    assert longer.kind("6101020001") == "street"


def test_a_scheme_without_a_sequence_is_refused() -> None:
    with pytest.raises(CodeError, match=r"^sequence: "):
        CodeScheme(sequence=0)


def test_a_component_code_is_taken_apart_and_put_together() -> None:
    parsed = ComponentCode.parse("3205080101000001")

    assert (parsed.district, parsed.major, parsed.minor, parsed.sequence) == ("320508", "01", "01", 1)
    assert str(parsed) == "3205080101000001"


@pytest.mark.parametrize(
    "code", ["320508010100000", "32050801010000011", "3205080101000000", "32050801010000a1"]
)
def test_what_is_no_component_code_is_refused(code: str) -> None:
    with pytest.raises(CodeError):
        ComponentCode.parse(code)


def test_a_wrong_part_of_a_component_code_is_named() -> None:
    with pytest.raises(CodeError, match=r"^major: "):
        ComponentCode("320508", "1", "01", 1)
