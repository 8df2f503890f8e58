"""What was learned from the dispatches of before, as the decision asks for it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from engine.case import Case
from gis.places import Place


@dataclass(frozen=True)
class Proposal:
    """A unit that was learned to be responsible for a case.

    Attributes:
        probability: calibrated, 0 to 1.
        alike, alike_of: how many of the cases like this one it ended, and how many there are.
    """

    unit_code: str
    probability: float
    alike: int
    alike_of: int


#: Gives proposals for a case among units that may have it, best first.
Learner = Callable[[Case, Place | None, Collection[str]], list[Proposal]]

_learners: list[Learner] = []


def learner(function: Learner) -> Learner:
    """Register what proposes units from what was learned."""
    _learners.append(function)
    return function


def anything() -> bool:
    """Whether there is anything that proposes units."""
    return bool(_learners)


def proposals(case: Case, place: Place | None, allowed: Collection[str]) -> list[Proposal]:
    """The units that were learned to be responsible for a case, best first; none where nothing was learned.

    Args:
        allowed: the codes of units that may have the case.
    """
    return [one for propose in _learners for one in propose(case, place, allowed)]
