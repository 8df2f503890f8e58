"""The people of the demonstration city: every role at the city and at three districts, and handlers at their departments and teams."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from argon2 import PasswordHasher

from engine.actors import Actor, unit_tree
from engine.store import people
from engine.store.unit_of_work import UnitOfWork
from engine.store.units import UnitTree

#: The password of all of them: it opens nothing but a demonstration on this machine.
PASSWORD = "gridcase-demo"  # noqa: S105

CITY = "xian"
DISTRICTS = ("xincheng", "beilin", "lianhu")

#: Departments that have a handler of their own; the others of a district share one, as its streets do.
BUSY = ("law-enforcement", "sanitation", "municipal-works", "greenery")

_AT_CITY = (
    "acceptor",
    "shift_leader",
    "dispatcher",
    "collector",
    "supervisor",
    "examiner",
    "reviewer",
    "designer",
    "admin",
)
_AT_DISTRICT = (
    *("acceptor", "acceptor", "shift_leader", "dispatcher"),
    *("collector", "collector", "supervisor", "reviewer"),
)

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
)
_GIVEN = (
    "建国 秀英 志强 玉兰 晓东 丽华 海涛 雪梅 文博 静怡 俊杰 桂芳 永红 春燕 少华 佳宁 国庆 小军 亚男 思远 "
    "宏伟 淑珍 振华 瑞雪 宇航 美玲 卫东 艳红 立新 梦瑶 长安 凤霞 志明 倩倩 学文 彩云 家豪 红梅 世杰 雅琴"
).split()


@dataclass(frozen=True)
class Post:
    """A role that one person holds at some units."""

    login: str
    role: str
    unit_codes: tuple[str, ...]


class Staff:
    """Who is there for a role at a unit.

    Args:
        actors: everybody, with their grants.
    """

    def __init__(self, actors: Iterable[Actor]) -> None:
        found: dict[tuple[str, int], list[Actor]] = defaultdict(list)
        for actor in actors:
            for granted in sorted(actor.grants):
                found[granted].append(actor)
        self._at: Mapping[tuple[str, int], list[Actor]] = found

    def choose(self, chance: random.Random, role: str, unit_id: int) -> Actor | None:
        """Somebody who holds a role at a unit, None if nobody does."""
        there = self._at.get((role, unit_id))
        return chance.choice(there) if there else None


def posts(tree: UnitTree) -> Iterator[Post]:
    """All posts that are filled."""
    for role in _AT_CITY:
        yield Post(f"{role}.{CITY}", role, (CITY,))
    at_city = _below(tree, CITY, "department")
    stations = tuple(team for code in at_city for team in _below(tree, code, "department"))
    yield Post(f"handler.{CITY}", "handler", (*at_city, *stations))
    for district in DISTRICTS:
        for index, role in enumerate(_AT_DISTRICT):
            number = _AT_DISTRICT[: index + 1].count(role)
            yield Post(f"{role}{number if number > 1 else ''}.{district}", role, (district,))
        departments = _below(tree, district, "department")
        busy = tuple(f"{district}-{name}" for name in BUSY)
        for code in busy:
            yield Post(f"handler.{code}", "handler", (code,))
            for team in _below(tree, code, "department"):
                yield from _crewed(tree, team)
        yield Post(f"handler.{district}-other", "handler", tuple(sorted(set(departments) - set(busy))))
        yield Post(f"handler.{district}-streets", "handler", _below(tree, district, "street"))


def _crewed(tree: UnitTree, team: str) -> Iterator[Post]:
    """The handlers of a team: one for each of its crews, who belongs to that crew; one where it has none."""
    crews = _below(tree, team, "crew")
    yield Post(f"handler.{team}", "handler", (team, *crews[:1]))
    for number, crew in enumerate(crews[1:], start=2):
        yield Post(f"handler{number}.{team}", "handler", (team, crew))


def _below(tree: UnitTree, code: str, kind: str) -> tuple[str, ...]:
    """Codes of the units of a kind that stand directly under a unit."""
    parent = tree.by_code[code].id
    found = [unit.code for unit in tree.by_id.values() if unit.parent_id == parent and unit.kind == kind]
    return tuple(sorted(found))


def hire(uow: UnitOfWork, chance: random.Random) -> Staff:
    """Make a person with a name for every post."""
    # One quick hash for all: the password is printed on the sign-in page of the demonstration.
    digest = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    tree = unit_tree(uow)
    names = _names(chance)
    actors = []
    for post in posts(tree):
        row = {"login": post.login, "name": next(names), "password_hash": digest, "is_demo": True}
        person_id = people.save(uow.conn, row)
        for code in post.unit_codes:
            people.grant(uow.conn, person_id, post.role, tree.by_code[code].id)
        stored = people.read(uow.conn, person_id)
        assert stored is not None
        actors.append(Actor.of(stored))
    return Staff(actors)


def _names(chance: random.Random) -> Iterator[str]:
    """Names, no two alike."""
    pairs = [surname + given for surname in _SURNAMES for given in _GIVEN]
    return iter(chance.sample(pairs, len(pairs)))
