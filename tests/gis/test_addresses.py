from __future__ import annotations

import pytest

from gis.addresses import LONGEST_TEXT, AddressIndex
from gis.areas import Layers
from gis.errors import LayerError
from gis.index.locator import Locator
from gis.names import AreaName


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("民乐", "610102001001"),
        ("minle", "610102001001"),
        ("MinLe  community", "610102001001"),
        ("Minle Community, Xiyilu Subdistrict", "610102001001"),
        ("xi yi lu", "610102001"),
        ("新城", "610102"),
        ("chang'an district", "610116"),
        ("Chang’an District", "610116"),
        ("华侨城１０８坊", "610113008011"),
        ("碑林区 马厂子", "610103002007"),
        ("碑林区柏树林街道马厂子社区12号", "610103002007"),
        ("12 Minle Road", "610102001001"),
    ],
)
def test_the_area_that_is_meant_comes_first(
    addresses: AddressIndex, names: tuple[AreaName, ...], text: str, code: str
) -> None:
    known = {name.name: name.code for name in names}
    expected = known["曲江新区华侨城108坊社区"] if "108" in text or "１０８" in text else code

    assert addresses.suggest(text)[0].code == expected


def test_a_part_of_a_name_is_enough(addresses: AddressIndex) -> None:
    assert "610103001" in [s.code for s in addresses.suggest("院门", limit=20)]


def test_a_name_that_begins_with_the_text_comes_before_one_that_contains_it(addresses: AddressIndex) -> None:
    labels = [s.label_en.partition(",")[0] for s in addresses.suggest("yanta", limit=50)]

    assert labels[0] == "Yanta District"
    assert labels.index("Yanta District") < labels.index("Dayanta Subdistrict")


def test_a_suggestion_is_labelled_in_both_languages(addresses: AddressIndex) -> None:
    first = addresses.suggest("民乐")[0]

    assert first.label == "新城区西一路街道民乐社区居委会"
    assert first.label_en == "Minle Community, Xiyilu Subdistrict, Xincheng District"
    assert first.kind == "community"


def test_the_point_of_a_suggestion_lies_in_its_area(addresses: AddressIndex, locator: Locator) -> None:
    first = addresses.suggest("民乐")[0]
    assert first.lon is not None
    assert first.lat is not None

    place = locator.locate(first.lon, first.lat)

    assert place is not None
    assert place.community is not None
    assert place.community.code == first.code == first.point_of


def test_an_area_without_an_outline_has_the_point_of_its_district(
    addresses: AddressIndex, locator: Locator
) -> None:
    first = addresses.suggest("大雁塔街道")[0]
    assert first.lon is not None
    assert first.lat is not None

    place = locator.locate(first.lon, first.lat)

    assert (len(first.code), first.point_of) == (9, "610113")
    assert place is not None
    assert place.district.code == "610113"


def test_without_any_outline_there_is_no_point(names: tuple[AreaName, ...]) -> None:
    first = AddressIndex(names, Layers(())).suggest("民乐")[0]

    assert (first.lon, first.lat, first.point_of) == (None, None, "")


def test_no_more_are_given_than_asked_for(addresses: AddressIndex) -> None:
    assert len(addresses.suggest("社区", limit=5)) == 5


@pytest.mark.parametrize("text", ["", "   ", ",,,", "'", "zzzzzz", "不存在的地方", "\x00", "%_*"])
def test_what_means_nothing_gives_nothing(addresses: AddressIndex, text: str) -> None:
    assert addresses.suggest(text) == []


@pytest.mark.parametrize("limit", [0, 51])
def test_a_limit_out_of_bounds_is_refused(addresses: AddressIndex, limit: int) -> None:
    with pytest.raises(LayerError, match=r"^limit: "):
        addresses.suggest("民乐", limit)


def test_an_area_above_without_a_name_is_refused() -> None:
    street = AreaName("street", "610102001", "街", "Street", "610102")

    with pytest.raises(LayerError, match="610102001 lies in 610102, which has no name"):
        AddressIndex([street], Layers(()))


def test_what_is_longer_than_any_address_is_not_looked_at(addresses: AddressIndex) -> None:
    padded = "民乐".ljust(LONGEST_TEXT)

    assert addresses.suggest(padded + "x" * 100_000) == addresses.suggest("民乐")
