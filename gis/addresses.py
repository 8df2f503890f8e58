"""Addresses: suggestions for a typed text out of the names of the city's own areas, with no foreign geocoder."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from gis.areas import Layers
from gis.codes import KINDS, STANDARD, CodeScheme, Kind
from gis.errors import LayerError
from gis.names import AreaName

#: Of a longer text only the beginning is looked at.
LONGEST_TEXT = 100
_MOST_WORDS = 8
_SEPARATORS = re.compile(r"[\s,，、;；·。.]+")
# What kind of area a name says that it is; people leave it out as often as not.
_SUFFIXES = re.compile(
    r"(?<=..)(街道办事处|街道|镇|乡|区|县|社区居民委员会|社区居委会|社区|村民委员会|居民委员会|村委会|居委会|村)$"
)
_SUFFIXES_EN = re.compile(r" (Subdistrict|Town|Township|District|County|Community|Village)$")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An area that a text may mean.

    Attributes:
        label: its Chinese name with those above it, largest first.
        label_en: its name in Latin letters with those above it, smallest first.
        lon, lat: a point inside, in WGS-84; None where the layers have no outline of it nor of any area above.
        point_of: the code of the area that the point is inside of: itself, or the smallest above it that has an
            outline; empty where there is no point.
    """

    kind: Kind
    code: str
    label: str
    label_en: str
    lon: float | None
    lat: float | None
    point_of: str


@dataclass(frozen=True, slots=True)
class _Entry:
    suggestion: Suggestion
    own: str
    whole: str
    cores: tuple[str, ...]
    core_en: str
    order: tuple[int, str]


class AddressIndex:
    """Finds areas by what somebody types.

    Args:
        names: of all areas that may be suggested; the names above each are looked up here too.
        layers: for the points.
    """

    def __init__(self, names: Sequence[AreaName], layers: Layers, scheme: CodeScheme = STANDARD) -> None:
        known = {name.code: name for name in names}
        points: dict[str, tuple[float, float]] = {}
        for area in (*layers.districts, *layers.streets, *layers.communities):
            inside = area.polygon.representative_point()
            points[area.code] = (inside.x, inside.y)
        entries = [_entry(name, known, points, scheme) for name in names]
        self._entries = sorted(entries, key=lambda entry: entry.order)
        self._wholes = [(entry, entry.whole) for entry in self._entries]

    def suggest(self, text: str, limit: int = 8) -> list[Suggestion]:
        """Areas whose names hold every word of a text; else those whose names the text holds.

        Case, width of letters, spaces and apostrophes do not matter. A name that is the text comes before one that begins
        with it, and that before one that contains it; larger areas come before smaller ones.

        Args:
            text: Chinese or in Latin letters; words apart by spaces or commas; an address with a house number too.
            limit: how many at most, 1 to 50.

        Raises:
            LayerError: names `limit`.
        """
        if not 1 <= limit <= 50:
            raise LayerError(f"{limit!r} is not between 1 and 50.", field="limit", hint="Eight fit a list.")
        words = [word for word in map(_plain, _SEPARATORS.split(text[:LONGEST_TEXT])) if word][:_MOST_WORDS]
        if not words:
            return []
        return [entry.suggestion for entry in self._holding(words, limit) or self._held_by(words, limit)]

    def _holding(self, words: list[str], limit: int) -> list[_Entry]:
        hits = [entry for entry, whole in self._wholes if words[0] in whole]
        for word in words[1:]:
            hits = [entry for entry in hits if word in entry.whole]
        # Each kind of likeness in turn, until there are enough; the entries are in order already.
        joined, last = "".join(words), words[-1]
        found: list[_Entry] = []
        for likeness in (f"|{joined}|", f"|{last}|", f"|{joined}", f"|{last}", joined, last, ""):
            found += [entry for entry in hits if likeness in entry.own]
            if len(found) >= limit:
                break
            hits = [entry for entry in hits if likeness not in entry.own]
        return found[:limit]

    def _held_by(self, words: list[str], limit: int) -> list[_Entry]:
        joined, apart = "".join(words), set(words)
        hits = []
        for entry in self._entries:
            if entry.cores[0] in joined or entry.core_en in apart:
                # The more of the names above are in the text as well, the surer.
                agreeing = sum(len(core) for core in entry.cores if core in joined) or len(entry.core_en)
                hits.append((-agreeing, entry.order, entry))
        return [entry for _, _, entry in sorted(hits, key=lambda hit: hit[:2])[:limit]]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def _entry(
    name: AreaName,
    known: dict[str, AreaName],
    points: dict[str, tuple[float, float]],
    scheme: CodeScheme,
) -> _Entry:
    chain = [name]
    while (above := scheme.parent(chain[-1].code)) is not None:
        if above not in known:
            raise LayerError(
                f"{chain[-1].code} lies in {above}, which has no name.", field="names", hint="Add it."
            )
        chain.append(known[above])
    point_of = next((area.code for area in chain if area.code in points), "")
    lon, lat = points.get(point_of, (None, None))
    suggestion = Suggestion(
        kind=name.kind,
        code=name.code,
        label="".join(area.name for area in reversed(chain)),
        label_en=", ".join(area.name_en or area.name for area in chain),
        lon=lon,
        lat=lat,
        point_of=point_of,
    )
    own = f"|{_plain(name.name)}|{_plain(name.name_en)}|"
    whole = "|".join((_plain(suggestion.label), *(_plain(area.name_en) for area in chain)))
    cores = tuple(_plain(_SUFFIXES.sub("", area.name)) for area in chain)
    core_en = _plain(_SUFFIXES_EN.sub("", name.name_en)) or cores[0]
    return _Entry(suggestion, own, whole, cores, core_en, (KINDS.index(name.kind), name.code))
