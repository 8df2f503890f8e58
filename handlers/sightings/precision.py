"""Precision: how much of what the cameras saw was right, measured by the answers of the reviewers.

Only yes and no count; of sightings that were filed without a person nothing is known. What was marked in trials (`handlers.cameras.trials`)
counts in what is shown, and not in what lets a zone file by itself: that takes answers of reviewers to what the watches saw.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from engine.actors import Actor, scope
from engine.store.unit_of_work import UnitOfWork
from handlers.store import camera_trials, camera_watches, sightings

#: With fewer answers the precision of a rule is not known, and nothing of it is filed without a person.
ENOUGH = 50
#: The lower end of the interval must reach this for a zone to file by itself.
SURE = 0.9
#: Of the normal distribution, for an interval of 95 %.
_Z = 1.959964
PERIOD = timedelta(days=90)

#: Who may see the precision of cameras, rules and models: of those units that their roles let them see.
OVERSEERS = ("reviewer", "shift_leader", "supervisor", "examiner", "admin")


@dataclass(frozen=True)
class Measured:
    """How much was right.

    Attributes:
        right, wrong: answers.
    """

    right: int
    wrong: int

    @property
    def answers(self) -> int:
        """How many there are."""
        return self.right + self.wrong

    @property
    def share(self) -> float | None:
        """Right of all answers; None without any."""
        return self.right / self.answers if self.answers else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of 95 % (E. B. Wilson, 1927), from 0 to 1."""
        n = self.answers
        if not n:
            return 0.0, 1.0
        share, z2 = self.right / n, _Z * _Z
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)

    @property
    def enough(self) -> bool:
        """Whether it is known well enough, and good enough, to file without a person."""
        return self.answers >= ENOUGH and self.interval[0] >= SURE


@dataclass(frozen=True)
class Line:
    """The precision of one camera, rule or model.

    Attributes:
        key, name: of what it is the precision; the name is empty where it has none of its own.
        weeks: (its Monday, what was answered to sightings of it), oldest first.
        tried: how many of the answers are marks of trials.
        name_en: the name in English, empty where there is none.
    """

    key: str
    name: str
    whole: Measured
    weeks: tuple[tuple[date, Measured], ...]
    tried: int = 0
    name_en: str = ""


def of_rule(uow: UnitOfWork, rule_key: str, rule_version: int, model: str) -> Measured:
    """What was answered to all sightings of one version of a rule that one model verified (by its SHA-256)."""
    return Measured(*sightings.answers_of(uow.conn, rule_key, rule_version, model))


def overview(uow: UnitOfWork, actor: Actor) -> Mapping[str, list[Line]]:
    """The precision by ``camera``, ``rule`` and ``model`` over the last `PERIOD`, of the cameras of the actor's units."""
    units = sorted(scope(uow, actor).unit_ids)
    given = (units, uow.now - PERIOD, uow.database.time_zone.key)
    marks = camera_trials.answers_by_week(uow.conn, *given)
    rows = [*sightings.answers_by_week(uow.conn, *given), *({**row, "tried": True} for row in marks)]
    titles = {row["key"]: (row["title_zh"], row["title_en"]) for row in camera_watches.rules(uow.conn)}
    return {
        "rule": _lines(rows, "rule_key", lambda row: titles.get(row["rule_key"], ("", ""))),
        "model": _lines(rows, "model", lambda row: ("", "")),
        "camera": _lines(rows, "camera_code", lambda row: (row["camera_name"], row["camera_name_en"])),
    }


def _lines(
    rows: Iterable[Mapping[str, Any]], key: str, name: Callable[[Mapping[str, Any]], tuple[str, str]]
) -> list[Line]:
    names: dict[str, tuple[str, str]] = {}
    weeks: dict[str, dict[date, tuple[int, int]]] = {}
    tried: dict[str, int] = defaultdict(int)
    for row in rows:
        names[row[key]] = name(row)
        monday = row["week"]
        of_key = weeks.setdefault(row[key], {})
        right, wrong = of_key.get(monday, (0, 0))
        of_key[monday] = (right + row["right"], wrong + row["wrong"])
        if row.get("tried"):
            tried[row[key]] += row["right"] + row["wrong"]
    lines = []
    for one, found in sorted(weeks.items()):
        whole = Measured(sum(right for right, _ in found.values()), sum(wrong for _, wrong in found.values()))
        by_week = tuple((monday, Measured(*counts)) for monday, counts in sorted(found.items()))
        lines.append(Line(one, names[one][0], whole, by_week, tried[one], names[one][1]))
    return lines
