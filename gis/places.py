"""Places: what there is at a point, as the layers of a city know it.

All are named tuples: a frozen dataclass takes six times as long to make, and a point is answered with a dozen of them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

#: The eight directions, from north with the sun: in Chinese and in English.
DIRECTIONS: Final = (
    ("北", "north"),
    ("东北", "northeast"),
    ("东", "east"),
    ("东南", "southeast"),
    ("南", "south"),
    ("西南", "southwest"),
    ("西", "west"),
    ("西北", "northwest"),
)
# Nobody says "3 m north of": within this, one is at the thing itself.
_AT_METRES = 10.0


class Named(NamedTuple):
    """The code and the names of an area, and whether its outline was made for a demonstration."""

    code: str
    name: str
    name_en: str
    made: bool


class Responsible(NamedTuple):
    """A responsibility grid: the area of one profession's unit.

    Attributes:
        unit_code: the unit that is responsible in it.
    """

    profession: str
    code: str
    name: str
    name_en: str
    unit_code: str
    made: bool


class NearComponent(NamedTuple):
    """A component near a point.

    Attributes:
        code: its 16 digits.
        scheme, category: what it is, in which numbered scheme.
        manager, owner, keeper: the department in charge of it, its owner and its keeper; codes of units where they are units,
            else names, empty where not known.
        state: normal, damaged, lost or removed.
        metres: from the point; 0 inside of its outline.
    """

    code: str
    scheme: str
    category: str
    name: str
    name_en: str
    manager: str
    owner: str
    keeper: str
    state: str
    metres: float


class Landmark(NamedTuple):
    """A point of interest near a point.

    Attributes:
        metres: how far the point is from it.
        direction: in which direction of it the point lies: an index into `DIRECTIONS`.
    """

    code: str
    name: str
    name_en: str
    metres: float
    direction: int

    def text(self, language: str) -> str:
        """Where the point lies as seen from here: "钟楼西南 80 米", "80 m southwest of the Bell Tower"."""
        at = self.metres < _AT_METRES
        metres = round(self.metres, -1)
        chinese, english = DIRECTIONS[self.direction]
        if language == "en":
            name = self.name_en or self.name
            return f"at {name}" if at else f"{metres:.0f} m {english} of {name}"
        return self.name if at else f"{self.name}{chinese} {metres:.0f} 米"


class Place(NamedTuple):
    """What there is at a point; what the layers do not know there is None or empty.

    Attributes:
        district, street, community, cell: the areas that hold it, from the largest to the smallest.
        zones: the development zones that hold it, the smallest first.
        responsible: the responsibility grids that hold it, by profession, rank (a lower one first), area (a smaller one
            first) and code: of one profession the first one answers.
        components: those near it, the nearest first.
        road: the nearest one, if it is near.
        landmark: the nearest point of interest, if it is near.
    """

    district: Named
    street: Named | None = None
    community: Named | None = None
    cell: Named | None = None
    zones: tuple[Named, ...] = ()
    responsible: tuple[Responsible, ...] = ()
    components: tuple[NearComponent, ...] = ()
    road: Named | None = None
    landmark: Landmark | None = None

    @property
    def code(self) -> str:
        """The code of the smallest of the areas from district to cell that is known."""
        return (self.cell or self.community or self.street or self.district).code

    @property
    def grids(self) -> dict[str, str]:
        """The code of the responsibility grid that answers for each profession."""
        found: dict[str, str] = {}
        for grid in self.responsible:
            found.setdefault(grid.profession, grid.code)
        return found

    @property
    def address(self) -> str:
        """In Chinese: the areas, the road and where the point lies as seen from a point of interest."""
        return self.address_in("zh")

    def areas_in(self, language: str) -> str:
        """The names of the areas from the district down to the community, in Chinese ("zh") or English ("en")."""
        areas = [one for one in (self.district, self.street, self.community) if one is not None]
        if language == "en":
            return ", ".join(one.name_en or one.name for one in reversed(areas))
        return "".join(one.name for one in areas)

    def address_in(self, language: str) -> str:
        """The address without a house number, in Chinese ("zh") or English ("en"): "碑林区柏树林街道… · 东大街 钟楼西南 80 米"."""
        areas, road, landmark = self.areas_in(language), self.road, self.landmark
        if language == "en":
            parts = [
                landmark.text("en") if landmark else "",
                (road.name_en or road.name) if road else "",
                areas,
            ]
            return ", ".join(filter(None, parts))
        near = " ".join(filter(None, [road.name if road else "", landmark.text("zh") if landmark else ""]))
        return f"{areas} · {near}" if near else areas
