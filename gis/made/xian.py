"""What is made for Xi'an beside its areas: zones, roads, components, points of interest, responsibility grids.

Names of main roads and landmarks are the city's own and stand about where they do; nothing here is a survey.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import MultiLineString, Polygon

from gis.areas import Area, Layers, Outline, single
from gis.lattice import lattice_over
from gis.made.components import Component, InCommunity, Spacing, make_components
from gis.made.landmarks import Known, Landmark, Usual, make_landmarks
from gis.made.responsibility import Duty, make_duties, ring
from gis.made.roads import Course, Road, make_roads

_CITY = "6101"
_BLOCK_METRES = 100.0
_SEED = 20260722

_COURSES = (
    Course("西二环路", "West 2nd Ring Road", True, 108.8990, 34.2340, 34.3000),
    Course("桃园路", "Taoyuan Road", True, 108.9080, 34.2440, 34.2720),
    Course("劳动路", "Laodong Road", True, 108.9180, 34.2440, 34.2660),
    Course("含光路", "Hanguang Road", True, 108.9290, 34.2300, 34.2540),
    Course("洒金桥", "Sajinqiao", True, 108.9290, 34.2610, 34.2790),
    Course("南大街", "South Street", True, 108.9424, 34.2515, 34.2610),
    Course("北大街", "North Street", True, 108.9424, 34.2610, 34.2760),
    Course("长安北路", "Chang'an North Road", True, 108.9424, 34.2300, 34.2515),
    Course("未央路", "Weiyang Road", True, 108.9424, 34.2810, 34.3050),
    Course("解放路", "Jiefang Road", True, 108.9590, 34.2620, 34.2780),
    Course("和平路", "Heping Road", True, 108.9590, 34.2500, 34.2620),
    Course("太华南路", "Taihua South Road", True, 108.9660, 34.2800, 34.3050),
    Course("太乙路", "Taiyi Road", True, 108.9670, 34.2300, 34.2510),
    Course("金花路", "Jinhua Road", True, 108.9840, 34.2340, 34.2900),
    Course("幸福路", "Xingfu Road", True, 109.0060, 34.2420, 34.2850),
    Course("西大街", "West Street", False, 34.2610, 108.9180, 108.9424),
    Course("东大街", "East Street", False, 34.2610, 108.9424, 108.9670),
    Course("莲湖路", "Lianhu Road", False, 34.2690, 108.9180, 108.9424),
    Course("西五路", "Xiwu Road", False, 34.2690, 108.9424, 108.9670),
    Course("大庆路", "Daqing Road", False, 34.2650, 108.8600, 108.9180),
    Course("昆明路", "Kunming Road", False, 34.2480, 108.8600, 108.9080),
    Course("环城南路", "Huancheng South Road", False, 34.2510, 108.9180, 108.9680),
    Course("环城北路", "Huancheng North Road", False, 34.2790, 108.9180, 108.9680),
    Course("友谊路", "Youyi Road", False, 34.2430, 108.9100, 108.9840),
    Course("南二环路", "South 2nd Ring Road", False, 34.2340, 108.8990, 108.9840),
    Course("龙首路", "Longshou Road", False, 34.2910, 108.9160, 108.9660),
    Course("自强路", "Ziqiang Road", False, 34.2840, 108.9160, 108.9800),
    Course("长乐路", "Changle Road", False, 34.2690, 108.9700, 109.0300),
    Course("咸宁路", "Xianning Road", False, 34.2480, 108.9680, 109.0200),
    Course("韩森路", "Hansen Road", False, 34.2580, 108.9840, 109.0300),
)

_SPACINGS = (
    Spacing("0101", 145, 360, 1.5),
    Spacing("0102", 115, 285, 1.8),
    Spacing("0103", 100, 255, 3.0),
    Spacing("0104", 80, 225, 3.4),
    Spacing("0105", 285, 630, 4.2),
    Spacing("0106", 235, 900, 4.4),
    Spacing("0107", 195, 480, 4.6),
    Spacing("0110", 340, 675, 2.2),
    Spacing("0111", 285, 630, 2.6),
    Spacing("0123", 1170, 2400, 2.0),
    Spacing("0127", 650, 1650, 6.0),
    Spacing("0128", 585, 1350, 6.2),
    Spacing("0130", 0, 390, 5.5),
    Spacing("0137", 40, 90, 4.0),
    Spacing("0146", 0, 2700, 9.0),
    Spacing("0181", 415, 1800, 5.0),
    Spacing("0204", 585, 0, 5.2),
    Spacing("0210", 210, 750, 4.1),
    Spacing("0212", 520, 750, 4.3),
    Spacing("0213", 495, 0, 3.9),
    Spacing("0217", 170, 0, 0.5),
    Spacing("0221", 155, 750, 3.7),
    Spacing("0284", 260, 1350, 6.0, 60.0),
    Spacing("0286", 235, 1050, 3.6),
    Spacing("0301", 1560, 3750, 10.0),
    Spacing("0305", 145, 420, 4.8),
    Spacing("0306", 545, 0, 8.0),
    Spacing("0308", 0, 1200, 7.0),
    Spacing("0402", 35, 110, 5.0),
    Spacing("0404", 340, 1350, 5.1),
    Spacing("0405", 220, 1350, 6.5),
    Spacing("0407", 235, 1050, 6.8),
    Spacing("0508", 0, 6000, 5.6),
)
_INSIDE = (InCommunity("0403", 2, 24.0), InCommunity("0146", 1), InCommunity("0308", 1))

_KNOWN = (
    Known("landmark", "钟楼", "Bell Tower", 108.94237, 34.26102),
    Known("landmark", "鼓楼", "Drum Tower", 108.93950, 34.26230),
    Known("landmark", "永宁门", "Yongning Gate", 108.94230, 34.25240),
    Known("landmark", "安远门", "Anyuan Gate", 108.94260, 34.27850),
    Known("landmark", "小雁塔", "Small Wild Goose Pagoda", 108.93700, 34.24060),
    Known("station", "西安站", "Xi'an Railway Station", 108.95980, 34.27830),
    Known("park", "莲湖公园", "Lianhu Park", 108.93080, 34.26980),
    Known("park", "革命公园", "Geming Park", 108.95380, 34.27270),
    Known("park", "兴庆宫公园", "Xingqing Palace Park", 108.97950, 34.25600),
    Known("park", "劳动公园", "Laodong Park", 108.90870, 34.26280),
)
_USUAL = (
    Usual("office", "社区服务站", "Community Service Station", 95),
    Usual("school", "小学", "Primary School", 55),
    Usual("kindergarten", "幼儿园", "Kindergarten", 70),
    Usual("market", "便民市场", "Market", 45),
    Usual("clinic", "卫生服务站", "Clinic", 60),
    Usual("bus_stop", "公交站", "Bus Stop", 80),
    Usual("park", "口袋公园", "Pocket Park", 40),
)

# Rough outlines that share parts of districts; the code is that of the unit.
_ZONES = (
    ("gaoxin", "高新区", "High-tech Zone", ((108.862, 34.190), (108.915, 34.190), (108.915, 34.239), (108.904, 34.246), (108.862, 34.246))),
    ("jingkai", "经开区", "Economic and Technological Development Zone", ((108.922, 34.296), (108.975, 34.296), (108.975, 34.358), (108.922, 34.358))),
    ("qujiang", "曲江新区", "Qujiang New District", ((108.952, 34.184), (109.030, 34.184), (109.030, 34.226), (108.985, 34.236), (108.952, 34.236))),
)  # fmt: skip

#: The walled city, whose wall has a park around it: west, south, east, north.
_WALL = (108.9195, 34.2520, 108.9675, 34.2785)
_WALL_PARK_METRES = 70.0


@dataclass(frozen=True, slots=True)
class Profession:
    """How a profession divides each district: into so many grids, among so many teams.

    Attributes:
        widened: metres by which grids of one team reach into those of another.
    """

    code: str
    grids: int
    teams: int
    widened: float = 0.0


#: Of the demonstration; the units of a district have as many teams.
PROFESSIONS = (
    Profession("law_enforcement", 9, 3, widened=40.0),
    Profession("sanitation", 18, 3, widened=25.0),
    Profession("municipal_works", 6, 2),
    Profession("greenery", 6, 2),
    Profession("gas_and_heat", 1, 1),
)


@dataclass(frozen=True, eq=False)
class MadeLayers:
    """Everything that is made beside the areas; outlines in degrees.

    Attributes:
        communities: those on which they are laid out.
        zones: code, name, English name and outline.
        roads: with their outlines.
        wall_park: the strip along the city wall, that has a keeper of its own.
    """

    communities: Sequence[Area]
    zones: tuple[tuple[str, str, str, Outline], ...]
    roads: tuple[tuple[Road, MultiLineString], ...]
    components: tuple[Component, ...]
    landmarks: tuple[Landmark, ...]
    duties: tuple[Duty, ...]
    wall_park: Outline


def make_xian(layers: Layers) -> MadeLayers:
    """Make everything for the districts that have communities.

    Args:
        layers: the areas, as `gis.xian.build_xian` makes them.
    """
    lattice = lattice_over(layers.communities, _BLOCK_METRES)
    roads = make_roads(_CITY, _COURSES, layers.streets, lattice)
    lines = [shapely.transform(road.line, lattice.degrees) for road in roads]
    by_district: dict[str, list[Area]] = defaultdict(list)
    for area in layers.communities:
        by_district[area.code[:6]].append(area)
    whole = shapely.union_all([one.polygon for one in layers.communities])
    wall_park = shapely.intersection(ring(*_WALL, _WALL_PARK_METRES, lattice), whole)
    return MadeLayers(
        communities=layers.communities,
        zones=tuple((code, name, name_en, Polygon(shell)) for code, name, name_en, shell in _ZONES),
        roads=tuple(zip(roads, lines, strict=True)),
        components=make_components(roads, layers.communities, _SPACINGS, _INSIDE, lattice, _SEED),
        landmarks=make_landmarks(_CITY, _KNOWN, _USUAL, layers.communities, _SEED),
        duties=tuple(
            duty
            for areas in by_district.values()
            for one in PROFESSIONS
            for duty in make_duties(one.code, areas, one.grids, one.teams, lattice, one.widened)
        ),
        wall_park=single(shapely.get_parts(wall_park).tolist()),
    )
