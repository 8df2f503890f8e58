"""What people report in the demonstration city: texts of its own for categories of the catalogue."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from engine.tables import Column, read_table

TABLE = Path(__file__).parent / "problems.csv"

#: Behind the names of the areas, so that no two addresses are alike.
SPOTS = (
    "路口东北角",
    "路口西南角",
    "公交站旁",
    "地铁站出口",
    "小区北门外",
    "小区南门外",
    "小学门口",
    "医院对面",
    "菜市场入口",
    "银行门前",
    "人行天桥下",
    "沿街商铺门前",
    "城墙根步道",
    "街心花园旁",
    "十字西侧一百米",
    "巷口",
)

REJECTED = (
    "经核对不属于城市管理范围，请向物业服务企业反映。",
    "与已受理的案卷为同一问题，不再重复受理。",
    "描述不清且无法联系上报人，不予受理。",
    "属小区内部事务，建议联系居民委员会。",
)
VOIDED = ("重复上报。", "误报，现场无此问题。", "上报人来电称问题已自行消除。")
ASKED = {
    "request_extension": ("施工需要吊车，下午才能进场。", "需夜间占道施工，已报批。", "人手不足，正在抽调。"),
    "request_suspension": (
        "等待定制配件到货。",
        "权属单位已列入下月维修计划。",
        "现场正在施工，完工后处置。",
    ),
}
NOT_GRANTED = ("时限内可以完成，请抓紧处置。", "理由不充分。")
SUPERVISED = ("已超期，请今日内办结并反馈原因。", "市民多次反映，请立即处置。")
NOT_FILED = ("照片看不清井盖编号，请补充后再报。", "立案条件选错，请重新核对。")
NOT_OURS = ("位置在铁路用地内，不属本级管理。",)
WRONG_UNIT = ("该设施产权不在我单位，应由权属单位处置。", "该路段已移交，不属于我单位管护范围。")
FAILED = ("现场仍有残留，未达到结案标准。", "只处理了一部分，请返工。", "问题反弹，与处置照片不符。")
NOT_ENOUGH = ("处置照片拍摄位置不符，请重新处置。",)
CONFIRMED = ("现场情况与上报一致。", "属实，已拍照。", "属实，影响行人通行。")
PASSED = ("问题已消除。", "现场整洁，达到结案标准。", "已恢复原状。")


@dataclass(frozen=True)
class Problem:
    """Something that is wrong, as somebody would say it.

    Attributes:
        description: what the report says.
        done: what the unit says that put it right.
    """

    kind: str
    category: str
    condition_no: int
    weight: int
    description: str
    done: str


def read_problems(path: Path = TABLE) -> list[Problem]:
    """All problems of the table."""
    columns = (
        Column("kind"),
        Column("category"),
        Column("condition_no", int),
        Column("weight", int),
        Column("description"),
        Column("done"),
    )
    return [Problem(**row) for row in read_table(path, columns)]


def draw(chance: random.Random, problems: list[Problem]) -> Problem:
    """One of the problems, the frequent ones more often."""
    return chance.choices(problems, [one.weight for one in problems])[0]
